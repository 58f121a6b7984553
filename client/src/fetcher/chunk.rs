//! The records one Fetch brought of one partition, handed out step by step.

use std::collections::VecDeque;

use windlass_wire::batch::{Batch, Batches, ControlMarker, RecordCursor, RecordSet};
use windlass_wire::compression::Codecs;

use super::aborted::AbortedFilter;
use crate::TopicPartition;
use crate::consumer::fetched::{Fetched, Run, corrupt};
use crate::error::ClientError;

/// A partition's part of a Fetch answer, with how far it has been handed out.
///
/// The bytes stay where they came in. A batch is checked and decompressed when its first record is due, once.
pub(super) struct Chunk {
    pub(super) partition: TopicPartition,
    /// The fetch this answers; a chunk of a fetch before the last seek is stale.
    pub(super) incarnation: u64,
    /// Bytes of the answer it keeps in memory.
    pub(super) size: usize,
    /// Where the records go on after the chunk.
    pub(super) end: i64,
    batches: VecDeque<Batch>,
    open: Option<Open>,
    filter: Option<AbortedFilter>,
    /// The next offset to hand out.
    position: i64,
    /// Leader epoch of the last batch handed out.
    epoch: Option<i32>,
}

/// The batch being handed out.
struct Open {
    set: RecordSet,
    cursor: RecordCursor,
    left: usize,
}

/// How batches are opened.
pub(super) struct Opening<'a> {
    pub(super) codecs: &'a mut Codecs,
    pub(super) check_crcs: bool,
}

impl Chunk {
    /// Looks at the batch headers only. `None` without a whole batch that has something at or beyond `position`.
    /// `aborted` is there under read_committed.
    ///
    /// # Errors
    /// When a batch is in another format or has an impossible length.
    pub(super) fn new(
        partition: TopicPartition,
        incarnation: u64,
        position: i64,
        batches: Batches,
        aborted: Option<AbortedFilter>,
    ) -> Result<Option<Self>, ClientError> {
        let mut kept = VecDeque::new();
        let (mut size, mut end) = (0, position);
        for batch in batches {
            let batch = batch.map_err(|error| corrupt(&partition, &error.to_string()))?;
            if batch.header().next_offset() > end {
                end = batch.header().next_offset();
                size += batch.header().size();
                kept.push_back(batch);
            }
        }
        let chunk = Self {
            partition,
            incarnation,
            size,
            end,
            batches: kept,
            open: None,
            filter: aborted,
            position,
            epoch: None,
        };
        Ok((!chunk.batches.is_empty()).then_some(chunk))
    }

    /// The next offset to hand out, and the leader epoch of the last batch handed out.
    pub(super) fn position(&self) -> (i64, Option<i32>) {
        (self.position, self.epoch)
    }

    /// Whether everything is handed out.
    pub(super) fn is_done(&self) -> bool {
        self.open.is_none() && self.batches.is_empty()
    }

