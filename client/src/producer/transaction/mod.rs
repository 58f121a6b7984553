//! Transactions: what a producer writes between begin and commit is read by all, or by nobody who reads committed.
//!
//! ```ignore
//! producer.init_transactions().await?;
//! producer.begin_transaction()?;
//! // try_append ...
//! producer.commit_transaction().await?; // or abort_transaction
//! ```
//!
//! With `transaction.version` 2 (KIP-890) a partition is in the transaction once something is written to it, and the end of
//! a transaction gives an epoch for the next. Before that, partitions are named to the coordinator first, and what a
//! transaction sent may arrive after its end and be taken for a part of the next. So wherever an answer stayed out, the
//! epoch is raised before anything else is sent; and a producer that does not know how its transaction ended does nothing
//! any more until it is initialised again.

mod coordinator;
mod offsets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::error::ResponseError as Code;

use super::topics::At;
use super::{Identity, Producer};
use crate::cluster::{Cluster, Lane, OwnedLane};
use crate::error::ClientError;
use crate::{OffsetAndMetadata, TopicPartition};

pub(crate) use coordinator::{Asked, TransactionCoordinator};
pub use offsets::GroupMember;

/// The transactional side of a producer.
#[derive(Debug)]
pub(super) struct Transaction {
    id: Arc<str>,
    timeout_ms: i32,
    lane: OwnedLane,
    /// Whether the cluster has `transaction.version` 2.
    version2: bool,
    phase: Phase,
    /// Counts transactions: what was asked for an earlier one is told apart by it.
    number: u64,
    /// Partitions that are in the transaction.
    members: BTreeSet<At>,
    /// Partitions that are being named to the coordinator.
    adding: bool,
    /// Whether anything but partitions is in the transaction.
    has_offsets: bool,
    /// A request of an earlier epoch may still arrive.
    stray: bool,
    /// Why the transaction can only be aborted.
    failure: Option<ClientError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing may be done before `init_transactions`: at first, and while it is not known how a transaction ended.
    Unready,
    Ready,
    Open,
    /// The producer has been fenced, or may not use its id.
    Lost,
}

impl Transaction {
    pub(super) fn new(cluster: &Cluster, id: &str, timeout: Duration) -> Self {
        Self {
            id: id.into(),
            timeout_ms: i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX),
            lane: cluster.transaction_lane(),
            version2: false,
            phase: Phase::Unready,
            number: 0,
            members: BTreeSet::new(),
            adding: false,
            has_offsets: false,
            stray: false,
            failure: None,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn lane(&self) -> Lane {
        self.lane.lane()
    }

    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Why everything that is not acknowledged is given up.
    pub(super) fn failure(&self) -> Option<&ClientError> {
        self.failure.as_ref()
    }

    /// The highest version of Produce: from 12 on a leader takes the partition into the transaction itself.
    pub(super) fn max_produce(&self) -> i16 {
        if self.version2 { i16::MAX } else { 11 }
    }

    /// Whether batches of the partition may be sent, or have to wait until the coordinator knows of it.
    pub(super) fn takes(&mut self, at: At) -> bool {
        if self.version2 {
            self.members.insert(at);
            return true;
        }
        self.members.contains(&at)
    }

    fn begin(&mut self) {
        self.phase = Phase::Open;
        self.number += 1;
        self.members.clear();
        self.adding = false;
        self.has_offsets = false;
    }

    fn is_empty(&self) -> bool {
        self.members.is_empty() && !self.has_offsets && !self.adding
    }

    fn refuse(&self, wanted: &str) -> ClientError {
        let why = match self.phase {
            Phase::Unready => "the producer is not initialised",
            Phase::Ready => "no transaction is open",
            Phase::Open => "a transaction is open",
            Phase::Lost => "the producer has lost its transactional id",
        };
        ClientError::State(format!("cannot {wanted}: {why} (\"{}\")", self.id))
    }
}

impl Producer {
    /// Takes `transactional.id` over: producers that had it are fenced, what they left open is aborted. Waits for at most
    /// `max.block.ms`. Records of this producer that are not acknowledged are given up.
    ///
    /// # Errors
    /// No `transactional.id`; no coordinator in time; no right to use the id.
    pub async fn init_transactions(&mut self) -> Result<(), ClientError> {
        let asking = self.coordinator()?;
        self.fail_all(&ClientError::Closed);
        let transaction = self.transaction_mut()?;
        transaction.phase = Phase::Unready;
        let timeout_ms = transaction.timeout_ms;
        let version = asking.transaction_version().await?;
        let identity = asking.init(timeout_ms, None).await?;
        let transaction = self.transaction_mut()?;
        transaction.version2 = version >= 2;
        transaction.phase = Phase::Ready;
        transaction.stray = false;
        transaction.failure = None;
        self.ended = None;
        self.identity = Some(identity);
        tracing::debug!(
            id = asking.id.as_ref(),
            producer_id = identity.id,
            epoch = identity.epoch,
            version,
            "transactions initialised"
        );
        Ok(())
    }

