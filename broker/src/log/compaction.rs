//! Compaction: of each key the last record stays.
//!
//! Only full segments are touched, never the one being appended to, and only what is decided: an open transaction ends
//! the part that is compacted. Offsets never change; a batch that loses records keeps its first and last offset, one
//! that loses all of them goes. Records of aborted transactions go too, with their markers.

use std::collections::HashMap;

use bytes::Bytes;
use windlass_wire::batch::{Batch, BatchHeader, HEADER_LEN, RecordSet};
use windlass_wire::compression::{Codecs, Compression};
use windlass_wire::crc::crc32c;

use super::{Aborted, Log, Producers, Segment};
use crate::error::Result;

/// How a log is compacted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compaction {
    /// Tombstones with a timestamp before this, in ms, may go (`delete.retention.ms`).
    pub(crate) tombstones_before: i64,
    /// Segments with a timestamp from this on, in ms, stay as they are (`min.compaction.lag.ms`).
    pub(crate) younger_than: i64,
    /// The share of bytes not yet compacted from which on it is worth the work (`min.cleanable.dirty.ratio`).
    pub(crate) min_dirty: f64,
    /// The newest segment is closed, so that it can be compacted next time, when it holds more bytes than this.
    pub(crate) roll_above: u64,
    /// A compacted segment grows no larger than this.
    pub(crate) segment_bytes: u64,
}

impl Log {
    /// Compacts the full segments if there is something new in them. Returns whether it did.
    pub(crate) fn compact(
        &mut self,
        plan: &Compaction,
        producers: &mut Producers,
        codecs: &mut Codecs,
    ) -> Result<bool> {
        if self
            .segments
            .last()
            .is_some_and(|active| active.len() > plan.roll_above)
        {
            self.roll()?;
        }
        let stable = producers.last_stable(self.end);
        let full = self.segments.len().saturating_sub(1);
        let count = self.segments[..full]
            .iter()
            .take_while(|segment| {
                segment.next_offset() <= stable && segment.max_timestamp() < plan.younger_than
            })
            .count();
        let Some(limit) = self.segments[..count].last().map(Segment::next_offset) else {
            return Ok(false);
        };
        if limit <= self.compacted || self.dirty(count) < plan.min_dirty {
            return Ok(false);
        }
        let aborted: Vec<Aborted> = producers.aborted_within(0, limit).copied().collect();
        let mut pass = Pass {
            plan,
            aborted: &aborted,
            newest: HashMap::new(),
            codecs,
        };
        for segment in &self.segments[..count] {
            each_batch(segment, |batch| pass.learn(&batch))?;
        }
        self.rewrite(count, &mut pass)?;
        producers.forget_aborted_before(limit);
        self.compacted = limit;
        Ok(true)
    }

    /// The share of the first `count` segments' bytes that is not compacted.
    fn dirty(&self, count: usize) -> f64 {
        let bytes = |dirty: bool| -> u64 {
            let of_kind = |segment: &&Segment| !dirty || segment.base_offset() >= self.compacted;
            self.segments[..count]
                .iter()
                .filter(of_kind)
                .map(Segment::len)
                .sum()
        };
        bytes(true) as f64 / bytes(false).max(1) as f64
    }

    /// Replaces the first `count` segments by as few as hold what stays.
    fn rewrite(&mut self, count: usize, pass: &mut Pass<'_>) -> Result<()> {
        let mut next = 0;
        let mut done: Vec<Segment> = Vec::new();
        while next < count {
            let mut merged = self.segments[next].successor()?;
            let first = next;
            while next < count {
                let segment = &self.segments[next];
                if next > first
                    && merged.len() + segment.len()
                        > plan_bytes(pass.plan, self.most_segment_bytes())
                {
                    break;
                }
                each_batch(segment, |batch| match pass.retain(&batch)? {
                    Some(kept) => merged.append(
                        &kept,
                        &BatchHeader::parse(&kept, 0).unwrap_or(*batch.header()),
                    ),
                    None => Ok(()),
                })?;
                merged.ends_at(segment.next_offset());
                next += 1;
            }
            merged.replace()?;
            done.push(merged);
        }
        let old: Vec<Segment> = self.segments.splice(..count, done).collect();
        let kept: Vec<i64> = self.segments.iter().map(Segment::base_offset).collect();
        // A file whose name was taken over is gone already.
        old.into_iter()
            .filter(|segment| !kept.contains(&segment.base_offset()))
            .try_for_each(Segment::delete)
    }
}

/// One pass over a log.
struct Pass<'a> {
    plan: &'a Compaction,
    aborted: &'a [Aborted],
    /// The offset of the last record of each key. Never iterated.
    newest: HashMap<Box<[u8]>, i64>,
    codecs: &'a mut Codecs,
}

