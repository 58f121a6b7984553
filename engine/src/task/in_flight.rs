//! Which source offsets may be committed.

use std::collections::VecDeque;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use windlass_api::{OffsetMap, SourceOffset, SourcePartition, Value};

use crate::invariants::Invariant;

/// Offsets of records that were handed to the producer, in the order the task gave them (`SubmittedRecords`).
///
/// A source task may have many batches in flight and their acks return in any order. Of each source partition only the
/// longest unbroken run of acked records may be stored: a later record's offset would skip an earlier, lost one (B-049).
/// Consecutive records of one source partition in one producer batch share an entry, for they are acked together; so a
/// record usually costs two compares and an offset.
///
/// `B` names a producer batch. A batch that never gets its ack holds its source partitions back for ever, and no others.
#[derive(Debug)]
pub(crate) struct InFlight<B> {
    slots: Vec<Option<Queue<B>>>,
    free: Vec<usize>,
    /// Slots by the hash of their partition's content.
    index: HashMap<u64, Vec<usize>>,
    /// The slot of the latest record; a hint.
    last: usize,
    /// Batches without an ack, each with the slots whose oldest run is in it.
    open: BTreeMap<B, Vec<usize>>,
    /// Slots with something committable.
    ready: Vec<usize>,
}

#[derive(Debug)]
struct Queue<B> {
    partition: SourcePartition,
    hash: u64,
    runs: VecDeque<Run<B>>,
    /// The last record that may be stored, and its batch.
    committable: Option<(B, SourceOffset)>,
}

/// Consecutive records of a source partition in one batch, of which only the last offset matters.
#[derive(Debug)]
struct Run<B> {
    batch: B,
    offset: SourceOffset,
}

impl<B: Copy + Ord> InFlight<B> {
    pub(crate) fn new() -> Self {
        InFlight {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashMap::new(),
            last: 0,
            open: BTreeMap::new(),
            ready: Vec::new(),
        }
    }

    /// Notes the next record of a source partition, which went into `batch`. The batch must not have been acked.
    pub(crate) fn push(&mut self, batch: B, partition: &SourcePartition, offset: SourceOffset) {
        let slot = match self.slots.get(self.last) {
            Some(Some(queue)) if queue.partition.same(partition) => self.last,
            _ => self.slot(partition),
        };
        self.last = slot;
        let Some(queue) = &mut self.slots[slot] else {
            return;
        };
        match queue.runs.back_mut() {
            Some(run) if run.batch == batch => run.offset = offset,
            back => {
                let oldest = back.is_none();
                queue.runs.push_back(Run { batch, offset });
                let waiting = self.open.entry(batch).or_default();
                if oldest {
                    waiting.push(slot);
                }
            }
        }
    }

    /// Notes that all records of a batch are stored in Kafka, or count as such. False for a batch without records of the
    /// task, such as offsets in a transaction.
    pub(crate) fn ack(&mut self, batch: B) -> bool {
        let Some(slots) = self.open.remove(&batch) else {
            return false;
        };
        for slot in slots {
            let Some(queue) = &mut self.slots[slot] else {
                continue;
            };
            let was_ready = queue.committable.is_some();
            while let Some(run) = queue.runs.front() {
                if let Some(waiting) = self.open.get_mut(&run.batch) {
                    waiting.push(slot);
                    break;
                }
                queue.committable = queue.runs.pop_front().map(|run| (run.batch, run.offset));
            }
            if !was_ready && queue.committable.is_some() {
                self.ready.push(slot);
            }
        }
        true
    }

    /// Whether every batch has been acked.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes what may be committed: per source partition the offset of the last record before the first without an
    /// ack. Source partitions with nothing in flight are forgotten.
    pub(crate) fn drain_committable(
        &mut self,
        mut take: impl FnMut(&SourcePartition, SourceOffset),
    ) {
        for slot in std::mem::take(&mut self.ready) {
            let Some(queue) = &mut self.slots[slot] else {
                continue;
            };
            if let Some((batch, offset)) = queue.committable.take() {
                Invariant::OffsetAfterAcks.holds(!self.open.contains_key(&batch), || {
                    format!("{offset:?} of {:?} is not acknowledged", queue.partition)
                });
                take(&queue.partition, offset);
            }
            if queue.runs.is_empty() {
                self.remove(slot);
            }
        }
    }

