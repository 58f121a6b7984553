//! What happens between the producer and the offset store.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;
use windlass_api::{ConnectError, RecordMetadata, SourceOffset, SourcePartition, SourceRecord};
use windlass_client::producer::{Ack, Append, BatchId, Producer};

use super::commit::OffsetCommitter;
use super::transaction::or_never;
use crate::invariants::Invariant;
use crate::pipeline::Original;
use crate::task::in_flight::InFlight;
use crate::task::kafka;
use crate::task::{NotedTopics, TaskParts};

/// Records on their way to Kafka, and their offsets on their way to the offset store.
pub(super) struct Delivery {
    pub(super) producer: Producer,
    in_flight: InFlight<BatchId>,
    /// `None` where offsets are stored in transactions.
    committer: Option<OffsetCommitter>,
    /// `Some` when the task wants `commit_record`.
    kept: Option<Kept>,
    /// A flush succeeded that the task was not told of.
    commit_due: bool,
    /// A send failed: the task fails when it next looks (B-053).
    failure: Option<ConnectError>,
    topics: NotedTopics,
    /// The newest batch that was acknowledged, of each topic partition.
    newest_acks: BTreeMap<(Arc<str>, i32), BatchId>,
}

/// Records that the task wants back.
#[derive(Default)]
struct Kept {
    sent: BTreeMap<BatchId, Vec<SourceRecord>>,
    due: VecDeque<(SourceRecord, Option<RecordMetadata>)>,
}

impl Delivery {
    pub(super) fn new(
        producer: Producer,
        committer: Option<OffsetCommitter>,
        keeps_records: bool,
    ) -> Self {
        Delivery {
            producer,
            in_flight: InFlight::new(),
            committer,
            kept: keeps_records.then(Kept::default),
            commit_due: false,
            failure: None,
            topics: NotedTopics::default(),
            newest_acks: BTreeMap::new(),
        }
    }

    /// Whether the task wants its records back.
    pub(super) fn keeps_records(&self) -> bool {
        self.kept.is_some()
    }

    /// A record was appended; `original` is what the task gave, if it wants it back.
    pub(super) fn appended(
        &mut self,
        append: Append,
        partition: &SourcePartition,
        offset: SourceOffset,
        original: Option<SourceRecord>,
    ) {
        self.in_flight.push(append.batch, partition, offset);
        if let (Some(kept), Some(record)) = (&mut self.kept, original) {
            kept.sent.entry(append.batch).or_default().push(record);
        }
    }

    /// A record was dropped by a transform, or skipped; its offset is not stored (SR-021).
    pub(super) fn dropped(&mut self, original: Option<SourceRecord>) {
        if let (Some(kept), Some(record)) = (&mut self.kept, original) {
            kept.due.push_back((record, None));
        }
    }

    /// Waits for the next ack, flush or timer and does what it asks for. Cancel-safe.
    pub(super) async fn drive(&mut self, parts: &mut TaskParts) {
        tokio::select! {
            biased;
            ack = self.producer.next_ack() => self.acked(ack, parts),
            flushed = or_never(self.committer.as_mut().map(|c| c.next(&mut self.in_flight))) => {
                self.commit_due |= flushed;
            }
        }
        self.take_acks(parts);
    }

    /// Takes the acks that are there.
    pub(super) fn take_acks(&mut self, parts: &mut TaskParts) {
        while let Some(ack) = self.producer.try_next_ack() {
            self.acked(ack, parts);
        }
    }

