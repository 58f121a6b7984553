//! Producer ids and transactions.
//!
//! One node coordinates and holds every partition, so a transaction is decided in one go: the decision is stored, the
//! markers are written, the end is stored. A crash between the two is made good at the next start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use tokio::sync::Notify;
use tokio::time::Instant;
use windlass_wire::batch::ControlMarker;

use crate::error::{Error, Result};
use crate::group::{Committed, Coordinator, TopicPartition};
use crate::store::{Entry, Store};
use crate::topics::Topics;
use crate::wall_clock;

/// Producer ids and transactions of the broker.
#[derive(Debug)]
pub(crate) struct Transactions {
    topics: Arc<Topics>,
    groups: Arc<Coordinator>,
    store: Arc<Store>,
    state: Mutex<Table>,
    /// A transaction was begun.
    begun: Notify,
}

/// The state of one transactional id.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    pub(crate) timeout_ms: i32,
    pub(crate) phase: Phase,
    /// Where its records are, or will be.
    pub(crate) partitions: BTreeSet<TopicPartition>,
    /// Whose offsets it commits.
    pub(crate) groups: BTreeSet<String>,
    /// When the open transaction began.
    pub(crate) began: Option<Instant>,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// None has been begun.
    Empty = 0,
    Open = 1,
    /// Decided; markers are being written.
    Committing = 2,
    Aborting = 3,
    Committed = 4,
    Aborted = 5,
}

impl Phase {
    pub(crate) fn from_number(number: i16) -> Option<Phase> {
        use Phase::*;
        [Empty, Open, Committing, Aborting, Committed, Aborted]
            .into_iter()
            .find(|phase| *phase as i16 == number)
    }

    /// As Kafka's tools print it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Phase::Empty => "Empty",
            Phase::Open => "Ongoing",
            Phase::Committing => "PrepareCommit",
            Phase::Aborting => "PrepareAbort",
            Phase::Committed => "CompleteCommit",
            Phase::Aborted => "CompleteAbort",
        }
    }
}

impl Transaction {
    pub(crate) fn new(producer_id: i64, epoch: i16, timeout_ms: i32) -> Transaction {
        let (partitions, groups) = (BTreeSet::new(), BTreeSet::new());
        Transaction {
            producer_id,
            epoch,
            timeout_ms,
            phase: Phase::Empty,
            partitions,
            groups,
            began: None,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let began = self.began.filter(|_| self.phase == Phase::Open)?;
        Some(began + Duration::from_millis(self.timeout_ms.max(0) as u64))
    }
}

/// Who acts within a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProducerEpoch {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

#[derive(Debug, Default)]
struct Table {
    by_id: BTreeMap<String, Transaction>,
    next_producer_id: i64,
    /// Ids below this are stored as given out.
    reserved: i64,
}

impl Transactions {
    pub(crate) fn new(
        topics: Arc<Topics>,
        groups: Arc<Coordinator>,
        store: Arc<Store>,
    ) -> Transactions {
        Transactions {
            topics,
            groups,
            store,
            state: Mutex::default(),
            begun: Notify::new(),
        }
    }

    /// Puts back what the store remembers.
    pub(crate) fn restore(&self, id: String, mut transaction: Transaction) {
        transaction.began = Some(Instant::now());
        self.lock().by_id.insert(id, transaction);
    }

    /// Producer ids below this were given out before.
    pub(crate) fn restore_producer_ids(&self, next: i64) {
        let mut table = self.lock();
        (table.next_producer_id, table.reserved) = (next, next);
    }