    /// Takes the newest offset of every source partition, acked or not, and forgets everything: with a transaction the
    /// records are stored together with these, or none of them are.
    pub(crate) fn drain(&mut self, mut take: impl FnMut(&SourcePartition, SourceOffset)) {
        for queue in self.slots.drain(..).flatten() {
            let newest = queue.runs.into_iter().next_back();
            let newest = newest
                .map(|run| run.offset)
                .or(queue.committable.map(|(_, offset)| offset));
            if let Some(offset) = newest {
                take(&queue.partition, offset);
            }
        }
        self.free.clear();
        self.index.clear();
        self.open.clear();
        self.ready.clear();
    }

    fn slot(&mut self, partition: &SourcePartition) -> usize {
        let hash = content_hash(partition.entries());
        let known = self.index.entry(hash).or_default();
        let found = known.iter().copied().find(|&slot| {
            self.slots[slot]
                .as_ref()
                .is_some_and(|queue| queue.partition == *partition)
        });
        if let Some(slot) = found {
            return slot;
        }
        let queue = Queue {
            partition: partition.clone(),
            hash,
            runs: VecDeque::new(),
            committable: None,
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = Some(queue);
                slot
            }
            None => {
                self.slots.push(Some(queue));
                self.slots.len() - 1
            }
        };
        known.push(slot);
        slot
    }

    fn remove(&mut self, slot: usize) {
        let Some(queue) = self.slots[slot].take() else {
            return;
        };
        if let Some(known) = self.index.get_mut(&queue.hash) {
            known.retain(|&s| s != slot);
            if known.is_empty() {
                self.index.remove(&queue.hash);
            }
        }
        self.free.push(slot);
    }
}