    /// Moves at most `max` records into `into`, and answers how many.
    ///
    /// # Errors
    /// When a batch fails its CRC or does not decompress. The position stays before it.
    pub(super) fn take(
        &mut self,
        max: usize,
        opening: &mut Opening<'_>,
        into: &mut Fetched,
    ) -> Result<usize, ClientError> {
        let mut taken = 0;
        while taken < max {
            match self.take_of_batch(max - taken, opening, into) {
                Ok(Some(more)) => taken += more,
                Ok(None) => break,
                // It comes again with the next call, which begins there.
                Err(_) if taken > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// As [`Chunk::take`], of one batch; `None` behind the last.
    fn take_of_batch(
        &mut self,
        max: usize,
        opening: &mut Opening<'_>,
        into: &mut Fetched,
    ) -> Result<Option<usize>, ClientError> {
        if self.open.is_none() && !self.open_next(opening)? {
            return Ok(None);
        }
        let Some(open) = &mut self.open else {
            return Ok(None);
        };
        let (start, len) = (open.cursor, open.left.min(max));
        let header = *open.set.header();
        let set = if len == open.left {
            self.position = header.next_offset();
            self.open.take().map(|open| open.set)
        } else {
            self.position = pass(&self.partition, &open.set, &mut open.cursor, len)? + 1;
            open.left -= len;
            Some(open.set.clone())
        };
        self.epoch = Some(header.leader_epoch).filter(|epoch| *epoch >= 0);
        if let (Some(set), true) = (set, len > 0) {
            into.push(&self.partition, Run { set, start, len }, self.position);
        }
        Ok(Some(len))
    }

    /// Opens the next batch that is not left out, at the first record that is due. Answers whether there is one.
    fn open_next(&mut self, opening: &mut Opening<'_>) -> Result<bool, ClientError> {
        while let Some(batch) = self.batches.front() {
            let header = *batch.header();
            let left_out = match &mut self.filter {
                Some(filter) => filter.leaves_out(&header, || marker_of(batch, opening)),
                None => header.attributes.is_control(),
            };
            if left_out || header.records_count == 0 {
                self.position = self.position.max(header.next_offset());
                self.batches.pop_front();
                continue;
            }
            let fail = |problem: &str| corrupt(&self.partition, problem);
            let set = opening
                .open(batch)
                .map_err(|error| fail(&error.to_string()))?;
            let left = usize::try_from(header.records_count)
                .ok()
                .filter(|n| *n <= set.payload().len());
            let left = left.ok_or_else(|| fail("more records claimed than the batch has bytes"))?;
            let mut open = Open {
                set,
                cursor: RecordCursor::default(),
                left,
            };
            if header.base_offset < self.position {
                open.skip_to(&self.partition, self.position)?;
            }
            self.batches.pop_front();
            self.open = Some(open);
            return Ok(true);
        }
        Ok(false)
    }
}

impl Open {
    /// Passes over records before `offset`: a fetch begins with the whole batch that has its offset.
    fn skip_to(&mut self, partition: &TopicPartition, offset: i64) -> Result<(), ClientError> {
        while self.left > 0 {
            let mut ahead = self.cursor;
            if pass(partition, &self.set, &mut ahead, 1)? >= offset {
                break;
            }
            self.cursor = ahead;
            self.left -= 1;
        }
        Ok(())
    }
}

impl Opening<'_> {
    fn open(&mut self, batch: &Batch) -> windlass_wire::Result<RecordSet> {
        if self.check_crcs {
            batch.open(self.codecs, DECOMPRESSED_LIMIT)
        } else {
            batch.open_unchecked(self.codecs, DECOMPRESSED_LIMIT)
        }
    }
}

/// Moves the cursor over `count` records and answers the offset of the last one.
fn pass(
    partition: &TopicPartition,
    set: &RecordSet,
    cursor: &mut RecordCursor,
    count: usize,
) -> Result<i64, ClientError> {
    let mut last = set.header().base_offset - 1;
    for _ in 0..count {
        match cursor.next(set) {
            Some(Ok(record)) => last = record.offset,
            Some(Err(error)) => return Err(corrupt(partition, &error.to_string())),
            None => return Err(corrupt(partition, "fewer records than its batch claims")),
        }
    }
    Ok(last)
}

fn marker_of(batch: &Batch, opening: &mut Opening<'_>) -> Option<ControlMarker> {
    let set = opening.open(batch).ok()?;
    let record = set.records().next()?.ok()?;
    ControlMarker::parse(&record).ok()
}

/// What one batch may hold decompressed. The broker's limit is for compressed bytes, so this is generous.
const DECOMPRESSED_LIMIT: usize = 1 << 28;

#[cfg(test)]
mod tests {
    use bytes::{Bytes, BytesMut};
    use proptest::prelude::*;
    use windlass_wire::batch::{
        BatchBuilder, BatchOptions, Producer, control_batch, no_headers, set_base_offset,
    };
    use windlass_wire::compression::Compression;

    use super::*;

    /// What a log holds, for the model beside.
    #[derive(Clone, Debug)]
    enum Written {
        /// Records of a producer; -1 writes outside of transactions.
        Data {
            producer: i64,
            count: usize,
            compressed: bool,
        },
        /// The end of a producer's transaction.
        Marker { producer: i64, commit: bool },
    }

    fn batch_of(written: &Written, base_offset: i64) -> (Vec<u8>, i64) {
        let (mut bytes, count) = match written {
            Written::Data {
                producer,
                count,
                compressed,
            } => {
                let mut builder = BatchBuilder::new();
                for n in 0..*count {
                    let value = (base_offset + n as i64).to_string();
                    builder
                        .append(0, None, Some(value.as_bytes()), no_headers())
                        .unwrap();
                }
                let options = BatchOptions {
                    compression: if *compressed {
                        Compression::Lz4
                    } else {
                        Compression::None
                    },
                    producer: Producer {
                        id: *producer,
                        epoch: 0,
                        base_sequence: 0,
                    },
                    transactional: *producer >= 0,
                };
                (
                    builder.finish(&options, &mut Codecs::new()).unwrap(),
                    *count as i64,
                )
            }
            Written::Marker { producer, commit } => {
                let marker = if *commit {
                    ControlMarker::Commit
                } else {
                    ControlMarker::Abort
                };
                (control_batch(marker, *producer, 0, 0, 0), 1)
            }
        };
        set_base_offset(&mut bytes, base_offset).unwrap();
        (bytes, count)
    }

    struct Log {
        bytes: Bytes,
        /// Offsets of all records, and of those a reader of committed records sees.
        all: Vec<i64>,
        visible: Vec<i64>,
        /// What a broker would name as aborted: first offset and producer.
        aborted: Vec<(i64, i64)>,
    }

    fn log(written: &[Written]) -> Log {
        let (mut bytes, mut offset) = (BytesMut::new(), 0);
        let (mut all, mut visible, mut aborted) = (Vec::new(), Vec::new(), Vec::new());
        let mut open: std::collections::BTreeMap<i64, Vec<i64>> = std::collections::BTreeMap::new();
        for item in written {
            let (batch, count) = batch_of(item, offset);
            bytes.extend_from_slice(&batch);
            let offsets = offset..offset + count;
            match item {
                Written::Data { producer: -1, .. } => visible.extend(offsets.clone()),
                Written::Data { producer, .. } => {
                    open.entry(*producer).or_default().extend(offsets.clone());
                }
                Written::Marker { producer, commit } => {
                    let records = open.remove(producer).unwrap_or_default();
                    match commit {
                        true => visible.extend(records),
                        false => aborted.extend(records.first().map(|first| (*first, *producer))),
                    }
                }
            }
            if matches!(item, Written::Data { .. }) {
                all.extend(offsets);
            }
            offset += count;
        }
        visible.sort_unstable();
        Log {
            bytes: bytes.freeze(),
            all,
            visible,
            aborted,
        }
    }

    fn read(
        bytes: Bytes,
        from: i64,
        steps: &[usize],
        aborted: Option<Vec<(i64, i64)>>,
    ) -> (Vec<i64>, i64) {
        let tp = TopicPartition::new("t", 0);
        let filter = aborted.map(AbortedFilter::new);
        let Some(mut chunk) = Chunk::new(tp, 0, from, Batches::new(bytes), filter).unwrap() else {
            return (Vec::new(), from);
        };
        let mut codecs = Codecs::new();
        let mut found = Vec::new();
        for max in steps.iter().cycle() {
            let mut fetched = Fetched::default();
            let mut opening = Opening {
                codecs: &mut codecs,
                check_crcs: true,
            };
            let taken = chunk.take(*max, &mut opening, &mut fetched).unwrap();
            assert!(taken == fetched.len() && taken <= *max);
            for record in fetched.partitions().iter().flat_map(|p| p.records()) {
                let record = record.unwrap();
                assert_eq!(record.value.unwrap(), record.offset.to_string().as_bytes());
                assert!(record.offset < chunk.position().0);
                found.push(record.offset);
            }
            if chunk.is_done() {
                break;
            }
        }
        (found, chunk.position().0)
    }

    fn writes() -> impl Strategy<Value = Vec<Written>> {
        let data =
            (-1..3i64, 1..9usize, any::<bool>()).prop_map(|(producer, count, compressed)| {
                Written::Data {
                    producer,
                    count,
                    compressed,
                }
            });
        let marker = (0..3i64, any::<bool>())
            .prop_map(|(producer, commit)| Written::Marker { producer, commit });
        // At the end every transaction is over, as the broker shows nothing beyond.
        let end = (0..3i64)
            .map(|producer| Written::Marker {
                producer,
                commit: false,
            })
            .collect::<Vec<_>>();
        prop::collection::vec(prop_oneof![2 => data, 1 => marker], 1..12).prop_map(
            move |mut list| {
                list.extend(end.iter().cloned());
                list
            },
        )
    }

    proptest! {
        #[test]
        fn every_record_comes_once_in_any_steps(written in writes(), steps in prop::collection::vec(1..7usize, 1..4), from in 0..60i64) {
            let Log { bytes, all, .. } = log(&written);
            let expected: Vec<i64> = all.into_iter().filter(|o| *o >= from).collect();
            prop_assert_eq!(read(bytes, from, &steps, None).0, expected);
        }

        #[test]
        fn committed_records_come_and_aborted_ones_do_not(written in writes(), steps in prop::collection::vec(1..7usize, 1..4)) {
            let Log { bytes, visible, aborted, .. } = log(&written);
            let (found, position) = read(bytes.clone(), 0, &steps, Some(aborted));
            prop_assert_eq!(found, visible);
            let end = Batches::new(bytes).last().unwrap().unwrap().header().next_offset();
            prop_assert_eq!(position, end, "markers are passed, too");
        }

        #[test]
        fn any_bytes_give_records_or_an_error(written in writes(), at: prop::sample::Index, byte: u8) {
            let Log { bytes, .. } = log(&written);
            let mut raw = bytes.to_vec();
            *at.get_mut(&mut raw) = byte;
            let tp = TopicPartition::new("t", 0);
            let Ok(Some(mut chunk)) = Chunk::new(tp, 0, 0, Batches::new(raw.into()), None) else { return Ok(()) };
            let mut codecs = Codecs::new();
            for _ in 0..100 {
                let mut fetched = Fetched::default();
                let mut opening = Opening { codecs: &mut codecs, check_crcs: false };
                if chunk.take(5, &mut opening, &mut fetched).is_err() || chunk.is_done() {
                    break;
                }
                fetched.partitions().iter().flat_map(|p| p.records()).for_each(drop);
            }
        }
    }

    #[test]
    fn a_corrupt_batch_is_told_after_the_records_before_it() {
        let good = Written::Data {
            producer: -1,
            count: 3,
            compressed: false,
        };
        let Log { bytes, .. } = log(&[good.clone(), good]);
        let mut raw = bytes.to_vec();
        let last = raw.len() - 1;
        raw[last] ^= 1;
        let tp = TopicPartition::new("t", 0);
        let mut chunk = Chunk::new(tp, 0, 0, Batches::new(raw.into()), None)
            .unwrap()
            .unwrap();
        let mut codecs = Codecs::new();
        let mut fetched = Fetched::default();
        let mut opening = Opening {
            codecs: &mut codecs,
            check_crcs: true,
        };
        assert_eq!(chunk.take(10, &mut opening, &mut fetched).unwrap(), 3);
        for _ in 0..2 {
            let error = chunk
                .take(10, &mut opening, &mut fetched)
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with("partition t-0: corrupt records:") && error.contains("crc"),
                "{error}"
            );
            assert_eq!(chunk.position().0, 3);
        }
    }
}