impl Pass<'_> {
    fn learn(&mut self, batch: &Batch) -> Result<()> {
        if batch.header().attributes.is_control() || self.is_aborted(batch.header()) {
            return Ok(());
        }
        // What cannot be read stays as it is: it went unread into the log.
        let Ok(records) = batch.open_unchecked(self.codecs, MOST_DECOMPRESSED) else {
            return Ok(());
        };
        for record in records.records().map_while(|record| record.ok()) {
            if let Some(key) = record.key {
                match self.newest.get_mut(key) {
                    Some(newest) => *newest = record.offset,
                    None => {
                        self.newest.insert(key.into(), record.offset);
                    }
                }
            }
        }
        Ok(())
    }

    /// What stays of a batch; `None` when nothing does.
    fn retain(&mut self, batch: &Batch) -> Result<Option<Bytes>> {
        let header = batch.header();
        if header.attributes.is_control() {
            return Ok((!self.ends_aborted(header)).then(|| batch.bytes().clone()));
        }
        if self.is_aborted(header) {
            return Ok(None);
        }
        let whole = || Ok(Some(batch.bytes().clone()));
        let Ok(records) = batch.open_unchecked(self.codecs, MOST_DECOMPRESSED) else {
            return whole();
        };
        let Some(kept) = self.kept_records(&records) else {
            return whole();
        };
        if kept.count == header.records_count {
            return whole();
        }
        if kept.count == 0 {
            return Ok(None);
        }
        Ok(Some(rebuild(header, &kept, self.codecs)?))
    }

    /// `None` when the records are not what their batch says.
    fn kept_records(&self, records: &RecordSet) -> Option<Kept> {
        let payload = records.payload();
        let mut kept = Kept {
            payload: Vec::new(),
            count: 0,
            max_timestamp: -1,
        };
        let mut at = 0;
        for record in records.records() {
            let record = record.ok()?;
            let start = at;
            at += record_size(&payload[at..])?;
            let newest = record
                .key
                .is_none_or(|key| self.newest.get(key) == Some(&record.offset));
            let expired = record.value.is_none() && record.timestamp < self.plan.tombstones_before;
            if newest && !expired {
                kept.payload.extend_from_slice(payload.get(start..at)?);
                kept.count += 1;
                kept.max_timestamp = kept.max_timestamp.max(record.timestamp);
            }
        }
        Some(kept)
    }

    fn is_aborted(&self, header: &BatchHeader) -> bool {
        let within =
            |aborted: &Aborted| (aborted.first..aborted.last).contains(&header.base_offset);
        header.attributes.is_transactional()
            && self
                .aborted
                .iter()
                .any(|aborted| aborted.producer_id == header.producer.id && within(aborted))
    }

    fn ends_aborted(&self, header: &BatchHeader) -> bool {
        self.aborted.iter().any(|aborted| {
            aborted.last == header.base_offset && aborted.producer_id == header.producer.id
        })
    }
}

/// The records of a batch that stay.
struct Kept {
    payload: Vec<u8>,
    count: i32,
    max_timestamp: i64,
}

/// The batch with fewer records and the same offsets, deltas and codec.
fn rebuild(header: &BatchHeader, kept: &Kept, codecs: &mut Codecs) -> Result<Bytes> {
    let codec = header.attributes.compression().unwrap_or(Compression::None);
    let mut batch = vec![0; HEADER_LEN];
    let packed = codecs.compress(codec, &kept.payload, &mut batch).is_ok();
    if !packed {
        batch.truncate(HEADER_LEN);
        batch.extend_from_slice(&kept.payload);
    }
    let attributes =
        header
            .attributes
            .with_compression(if packed { codec } else { Compression::None });
    let mut header = BatchHeader {
        length: (batch.len() - LENGTH_OVERHEAD) as i32,
        attributes,
        max_timestamp: kept.max_timestamp,
        records_count: kept.count,
        ..*header
    };
    for _ in 0..2 {
        if let Some(place) = batch.first_chunk_mut::<HEADER_LEN>() {
            header.write(place);
        }
        header.crc = crc32c(&batch[CRC_FROM..]);
    }
    Ok(batch.into())
}

fn each_batch(segment: &Segment, mut each: impl FnMut(Batch) -> Result<()>) -> Result<()> {
    let mut position = 0;
    while let Some((bytes, next)) = segment.batch_at(position)? {
        if let Ok(batch) = Batch::parse(bytes) {
            each(batch)?;
        }
        position = next;
    }
    Ok(())
}

/// Bytes of the record at the start of `payload`, its length included.
fn record_size(payload: &[u8]) -> Option<usize> {
    let mut zigzag = 0_u64;
    for (index, byte) in payload.iter().take(5).enumerate() {
        zigzag |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let length = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
            return usize::try_from(length).ok()?.checked_add(index + 1);
        }
    }
    None
}

fn plan_bytes(plan: &Compaction, most: u64) -> u64 {
    plan.segment_bytes.min(most)
}

/// Bytes before the part that a batch's length counts, and before the part that its CRC covers.
const LENGTH_OVERHEAD: usize = 12;
const CRC_FROM: usize = 21;
/// A batch that decompresses to more than this is kept as it is.
const MOST_DECOMPRESSED: usize = 256 * 1024 * 1024;