    /// Begins a transaction. Nothing is sent: it begins for others with the first record.
    ///
    /// # Errors
    /// [`ClientError::State`] unless the producer is initialised and nothing is open.
    pub fn begin_transaction(&mut self) -> Result<(), ClientError> {
        let transaction = self.transaction_mut()?;
        if transaction.phase != Phase::Ready {
            return Err(transaction.refuse("begin a transaction"));
        }
        transaction.begin();
        Ok(())
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.transaction.as_ref().is_some_and(Transaction::is_open)
    }

    /// Sends everything, waits until it is acknowledged and commits. Without anything written nothing is asked of the
    /// coordinator. Not cancel-safe: when it is dropped the producer must be initialised again.
    ///
    /// # Errors
    /// A record that could not be written: the transaction can only be aborted. [`ClientError::Indefinite`]: the
    /// transaction may or may not have been committed, and the producer must be initialised again.
    /// [`ClientError::is_fenced`]: another producer has the id.
    pub async fn commit_transaction(&mut self) -> Result<(), ClientError> {
        if !self.in_transaction() {
            return Err(self.transaction_mut()?.refuse("commit"));
        }
        self.flush().await;
        if let Some(failure) = &self.transaction_mut()?.failure {
            return Err(failure.clone());
        }
        self.end_transaction(true).await
    }

    /// Gives up what is not sent yet and aborts; also after a failure, which is forgotten then. Not cancel-safe.
    ///
    /// # Errors
    /// As [`Producer::commit_transaction`].
    pub async fn abort_transaction(&mut self) -> Result<(), ClientError> {
        if !self.in_transaction() {
            return Err(self.transaction_mut()?.refuse("abort"));
        }
        if self.transaction_mut()?.failure.is_none() {
            // What is on its way must not arrive after the end.
            self.flush().await;
        }
        if let Some(failure) = self.transaction_mut()?.failure.clone() {
            self.fail_all(&failure);
            let transaction = self.transaction_mut()?;
            transaction.failure = None;
            transaction.stray = true;
            self.ended = None;
        }
        self.end_transaction(false).await
    }

    /// Stores a group's offsets with the open transaction (KIP-98, KIP-447): they count once it is committed.
    ///
    /// # Errors
    /// The group's coordinator refuses them: the transaction can only be aborted.
    pub async fn send_offsets(
        &mut self,
        member: &GroupMember,
        offsets: &BTreeMap<TopicPartition, OffsetAndMetadata>,
    ) -> Result<(), ClientError> {
        let (asking, identity) = (self.coordinator()?, self.known_identity()?);
        let transaction = self.transaction_mut()?;
        if transaction.phase != Phase::Open {
            return Err(transaction.refuse("store offsets"));
        }
        if let Some(failure) = &transaction.failure {
            return Err(failure.clone());
        }
        let version2 = transaction.version2;
        transaction.has_offsets = true;
        if !version2 {
            let asked = asking.add_group(identity, &member.group_id).await;
            self.transaction_mut()?.stray |= asked.lost;
            self.or_spoil(asked.answer)?;
        }
        let asked = asking
            .commit_offsets(identity, member, offsets, version2)
            .await;
        self.transaction_mut()?.stray |= asked.lost;
        self.or_spoil(asked.answer)
    }

    /// Has the partitions taken into the transaction, unless others are being taken now.
    pub(super) fn add_to_transaction(&mut self, waiting: Vec<At>) {
        let Ok(asking) = self.coordinator() else {
            return;
        };
        let (Some(transaction), Some(identity)) = (&mut self.transaction, self.identity) else {
            return;
        };
        if transaction.adding || waiting.is_empty() {
            return;
        }
        transaction.adding = true;
        let number = transaction.number;
        let mut named = Vec::with_capacity(waiting.len());
        for at in &waiting {
            let queue = self.topics.queue(*at);
            named.push((Arc::clone(&queue.topic), queue.partition));
        }
        self.ask_to_add(asking, identity, number, waiting, named);
    }

