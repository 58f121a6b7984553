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