    /// The failure of a send, once.
    pub(super) fn take_failure(&mut self) -> Option<ConnectError> {
        self.failure.take()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Whether `commit` or `commit_record` is to be called.
    pub(super) fn owes_calls(&self) -> bool {
        self.commit_due || self.kept.as_ref().is_some_and(|kept| !kept.due.is_empty())
    }

    /// Whether `commit` is to be called; once.
    pub(super) fn take_commit(&mut self) -> bool {
        std::mem::take(&mut self.commit_due)
    }

    /// The next record that the task is to hear of.
    pub(super) fn take_record(&mut self) -> Option<(SourceRecord, Option<RecordMetadata>)> {
        self.kept.as_mut()?.due.pop_front()
    }

    /// Does what acks and timers ask for until the future ends.
    pub(super) async fn drive_until<T>(
        &mut self,
        parts: &mut TaskParts,
        until: impl Future<Output = T>,
    ) -> T {
        let mut until = pin!(until);
        loop {
            tokio::select! {
                biased;
                result = &mut until => return result,
                () = self.drive(parts) => {}
            }
        }
    }

    /// Waits for the acks of everything sent, then stores what was acknowledged; both within the flush timeout.
    pub(super) async fn finish(&mut self, parts: &mut TaskParts) {
        let Some(timeout) = self.committer.as_ref().map(OffsetCommitter::timeout) else {
            return;
        };
        let deadline = Instant::now() + timeout;
        self.producer.send_ready(true);
        let acks = async {
            while !self.in_flight.is_empty() && self.failure.is_none() {
                let ack = self.producer.next_ack().await;
                self.acked(ack, parts);
            }
        };
        // What is not acknowledged in time is sent again by the next run.
        let _ = tokio::time::timeout_at(deadline, acks).await;
        let Some(committer) = &mut self.committer else {
            return;
        };
        if committer.is_flushing() {
            self.commit_due |= committer.next(&mut self.in_flight).await;
        }
        self.commit_due |= committer.begin(&mut self.in_flight);
        if committer.is_flushing() {
            self.commit_due |= committer.next(&mut self.in_flight).await;
        }
    }

    /// Takes the offsets that a transaction stores with its records.
    pub(super) fn drain_offsets(&mut self, take: impl FnMut(&SourcePartition, SourceOffset)) {
        self.in_flight.drain(take);
    }

    /// A transaction was committed, or there was nothing to commit: the task is to hear of it.
    pub(super) fn note_commit(&mut self) {
        self.commit_due = true;
    }

    fn check_order(&mut self, ack: &Ack, parts: &TaskParts) {
        if !self.producer.keeps_order() {
            return;
        }
        let partition = (Arc::clone(&ack.topic), ack.partition);
        let before = self.newest_acks.insert(partition, ack.batch);
        Invariant::AcksInOrder.holds(before.is_none_or(|before| before < ack.batch), || {
            let id = &parts.id;
            format!("{id}: {:?} was acknowledged after {before:?}", ack.batch)
        });
    }

    fn check_empty(&self, parts: &TaskParts) {
        if self.in_flight.is_empty() && self.producer.in_flight() == 0 {
            let bytes = self.producer.buffered_bytes();
            Invariant::BytesInFlight.holds(bytes == 0, || {
                format!("{} has no records in flight and {bytes} bytes", parts.id)
            });
        }
    }

    fn acked(&mut self, ack: Ack, parts: &mut TaskParts) {
        if ack.result.is_ok() {
            self.check_order(&ack, parts);
        }
        let written = match ack.result {
            Ok(written) => Some(written),
            Err(error) => {
                let place = Original::Sent {
                    topic: &ack.topic,
                    partition: ack.partition,
                };
                let skipped = if self.committer.is_some() {
                    parts.tolerance.skip_unsent(kafka(error), ack.count, place)
                } else {
                    Err(kafka(error))
                };
                if let Err(error) = skipped {
                    self.failure.get_or_insert(error);
                    return;
                }
                None
            }
        };
        let count = u64::from(ack.count);
        let (done, failed) = if written.is_some() {
            (count, 0)
        } else {
            (0, count)
        };
        if self.in_flight.ack(ack.batch) {
            parts.metrics.settled(done, failed);
            parts.note_topic(&ack.topic, &mut self.topics);
        }
        parts.metrics.holds(self.producer.buffered_bytes() as u64);
        self.check_empty(parts);
        let Some(kept) = &mut self.kept else { return };
        let records = kept.sent.remove(&ack.batch).unwrap_or_default();
        for (index, record) in (0..).zip(records) {
            let metadata = written.map(|written| RecordMetadata {
                topic: Arc::clone(&ack.topic),
                partition: ack.partition,
                offset: written.base_offset.map_or(-1, |base| base + index),
                timestamp: written.log_append_time.or(record.timestamp).unwrap_or(-1),
            });
            kept.due.push_back((record, metadata));
        }
    }
}
