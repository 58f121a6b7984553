//! Records and their offsets in one transaction (`ExactlyOnceWorkerSourceTask`).

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use windlass_api::{ConnectError, ErrorKind, Result, TransactionContext, TransactionRequests};
use windlass_client::{ClientError, Producer};

use super::SourceLoop;
use crate::herder::TaskGuard;
use crate::offsets::OffsetCodec;
use crate::status::TaskId;
use crate::storage::leader_writer::append;
use crate::storage::offset_file::OffsetEntries;
use crate::storage::offsets::{OffsetStore, TransactionalOffsets};
use crate::task::kafka;
use crate::task::pending_offsets::PendingOffsets;

/// What a source task needs to write in transactions.
pub(crate) struct TransactionParts {
    pub(crate) guard: TaskGuard,
    pub(crate) ends: Ends,
}

/// Where transactions end.
pub(crate) enum Ends {
    /// With each batch that a poll gives.
    Poll,
    /// With the first batch after this long.
    Interval(Duration),
    /// Where the task says.
    Asked(TransactionContext),
}

/// The transactions of a source task.
pub(super) struct Transactions {
    guard: TaskGuard,
    ends: Ends,
    asked: TransactionRequests,
    store: OffsetStore,
    /// Where its offsets go, once that is prepared.
    offsets: Option<TransactionalOffsets>,
    codec: OffsetCodec,
    pending: PendingOffsets,
    ended: Instant,
}

impl Transactions {
    pub(super) fn new(parts: TransactionParts, store: OffsetStore, codec: OffsetCodec) -> Self {
        Transactions {
            guard: parts.guard,
            ends: parts.ends,
            asked: TransactionRequests::default(),
            store,
            offsets: None,
            codec,
            pending: PendingOffsets::default(),
            ended: Instant::now(),
        }
    }

    /// Whether the topic is the one that the task's offsets are in.
    pub(super) fn holds_offsets(&self, topic: &str) -> bool {
        let offsets = self.offsets.as_ref();
        offsets.is_some_and(|offsets| **offsets.topic() == *topic)
    }

    /// When an open transaction is to be ended although no batch comes.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.ends {
            Ends::Interval(interval) => Some(self.ended + interval),
            Ends::Poll | Ends::Asked(_) => None,
        }
    }
}

impl SourceLoop {
    /// Makes sure that nobody else writes as this task, before it is started. False when it was stopped meanwhile
    /// (B-078).
    ///
    /// # Errors
    /// When others cannot be fenced, or this task is no longer wanted.
    pub(super) async fn take_over(&mut self) -> Result<bool> {
        let Some(transactions) = &mut self.transactions else {
            return Ok(true);
        };
        let mut control = self.parts.control.clone();
        let producer = &mut self.delivery.producer;
        let prepare = async {
            transactions.guard.fence().await?;
            let opened = transactions.store.for_transactions().await;
            let opened = opened.map_err(|error| ConnectError::connect(error.to_string()))?;
            transactions.offsets = opened;
            producer.init_transactions().await.map_err(kafka)?;
            transactions.guard.check().await
        };
        tokio::select! {
            biased;
            _ = control.wait_for(|control| *control == crate::task::Control::Stop) => Ok(false),
            prepared = prepare => prepared.map(|()| true),
        }
    }

    /// How far the batch may be sent: to its end, or to where the task wants a transaction to end.
    pub(super) fn part_end(&mut self) -> usize {
        let all = self.batch.len();
        let Some(transactions) = &mut self.transactions else {
            return all;
        };
        let end = transactions.asked.next_end(self.sent);
        end.map_or(all, |place| (place + 1).min(all))
    }

    /// A batch has come: takes what the task asked for with it.
    pub(super) fn note_requests(&mut self) {
        if let Some(transactions) = &mut self.transactions
            && let Ends::Asked(context) = &transactions.ends
        {
            transactions.asked = context.take();
        }
    }

    /// Opens a transaction unless one is.
    pub(super) fn begin(&mut self) -> Result<()> {
        let producer = &mut self.delivery.producer;
        if self.transactions.is_none() || producer.in_transaction() {
            return Ok(());
        }
        producer.begin_transaction().map_err(kafka)
    }

    /// A part of the batch was sent; ends the transaction where it ends. True when the whole batch was sent.
    pub(super) async fn end_part(&mut self) -> Result<bool> {
        let Some(transactions) = &mut self.transactions else {
            return Ok(true);
        };
        if let Some(place) = self.sent.checked_sub(1) {
            let commit = transactions.asked.commit_on.remove(&place);
            let abort = transactions.asked.abort_on.remove(&place);
            let TaskId { connector, task } = &self.parts.id;
            if commit && abort {
                return Err(contradiction("record"));
            }
            if abort {
                tracing::info!(%connector, task, place, "transaction aborted at a record, as the task asked");
                self.abort().await?;
            }
            if commit || abort {
                self.commit().await?;
            }
        }
        if self.sent < self.batch.len() {
            self.until = self.part_end();
            return Ok(false);
        }
        self.end_batch().await?;
        Ok(true)
    }

    /// The batch was sent, or there was none.
    async fn end_batch(&mut self) -> Result<()> {
        let Some(transactions) = &mut self.transactions else {
            return Ok(());
        };
        let commits = match transactions.ends {
            Ends::Poll => true,
            Ends::Interval(interval) => transactions.ended.elapsed() >= interval,
            Ends::Asked(_) => return self.end_as_asked().await,
        };
        if commits {
            self.commit().await?;
        }
        Ok(())
    }

