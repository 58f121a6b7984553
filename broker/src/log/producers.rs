//! What a partition knows of the producers that write to it: sequences, epochs, open and aborted transactions.
//!
//! All of it is rebuilt from batch headers when the log is opened, so it needs no file of its own.

use std::collections::{BTreeMap, VecDeque};

use kafka_protocol::error::ResponseError;
use windlass_wire::batch::{BatchHeader, ControlMarker};

/// What a partition knows of its producers.
#[derive(Debug, Default)]
pub(crate) struct Producers {
    by_id: BTreeMap<i64, Producer>,
    /// The first offset of each open transaction, with its producer.
    open: BTreeMap<i64, i64>,
    /// In the order of their last offsets.
    aborted: Vec<Aborted>,
}

/// A transaction of which readers of committed records must skip everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aborted {
    pub(crate) producer_id: i64,
    /// The offset of its first record.
    pub(crate) first: i64,
    /// The offset of its marker.
    pub(crate) last: i64,
}

/// What becomes of a batch that wants to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the next of its producer, or of none.
    Append,
    /// It is here already, with this base offset.
    Duplicate(i64),
    /// It is neither.
    Refuse(ResponseError),
}

impl Producers {
    /// Whether the batch is the producer's next. Kafka's rules: an unknown producer may begin anywhere, for its older
    /// records may have been deleted; a new epoch begins at sequence 0; the newest five batches are remembered.
    pub(crate) fn judge(&self, header: &BatchHeader) -> Verdict {
        let batch = header.producer;
        if batch.id < 0 {
            return Verdict::Append;
        }
        if batch.epoch < 0 || batch.base_sequence < 0 {
            return Verdict::Refuse(ResponseError::InvalidRecord);
        }
        let Some(known) = self.by_id.get(&batch.id) else {
            return Verdict::Append;
        };
        if batch.epoch < known.epoch {
            return Verdict::Refuse(ResponseError::InvalidProducerEpoch);
        }
        let newest = if batch.epoch > known.epoch {
            None
        } else {
            known.batches.back()
        };
        if newest.is_some()
            && let Some(duplicate) = known.duplicate_of(header)
        {
            return Verdict::Duplicate(duplicate.base_offset);
        }
        let expected = newest.map_or(0, |newest| newest.last_sequence.checked_add(1).unwrap_or(0));
        match batch.base_sequence == expected {
            true => Verdict::Append,
            false => Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber),
        }
    }

    /// Remembers a data batch that was appended.
    pub(crate) fn note(&mut self, header: &BatchHeader) {
        let batch = header.producer;
        if batch.id < 0 {
            return;
        }
        let known = self.by_id.entry(batch.id).or_default();
        known.enter(batch.epoch);
        known.last_timestamp = known.last_timestamp.max(header.max_timestamp);
        if known.batches.len() == REMEMBERED {
            known.batches.pop_front();
        }
        known.batches.push_back(Written {
            base_sequence: batch.base_sequence,
            last_sequence: header.last_sequence(),
            base_offset: header.base_offset,
        });
        if header.attributes.is_transactional() && known.transaction.is_none() {
            known.transaction = Some(header.base_offset);
            self.open.insert(header.base_offset, batch.id);
        }
    }

    /// Remembers a transaction marker that was appended.
    pub(crate) fn note_marker(&mut self, header: &BatchHeader, marker: ControlMarker) {
        let known = self.by_id.entry(header.producer.id).or_default();
        known.enter(header.producer.epoch);
        known.last_timestamp = known.last_timestamp.max(header.max_timestamp);
        let Some(first) = known.transaction.take() else {
            return;
        };
        self.open.remove(&first);
        if marker == ControlMarker::Abort {
            self.aborted.push(Aborted {
                producer_id: header.producer.id,
                first,
                last: header.base_offset,
            });
        }
    }

    /// The first offset that is not decided, in a log that ends at `end`: readers of committed records stop there.
    pub(crate) fn last_stable(&self, end: i64) -> i64 {
        self.open.first_key_value().map_or(end, |(first, _)| *first)
    }

    /// The aborted transactions with records in `from..to`.
    pub(crate) fn aborted_within(&self, from: i64, to: i64) -> impl Iterator<Item = &Aborted> {
        let start = self.aborted.partition_point(|aborted| aborted.last < from);
        self.aborted[start..]
            .iter()
            .filter(move |aborted| aborted.first < to)
    }

    /// Forgets the aborted transactions whose records and markers before `offset` are gone from the log.
    pub(crate) fn forget_aborted_before(&mut self, offset: i64) {
        self.aborted.retain(|aborted| aborted.last >= offset);
    }

    /// Forgets producers that have written nothing since `timestamp` and have no open transaction
    /// (`producer.id.expiration.ms`).
    pub(crate) fn forget_idle_since(&mut self, timestamp: i64) {
        self.by_id
            .retain(|_, known| known.transaction.is_some() || known.last_timestamp >= timestamp);
    }
}

#[derive(Debug)]
struct Producer {
    /// -1 until its first batch.
    epoch: i16,
    /// The newest, at most [`REMEMBERED`], all of this epoch.
    batches: VecDeque<Written>,
    /// The first offset of the open transaction.
    transaction: Option<i64>,
    /// The largest of its batches, in ms.
    last_timestamp: i64,
}

#[derive(Clone, Copy, Debug)]
struct Written {
    base_sequence: i32,
    last_sequence: i32,
    base_offset: i64,
}