/// Equal partitions have equal hashes; the order of entries does not count, as in `OffsetMap`'s equality.
fn content_hash(entries: Option<&OffsetMap>) -> u64 {
    let entries = entries.into_iter().flatten();
    entries.fold(0, |sum, (key, value)| {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        match value {
            Value::String(text) => text.hash(&mut hasher),
            Value::Boolean(b) => b.hash(&mut hasher),
            Value::Int8(n) => n.hash(&mut hasher),
            Value::Int16(n) => n.hash(&mut hasher),
            Value::Int32(n) => n.hash(&mut hasher),
            Value::Int64(n) => n.hash(&mut hasher),
            // Rare as a part of a partition: entries that differ only here share a hash.
            _ => (),
        }
        sum.wrapping_add(hasher.finish())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use windlass_api::Text;

    use super::*;

    fn partition(name: u8) -> SourcePartition {
        let value = Value::String(Text::from(name.to_string()));
        SourcePartition::new(OffsetMap::from([("file".to_owned(), value)]))
    }

    fn drained(in_flight: &mut InFlight<u64>) -> Vec<(String, i64)> {
        let mut out = Vec::new();
        in_flight.drain_committable(|partition, offset| {
            let SourceOffset::Position { position, .. } = offset else {
                panic!("not a position")
            };
            out.push((format!("{:?}", partition.entries()), position));
        });
        out.sort();
        out
    }

    #[test]
    fn a_transaction_takes_the_newest_offsets_whatever_was_acked() {
        let mut in_flight = InFlight::new();
        let at = |n| SourceOffset::position("position", n);
        in_flight.push(1, &partition(1), at(1));
        in_flight.push(1, &partition(2), at(2));
        in_flight.push(2, &partition(1), at(3));
        in_flight.ack(1);
        let mut taken = Vec::new();
        in_flight.drain(|_, offset| taken.push(offset));
        assert_eq!(taken, [at(3), at(2)]);
        in_flight.ack(2);
        assert!(in_flight.is_empty() && drained(&mut in_flight).is_empty());
        in_flight.push(3, &partition(2), at(4));
        in_flight.ack(3);
        assert_eq!(drained(&mut in_flight).len(), 1);
    }

    /// What happens to the tracker, as a test chooses it.
    #[derive(Clone, Debug)]
    enum Step {
        /// A record of this source partition, in the batch in use for this topic partition; `fresh` makes the
        /// connector build a new partition object.
        Record {
            source: u8,
            topic: u8,
            fresh: bool,
        },
        /// The batch in use for this topic partition is full.
        NextBatch {
            topic: u8,
        },
        /// The n-th of the sent batches without an ack is acked.
        Ack(prop::sample::Index),
        Commit,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => (0..4u8, 0..3u8, any::<bool>())
                .prop_map(|(source, topic, fresh)| Step::Record { source, topic, fresh }),
            2 => (0..3u8).prop_map(|topic| Step::NextBatch { topic }),
            2 => any::<prop::sample::Index>().prop_map(Step::Ack),
            1 => Just(Step::Commit),
        ];
        prop::collection::vec(step, 0..200)
    }

    /// Every record by itself: the committable offset is that of the last record before the first un-acked one.
    #[derive(Default)]
    struct Model {
        records: BTreeMap<u8, VecDeque<(u64, i64)>>,
        acked: std::collections::BTreeSet<u64>,
    }

    impl Model {
        fn drain(&mut self) -> Vec<(String, i64)> {
            let mut out = Vec::new();
            for (source, records) in &mut self.records {
                let mut last = None;
                while records
                    .front()
                    .is_some_and(|(batch, _)| self.acked.contains(batch))
                {
                    last = records.pop_front();
                }
                if let Some((_, offset)) = last {
                    out.push((format!("{:?}", partition(*source).entries()), offset));
                }
            }
            out.sort();
            out
        }
    }

    proptest! {
        #[test]
        fn commits_what_a_naive_model_commits(steps in steps()) {
            let sources: Vec<_> = (0..4).map(partition).collect();
            let mut in_flight = InFlight::new();
            let mut model = Model::default();
            let mut current = [0u64, 1, 2];
            let (mut next_batch, mut next_offset) = (3u64, 0i64);
            let mut unacked: Vec<u64> = Vec::new();
            for step in steps {
                match step {
                    Step::Record { source, topic, fresh } => {
                        let batch = current[usize::from(topic)];
                        let shared = &sources[usize::from(source)];
                        let own = if fresh { partition(source) } else { shared.clone() };
                        in_flight.push(batch, &own, SourceOffset::position("position", next_offset));
                        model.records.entry(source).or_default().push_back((batch, next_offset));
                        next_offset += 1;
                        if !unacked.contains(&batch) {
                            unacked.push(batch);
                        }
                    }
                    Step::NextBatch { topic } => {
                        current[usize::from(topic)] = next_batch;
                        next_batch += 1;
                    }
                    Step::Ack(index) if !unacked.is_empty() => {
                        let batch = unacked.remove(index.index(unacked.len()));
                        in_flight.ack(batch);
                        model.acked.insert(batch);
                        if let Some(topic) = current.iter().position(|&b| b == batch) {
                            current[topic] = next_batch;
                            next_batch += 1;
                        }
                    }
                    Step::Ack(_) => {}
                    Step::Commit => {
                        let expected = model.drain();
                        prop_assert_eq!(drained(&mut in_flight), expected);
                    }
                }
                prop_assert_eq!(in_flight.is_empty(), unacked.is_empty());
            }
            for batch in unacked {
                in_flight.ack(batch);
                model.acked.insert(batch);
            }
            prop_assert_eq!(drained(&mut in_flight), model.drain());
            prop_assert!(in_flight.index.is_empty() && in_flight.is_empty());
        }
    }

    #[test]
    fn a_stuck_source_partition_does_not_hold_the_others() {
        let mut in_flight = InFlight::new();
        let (a, b) = (partition(0), partition(1));
        in_flight.push(1, &a, SourceOffset::position("position", 1));
        in_flight.push(2, &b, SourceOffset::position("position", 2));
        in_flight.push(3, &a, SourceOffset::position("position", 3));
        in_flight.ack(2);
        in_flight.ack(3);
        assert_eq!(drained(&mut in_flight), [(format!("{:?}", b.entries()), 2)]);
        assert!(!in_flight.is_empty());
        in_flight.ack(1);
        assert_eq!(drained(&mut in_flight), [(format!("{:?}", a.entries()), 3)]);
    }
}