    /// Writes the markers of transactions that were decided when the broker died.
    pub(crate) fn recover(&self) -> Result<()> {
        let mut table = self.lock();
        for (id, transaction) in &mut table.by_id {
            match transaction.phase {
                Phase::Committing => self.finish(id, transaction, true)?,
                Phase::Aborting => self.finish(id, transaction, false)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A producer id for a producer without transactions.
    pub(crate) fn new_producer(&self) -> Result<ProducerEpoch> {
        let id = self.new_id(&mut self.lock())?;
        Ok(ProducerEpoch { id, epoch: 0 })
    }

    /// The producer id of a transactional id, with an epoch that fences everybody before; their open transaction is
    /// aborted. `current` is what the producer thinks it is, when it thinks anything.
    pub(crate) fn init(
        &self,
        transactional_id: &str,
        timeout_ms: i32,
        current: Option<ProducerEpoch>,
    ) -> Result<ProducerEpoch, ResponseError> {
        let mut table = self.lock();
        let Some(mut transaction) = table.by_id.get(transactional_id).cloned() else {
            let transaction = Transaction::new(
                self.new_id(&mut table).map_err(Error::answer)?,
                0,
                timeout_ms,
            );
            return self.save(&mut table, transactional_id, transaction);
        };
        if let Some(current) = current
            && (current.id != transaction.producer_id || current.epoch != transaction.epoch)
        {
            return Err(ResponseError::ProducerFenced);
        }
        let exhausted = transaction.epoch >= i16::MAX - 1;
        transaction.epoch += 1;
        if transaction.phase == Phase::Open {
            self.decide(transactional_id, &mut transaction, false)
                .map_err(Error::answer)?;
        }
        if exhausted {
            transaction.producer_id = self.new_id(&mut table).map_err(Error::answer)?;
            transaction.epoch = 0;
        }
        transaction.timeout_ms = timeout_ms;
        transaction.phase = Phase::Empty;
        self.save(&mut table, transactional_id, transaction)
    }

    /// Takes partitions and groups into the transaction, which begins if none is open.
    pub(crate) fn add(
        &self,
        transactional_id: &str,
        producer: ProducerEpoch,
        partitions: impl IntoIterator<Item = TopicPartition>,
        group: Option<&str>,
    ) -> Result<(), ResponseError> {
        let mut table = self.lock();
        let mut transaction = check(&table, transactional_id, producer)?.clone();
        if transaction.phase != Phase::Open {
            transaction.partitions.clear();
            transaction.groups.clear();
            transaction.phase = Phase::Open;
            transaction.began = Some(Instant::now());
            self.begun.notify_one();
        }
        transaction.partitions.extend(partitions);
        transaction.groups.extend(group.map(str::to_owned));
        self.save(&mut table, transactional_id, transaction)
            .map(|_| ())
    }

    /// Whether this producer may write to the partition within its transaction.
    pub(crate) fn may_write(
        &self,
        transactional_id: &str,
        producer: ProducerEpoch,
        partition: &TopicPartition,
    ) -> Result<(), ResponseError> {
        let table = self.lock();
        let transaction =
            check(&table, transactional_id, producer).map_err(|error| match error {
                ResponseError::ProducerFenced => ResponseError::InvalidProducerEpoch,
                other => other,
            })?;
        match transaction.phase == Phase::Open && transaction.partitions.contains(partition) {
            true => Ok(()),
            false => Err(ResponseError::InvalidTxnState),
        }
    }

    /// Whether this producer may commit offsets of the group within its transaction.
    pub(crate) fn may_commit(
        &self,
        transactional_id: &str,
        producer: ProducerEpoch,
        group: &str,
    ) -> Result<(), ResponseError> {
        let table = self.lock();
        let transaction = check(&table, transactional_id, producer)?;
        match transaction.phase == Phase::Open && transaction.groups.contains(group) {
            true => Ok(()),
            false => Err(ResponseError::InvalidTxnState),
        }
    }

    /// Commits or aborts. Asking again for what was decided is fine: the answer may have been lost.
    pub(crate) fn end(
        &self,
        transactional_id: &str,
        producer: ProducerEpoch,
        commit: bool,
    ) -> Result<(), ResponseError> {
        let mut table = self.lock();
        let mut transaction = check(&table, transactional_id, producer)?.clone();
        match (transaction.phase, commit) {
            (Phase::Open, _) => {
                let decided = self.decide(transactional_id, &mut transaction, commit);
                table.by_id.insert(transactional_id.to_owned(), transaction);
                decided.map_err(Error::answer)
            }
            (Phase::Committed, true) | (Phase::Aborted, false) => Ok(()),
            _ => Err(ResponseError::InvalidTxnState),
        }
    }

    /// Aborts the transactions that have been open for too long, and fences their producers. Returns when the next
    /// one will have been.
    pub(crate) fn expire(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut table = self.lock();
        for (id, transaction) in &mut table.by_id {
            if transaction
                .deadline()
                .is_some_and(|deadline| deadline <= now)
            {
                tracing::info!(
                    transactional_id = id,
                    "transaction aborted: it was open longer than its timeout"
                );
                transaction.epoch = transaction.epoch.saturating_add(1);
                if let Err(error) = self.decide(id, transaction, false) {
                    tracing::error!(%error, "cannot store the end of a transaction");
                }
            }
        }
        table.by_id.values().filter_map(Transaction::deadline).min()
    }

    /// Returns when a transaction has been begun since the last call.
    pub(crate) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Every transactional id with its state, ascending.
    pub(crate) fn all(&self) -> Vec<(String, Transaction)> {
        self.lock()
            .by_id
            .iter()
            .map(|(id, transaction)| (id.clone(), transaction.clone()))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_id(&self, table: &mut Table) -> Result<i64> {
        let id = table.next_producer_id;
        if id >= table.reserved {
            self.store.put([Entry::ProducerIds {
                next: id + RESERVED_AT_ONCE,
            }])?;
            table.reserved = id + RESERVED_AT_ONCE;
        }
        table.next_producer_id = id + 1;
        Ok(id)
    }

    fn save(
        &self,
        table: &mut Table,
        transactional_id: &str,
        transaction: Transaction,
    ) -> Result<ProducerEpoch, ResponseError> {
        let entry = Entry::Transaction {
            id: transactional_id.to_owned(),
            transaction: transaction.clone(),
        };
        self.store.put([entry]).map_err(Error::answer)?;
        let producer = ProducerEpoch {
            id: transaction.producer_id,
            epoch: transaction.epoch,
        };
        table.by_id.insert(transactional_id.to_owned(), transaction);
        Ok(producer)
    }

    fn decide(&self, id: &str, transaction: &mut Transaction, commit: bool) -> Result<()> {
        transaction.phase = if commit {
            Phase::Committing
        } else {
            Phase::Aborting
        };
        self.store.put([Entry::Transaction {
            id: id.to_owned(),
            transaction: transaction.clone(),
        }])?;
        self.finish(id, transaction, commit)
    }

    /// Writes the markers and commits the offsets of a transaction that is decided.
    fn finish(&self, id: &str, transaction: &mut Transaction, commit: bool) -> Result<()> {
        let marker = if commit {
            ControlMarker::Commit
        } else {
            ControlMarker::Abort
        };
        let now = wall_clock::now_ms();
        for (topic, index) in &transaction.partitions {
            let partition = self
                .topics
                .by_name(topic)
                .and_then(|topic| topic.partition(*index));
            if let Some(partition) = partition {
                partition.mark(transaction.producer_id, transaction.epoch, marker, now)?;
            }
        }
        let groups = std::mem::take(&mut transaction.groups);
        transaction.partitions.clear();
        transaction.phase = if commit {
            Phase::Committed
        } else {
            Phase::Aborted
        };
        let producer_id = transaction.producer_id;
        let pending: Vec<(String, TopicPartition, Committed)> = groups
            .iter()
            .flat_map(|group| self.pending(group, producer_id))
            .collect();
        let borrowed = pending
            .iter()
            .map(|(group, at, committed)| (group.as_str(), at.clone(), committed.clone()));
        self.store
            .end_transaction(id, transaction, commit, borrowed)?;
        for group in &groups {
            self.groups
                .with(group, |held| held.offsets.decide(producer_id, commit));
        }
        Ok(())
    }

    fn pending(&self, group: &str, producer_id: i64) -> Vec<(String, TopicPartition, Committed)> {
        let rows = self.groups.with(group, |held| {
            let rows = held.offsets.pending(producer_id);
            rows.map(|(at, committed)| (group.to_owned(), at.clone(), committed.clone()))
                .collect()
        });
        rows.unwrap_or_default()
    }
}

fn check<'a>(
    table: &'a Table,
    id: &str,
    producer: ProducerEpoch,
) -> Result<&'a Transaction, ResponseError> {
    let known = table
        .by_id
        .get(id)
        .ok_or(ResponseError::InvalidProducerIdMapping)?;
    if known.producer_id != producer.id {
        return Err(ResponseError::InvalidProducerIdMapping);
    }
    match known.epoch == producer.epoch {
        true => Ok(known),
        false => Err(ResponseError::ProducerFenced),
    }
}

/// Producer ids are stored as given out so many at a time.
const RESERVED_AT_ONCE: i64 = 1000;