impl Default for Producer {
    fn default() -> Self {
        Producer {
            epoch: -1,
            batches: VecDeque::new(),
            transaction: None,
            last_timestamp: -1,
        }
    }
}

impl Producer {
    /// Sequences count from zero in each epoch.
    fn enter(&mut self, epoch: i16) {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.batches.clear();
        }
    }

    fn duplicate_of(&self, header: &BatchHeader) -> Option<&Written> {
        let (base, last) = (header.producer.base_sequence, header.last_sequence());
        self.batches
            .iter()
            .find(|written| written.base_sequence == base && written.last_sequence == last)
    }
}

/// How many batches of a producer may be in flight, and so may come again.
const REMEMBERED: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use windlass_wire::batch::{Attributes, Producer as Writer};

    fn batch(id: i64, epoch: i16, sequence: i32, records: i32, offset: i64) -> BatchHeader {
        BatchHeader {
            base_offset: offset,
            length: 49,
            leader_epoch: 0,
            crc: 0,
            attributes: Attributes::default(),
            last_offset_delta: records - 1,
            base_timestamp: 0,
            max_timestamp: 0,
            producer: Writer {
                id,
                epoch,
                base_sequence: sequence,
            },
            records_count: records,
        }
    }

    fn transactional(mut header: BatchHeader) -> BatchHeader {
        header.attributes = header.attributes.with_transactional(true);
        header
    }

    #[test]
    fn sequences_wrap_to_zero() {
        let mut producers = Producers::default();
        producers.note(&batch(1, 0, i32::MAX - 1, 2, 0));
        assert_eq!(producers.judge(&batch(1, 0, 0, 1, 2)), Verdict::Append);
        assert_eq!(
            producers.judge(&batch(1, 0, 1, 1, 2)),
            Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber)
        );
    }

    #[test]
    fn a_new_epoch_fences_the_old_and_begins_at_zero() {
        let mut producers = Producers::default();
        producers.note(&batch(1, 3, 0, 10, 0));
        let out_of_order = Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber);
        assert_eq!(producers.judge(&batch(1, 4, 10, 1, 10)), out_of_order);
        assert_eq!(producers.judge(&batch(1, 4, 0, 10, 10)), Verdict::Append);
        producers.note(&batch(1, 4, 0, 10, 10));
        let fenced = Verdict::Refuse(ResponseError::InvalidProducerEpoch);
        assert_eq!(producers.judge(&batch(1, 3, 10, 1, 20)), fenced);
    }

    #[test]
    fn a_marker_of_a_new_epoch_fences_too() {
        let mut producers = Producers::default();
        producers.note(&transactional(batch(1, 0, 0, 1, 0)));
        producers.note_marker(&batch(1, 1, -1, 1, 1), ControlMarker::Abort);
        let fenced = Verdict::Refuse(ResponseError::InvalidProducerEpoch);
        assert_eq!(producers.judge(&batch(1, 0, 1, 1, 2)), fenced);
        assert_eq!(producers.judge(&batch(1, 1, 0, 1, 2)), Verdict::Append);
    }

    #[test]
    fn the_last_stable_offset_is_the_oldest_open_transaction() {
        let mut producers = Producers::default();
        assert_eq!(producers.last_stable(7), 7);
        producers.note(&transactional(batch(1, 0, 0, 2, 10)));
        producers.note(&transactional(batch(2, 0, 0, 2, 12)));
        assert_eq!(producers.last_stable(14), 10);
        producers.note_marker(&batch(1, 0, -1, 1, 14), ControlMarker::Abort);
        assert_eq!(producers.last_stable(15), 12);
        producers.note_marker(&batch(2, 0, -1, 1, 15), ControlMarker::Commit);
        assert_eq!(producers.last_stable(16), 16);
        let aborted = Aborted {
            producer_id: 1,
            first: 10,
            last: 14,
        };
        assert_eq!(
            producers.aborted_within(0, 16).collect::<Vec<_>>(),
            [&aborted]
        );
        assert_eq!(
            producers.aborted_within(11, 12).collect::<Vec<_>>(),
            [&aborted]
        );
        assert_eq!(producers.aborted_within(0, 10).count(), 0);
        assert_eq!(producers.aborted_within(15, 16).count(), 0);
    }

    proptest! {
        /// Whatever of its last five batches a producer sends again, and in whatever order, each is in the log once.
        #[test]
        fn resent_batches_are_never_appended_twice(
            sizes in prop::collection::vec(1..20i32, 1..40),
            resends in prop::collection::vec((0..40usize, 0..5usize), 0..80),
        ) {
            let mut producers = Producers::default();
            let mut log: Vec<BatchHeader> = Vec::new();
            let (mut sequence, mut offset) = (0, 0);
            for (turn, &records) in sizes.iter().enumerate() {
                let next = batch(9, 0, sequence, records, offset);
                prop_assert_eq!(producers.judge(&next), Verdict::Append);
                producers.note(&next);
                log.push(next);
                sequence += records;
                offset += i64::from(records);
                for &(_, back) in resends.iter().filter(|(at, _)| *at == turn) {
                    let Some(index) = turn.checked_sub(back) else { continue };
                    prop_assert_eq!(producers.judge(&log[index]), Verdict::Duplicate(log[index].base_offset));
                }
                let gap = batch(9, 0, sequence + 1, 1, offset);
                let refused = Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber);
                prop_assert_eq!(producers.judge(&gap), refused);
            }
        }
    }
}