    /// Ends the transaction if the task asked for that. Offsets are stored also after an abort, in a transaction of their
    /// own: what was aborted does not come again (B-073).
    async fn end_as_asked(&mut self) -> Result<()> {
        let Some(transactions) = &mut self.transactions else {
            return Ok(());
        };
        let asked = std::mem::take(&mut transactions.asked);
        if asked.commit_batch && asked.abort_batch {
            return Err(contradiction("batch"));
        }
        if asked.abort_batch {
            let TaskId { connector, task } = &self.parts.id;
            tracing::info!(%connector, task, "transaction aborted after a batch, as the task asked");
            self.abort().await?;
        }
        if asked.commit_batch || asked.abort_batch {
            self.commit().await?;
        }
        Ok(())
    }

    /// Ends what is open before a pause and before the end, so that it cannot time out (B-074).
    pub(super) async fn end_last(&mut self) -> Result<()> {
        match self.transactions.as_ref().map(|t| &t.ends) {
            Some(Ends::Asked(_)) => self.end_as_asked().await,
            Some(_) => self.commit().await,
            None => Ok(()),
        }
    }

    /// Commits what was sent, with its offsets. Without anything to commit only the task hears of it.
    pub(super) async fn commit(&mut self) -> Result<()> {
        let Some(transactions) = &mut self.transactions else {
            return Ok(());
        };
        transactions.ended = Instant::now();
        let Transactions {
            pending,
            codec,
            offsets,
            ..
        } = &mut *transactions;
        self.delivery
            .drain_offsets(|partition, offset| pending.put(codec, partition, &offset));
        if pending.has_newer() || self.delivery.producer.in_transaction() {
            let entries = pending.begin_flush()?;
            let (offsets, begun) = (offsets.as_ref(), Instant::now());
            let result = commit(&mut self.delivery.producer, offsets, entries).await;
            self.parts
                .metrics
                .committed(result.is_ok(), begun.elapsed());
            self.delivery.take_acks(&mut self.parts);
            if let Err(error) = result {
                return Err(unwritten(&self.parts.id, error));
            }
            pending.flushed();
            let records = std::mem::take(&mut self.in_transaction);
            if records > 0 {
                self.parts.metrics.transaction(records);
            }
        }
        self.delivery.note_commit();
        self.pay_calls().await;
        Ok(())
    }

    async fn abort(&mut self) -> Result<()> {
        if !self.delivery.producer.in_transaction() {
            return Ok(());
        }
        let aborted = self.delivery.producer.abort_transaction().await;
        self.in_transaction = 0;
        self.delivery.take_acks(&mut self.parts);
        aborted.map_err(|error| unwritten(&self.parts.id, error))
    }

    /// The task has failed: what is open is aborted rather than left to its time-out, which would hold up readers.
    pub(super) async fn give_up(&mut self) {
        let producer = &mut self.delivery.producer;
        if producer.in_transaction() {
            let aborted = tokio::time::timeout(ABORT_TIMEOUT, producer.abort_transaction());
            if !aborted.await.is_ok_and(|aborted| aborted.is_ok()) {
                let TaskId { connector, task } = &self.parts.id;
                tracing::debug!(%connector, task, "the open transaction is left to its time-out");
            }
        }
    }
}

/// Writes offsets within the open transaction, or one begun for them, and commits.
pub(crate) async fn commit(
    producer: &mut Producer,
    offsets: Option<&TransactionalOffsets>,
    entries: OffsetEntries,
) -> std::result::Result<(), ClientError> {
    let Some(offsets) = offsets else {
        return Err(ClientError::Closed);
    };
    if !producer.in_transaction() {
        producer.begin_transaction()?;
    }
    offsets.forget(&entries).await?;
    for (key, value) in &entries {
        let key = offsets.as_written(key);
        append(producer, offsets.topic(), None, &key, value.as_deref()).await?;
    }
    producer.commit_transaction().await?;
    offsets.copy(entries);
    Ok(())
}

/// As Java words it, with what users can do about a transaction that took too long.
fn unwritten(id: &TaskId, error: ClientError) -> ConnectError {
    let expired = error
        .code()
        .is_some_and(|code| code.code() == INVALID_PRODUCER_EPOCH);
    let text = if expired {
        format!(
            "The task {id} was unable to finish writing records to Kafka before its producer transaction expired. It may be \
             necessary to reconfigure this task in order for it to run healthily with exactly-once support. Options for \
             this include: tune the connector's producer configuration for higher throughput, increase the transaction \
             timeout for the connector's producers, decrease the offset commit interval (if using interval-based \
             transaction boundaries), or use the 'poll' transaction boundary (if the connector is not already configured \
             to use it)."
        )
    } else {
        format!("Failed to flush offsets and/or records for task {id}")
    };
    ConnectError::connect(text).caused_by(kafka(error))
}

fn contradiction(what: &str) -> ConnectError {
    let text = format!("Connector requested both commit and abort of transaction for same {what}");
    ConnectError::new(ErrorKind::Internal, text)
}

/// Waits for the future unless there is none.
pub(super) async fn or_never<T>(future: Option<impl Future<Output = T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

const ABORT_TIMEOUT: Duration = Duration::from_secs(5);
const INVALID_PRODUCER_EPOCH: i16 = 47;