    /// The coordinator was told of partitions, or not.
    pub(super) fn added_to_transaction(&mut self, number: u64, added: Vec<At>, asked: Asked<()>) {
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        if transaction.number != number || !transaction.is_open() {
            return;
        }
        transaction.adding = false;
        transaction.stray |= asked.lost;
        match asked.answer {
            Ok(()) => transaction.members.extend(added),
            Err(error) => {
                // They may be in it for all that is known: a raised epoch aborts that too.
                transaction.stray = true;
                self.spoil(error);
            }
        }
    }

    /// The transaction can only be aborted; or, if the id is lost, nothing can be done any more. Batches are given up at
    /// the next look.
    pub(super) fn spoil(&mut self, error: ClientError) {
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        if transaction.failure.is_some() {
            return;
        }
        if is_fatal(&error) {
            transaction.phase = Phase::Lost;
        }
        transaction.failure = Some(error.clone());
        self.ended.get_or_insert(error);
    }

    async fn end_transaction(&mut self, commit: bool) -> Result<(), ClientError> {
        let (asking, identity) = (self.coordinator()?, self.known_identity()?);
        let transaction = self.transaction_mut()?;
        let (version2, timeout_ms) = (transaction.version2, transaction.timeout_ms);
        transaction.stray |= transaction.adding;
        // Until the end is known; and for good, should this future be dropped.
        transaction.phase = Phase::Unready;
        let mut next = None;
        let mut stray = transaction.stray;
        if !transaction.is_empty() {
            let asked = asking.end(identity, commit, version2).await;
            stray |= asked.lost;
            match asked.answer {
                Ok(identity) => next = identity,
                Err(cause) => return Err(self.unended(commit, cause)),
            }
        }
        if stray && next.is_none() {
            let current = Some(identity);
            let bumped = asking.init(timeout_ms, current).await;
            match bumped {
                Ok(identity) => next = Some(identity),
                // The transaction itself is over. The caller finds out with the next one.
                Err(error) => {
                    tracing::warn!(id = asking.id.as_ref(), %error, "the epoch could not be raised; the producer must be initialised again");
                    return Ok(());
                }
            }
        }
        self.identity = next.or(self.identity);
        let transaction = self.transaction_mut()?;
        transaction.stray = false;
        transaction.phase = Phase::Ready;
        Ok(())
    }

    /// What it means that the end of a transaction was refused, or that nothing is known of it.
    fn unended(&mut self, commit: bool, cause: ClientError) -> ClientError {
        let answered = cause.code().is_some_and(|code| !code.is_retriable());
        let error = match cause {
            cause if answered => cause,
            cause => ClientError::Indefinite {
                what: format!(
                    "{} a transaction",
                    if commit { "committing" } else { "aborting" }
                ),
                cause: Arc::new(cause),
            },
        };
        let unknown = error
            .code()
            .is_some_and(|code| code == Code::InvalidTxnState);
        if let Some(transaction) = &mut self.transaction {
            if is_fatal(&error) || unknown {
                transaction.phase = Phase::Lost;
            } else if answered && commit {
                // Only an abort can follow.
                transaction.phase = Phase::Open;
                transaction.failure = Some(error.clone());
            }
        }
        self.ended.get_or_insert(error.clone());
        error
    }

    fn or_spoil(&mut self, answer: Result<(), ClientError>) -> Result<(), ClientError> {
        if let Err(error) = &answer {
            self.spoil(error.clone());
        }
        answer
    }

    fn transaction_mut(&mut self) -> Result<&mut Transaction, ClientError> {
        self.transaction
            .as_mut()
            .ok_or_else(|| ClientError::State("the producer has no transactional.id".to_owned()))
    }

    fn known_identity(&self) -> Result<Identity, ClientError> {
        self.identity
            .ok_or_else(|| ClientError::State("the producer is not initialised".to_owned()))
    }

    fn coordinator(&mut self) -> Result<TransactionCoordinator, ClientError> {
        let (cluster, limit) = (self.cluster.clone(), self.settings.max_block);
        let transaction = self.transaction_mut()?;
        Ok(TransactionCoordinator {
            cluster,
            lane: transaction.lane(),
            id: Arc::clone(&transaction.id),
            limit,
        })
    }
}

/// Whether nothing helps but another producer, as Java's `TransactionManager.maybeTransitionToErrorState` decides.
/// `INVALID_PRODUCER_EPOCH` is not among them: leaders answer so to a producer whose epoch was raised by its own
/// time-out.
fn is_fatal(error: &ClientError) -> bool {
    let Some(code) = error.code() else {
        return matches!(error, ClientError::Unsupported { .. });
    };
    matches!(
        code.kind(),
        Code::ProducerFenced
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::InvalidProducerIdMapping
            | Code::UnsupportedVersion
            | Code::UnsupportedForMessageFormat
    )
}
