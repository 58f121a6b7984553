//! One partition: its log, its producers, and who waits for its records.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use tokio::sync::Notify;
use windlass_wire::batch::{
    Batch, BatchHeader, ControlMarker, RecordSet, control_batch, set_base_offset, set_leader_epoch,
    set_log_append_time,
};
use windlass_wire::compression::Codecs;

use crate::error::{Error, Result};
use crate::log::{Aborted, Compaction, Log, Producers, Verdict};
use crate::topic_config::Rules;

/// One partition. Its lock is held for a batch at a time, and for a compaction.
#[derive(Debug)]
pub(crate) struct Partition {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    log: Log,
    producers: Producers,
    /// Woken by each append.
    waiting: Vec<Arc<Notify>>,
    /// A handler may still hold a partition whose topic is gone.
    deleted: bool,
}

/// A batch that is in the log, perhaps from an earlier attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base_offset: i64,
    /// -1 unless the topic has `message.timestamp.type=LogAppendTime`.
    pub(crate) log_append_time: i64,
    pub(crate) log_start: i64,
}

/// Why a batch was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: ResponseError,
    pub(crate) message: Option<String>,
}

/// What a fetch found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) records: Bytes,
    pub(crate) marks: Marks,
    /// The aborted transactions within `records`; for readers of committed records only.
    pub(crate) aborted: Option<Vec<Aborted>>,
}

/// Where a partition begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) start: i64,
    pub(crate) last_stable: i64,
    pub(crate) end: i64,
}

/// What a fetch asks of one partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) offset: i64,
    pub(crate) max_bytes: usize,
    /// Whether a first batch beyond `max_bytes` is given all the same.
    pub(crate) at_least_one: bool,
    /// Whether to stop at the last stable offset.
    pub(crate) committed: bool,
}

impl Partition {
    pub(crate) fn new(log: Log, producers: Producers) -> Partition {
        Partition {
            inner: Mutex::new(Inner {
                log,
                producers,
                waiting: Vec::new(),
                deleted: false,
            }),
        }
    }

    /// Appends what a producer sent, which must be one undamaged batch, unless it is here already.
    pub(crate) fn produce(
        &self,
        records: Bytes,
        rules: &Rules,
        now: i64,
    ) -> Result<Appended, Refused> {
        let batch = validate(records, rules)?;
        if rules.compact {
            check_keys(&batch)?;
        }
        let mut inner = self.lock();
        if inner.deleted {
            return Err(ResponseError::UnknownTopicOrPartition.into());
        }
        match inner.producers.judge(batch.header()) {
            Verdict::Refuse(error) => return Err(error.into()),
            Verdict::Duplicate(base_offset) => return Ok(inner.appended(base_offset, rules, now)),
            Verdict::Append => {}
        }
        let mut header = *batch.header();
        header.base_offset = inner.log.end();
        let mut bytes = batch.bytes().to_vec();
        inner.place(&mut bytes);
        if rules.log_append_time {
            set_log_append_time(&mut bytes, now).map_err(|_| ResponseError::CorruptMessage)?;
            header.max_timestamp = now;
        }
        inner
            .log
            .append(&bytes, &header, rules.segment_bytes)
            .map_err(Refused::storage)?;
        inner.producers.note(&header);
        inner.wake();
        Ok(inner.appended(header.base_offset, rules, now))
    }

    /// Ends the transaction of a producer, open here or not.
    pub(crate) fn mark(
        &self,
        producer_id: i64,
        epoch: i16,
        marker: ControlMarker,
        now: i64,
    ) -> Result<()> {
        let mut bytes = control_batch(marker, producer_id, epoch, 0, now);
        let mut inner = self.lock();
        if inner.deleted {
            return Ok(());
        }
        inner.place(&mut bytes);
        let Ok(header) = BatchHeader::parse(&bytes, 0) else {
            return Ok(());
        };
        inner.log.append(&bytes, &header, u64::MAX)?;
        inner.producers.note_marker(&header, marker);
        inner.wake();
        Ok(())
    }

    /// Records from an offset on; none when the offset is the end. Fails when it is out of range.
    pub(crate) fn fetch(&self, wanted: Wanted) -> Result<Found, (ResponseError, Marks)> {
        let inner = self.lock();
        let marks = inner.marks();
        if !(marks.start..=marks.end).contains(&wanted.offset) {
            return Err((ResponseError::OffsetOutOfRange, marks));
        }
        let limit = if wanted.committed {
            marks.last_stable
        } else {
            marks.end
        };
        let read = inner
            .log
            .read(wanted.offset, limit, wanted.max_bytes, wanted.at_least_one);
        let records = read.map_err(|error| (error.answer(), marks))?;
        let aborted = wanted.committed.then(|| match records.is_empty() {
            true => Vec::new(),
            false => inner
                .producers
                .aborted_within(wanted.offset, limit)
                .copied()
                .collect(),
        });
        Ok(Found {
            records,
            marks,
            aborted,
        })
    }

    pub(crate) fn marks(&self) -> Marks {
        self.lock().marks()
    }

    /// Bytes of the log.
    pub(crate) fn size(&self) -> u64 {
        self.lock().log.size()
    }

    /// Offset and timestamp of the first record of this timestamp or later.
    pub(crate) fn offset_at_time(&self, timestamp: i64) -> Result<Option<(i64, i64)>> {
        let inner = self.lock();
        let batch = inner.log.batch_at_time(timestamp)?;
        Ok(inner.first_record(batch, |at| at >= timestamp))
    }

    /// Offset and timestamp of the first record that has the largest timestamp.
    pub(crate) fn offset_of_max_time(&self) -> Result<Option<(i64, i64)>> {
        let inner = self.lock();
        let batch = inner.log.batch_of_max_time()?;
        let most = batch
            .as_ref()
            .and_then(|bytes| BatchHeader::parse(bytes, 0).ok())
            .map(|batch| batch.max_timestamp);
        Ok(inner.first_record(batch, |at| Some(at) >= most))
    }

    /// Deletes the records before `offset`, where -1 is the end; returns the new start, or `None` when out of range.
    pub(crate) fn delete_before(&self, offset: i64) -> Result<Option<i64>> {
        let mut inner = self.lock();
        let marks = inner.marks();
        let offset = if offset == -1 { marks.end } else { offset };
        if !(0..=marks.end).contains(&offset) {
            return Ok(None);
        }
        inner.log.delete_before(offset)?;
        Ok(Some(inner.log.start()))
    }

    /// `waiter` is notified of each append until [`leave`](Partition::leave).
    pub(crate) fn wait(&self, waiter: &Arc<Notify>) {
        self.lock().waiting.push(waiter.clone());
    }

    pub(crate) fn leave(&self, waiter: &Arc<Notify>) {
        let mut inner = self.lock();
        inner.waiting.retain(|other| !Arc::ptr_eq(other, waiter));
        if inner.waiting.is_empty() {
            inner.waiting = Vec::new();
        }
    }

    /// Deletes and compacts what is due.
    pub(crate) fn tidy(&self, rules: &Rules, now: i64) -> Result<()> {
        let mut inner = self.lock();
        let Inner { log, producers, .. } = &mut *inner;
        producers.forget_idle_since(now.saturating_sub(PRODUCER_EXPIRATION_MS));
        if rules.delete {
            log.retain(now, rules.retention)?;
        }
        if rules.compact {
            let plan = Compaction {
                tombstones_before: now.saturating_sub(rules.delete_retention_ms),
                younger_than: match rules.min_compaction_lag_ms {
                    0 => i64::MAX,
                    lag => now.saturating_sub(lag),
                },
                min_dirty: rules.min_dirty_ratio,
                roll_above: ROLL_COMPACTED_ABOVE,
                segment_bytes: rules.segment_bytes,
            };
            log.compact(&plan, producers, &mut Codecs::default())?;
        }
        Ok(())
    }

    /// Brings everything to disk.
    pub(crate) fn sync(&self) -> Result<()> {
        self.lock().log.sync()
    }

    /// Deletes all records for good, and wakes those who wait for more.
    pub(crate) fn delete(&self) -> Result<()> {
        let mut inner = self.lock();
        inner.deleted = true;
        inner.wake();
        inner.log.delete()
    }

    /// A panic while it was held is a bug already reported; the log is consistent after each of its steps.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn marks(&self) -> Marks {
        let end = self.log.end();
        Marks {
            start: self.log.start(),
            last_stable: self.producers.last_stable(end),
            end,
        }
    }

    fn appended(&self, base_offset: i64, rules: &Rules, now: i64) -> Appended {
        let log_append_time = if rules.log_append_time { now } else { -1 };
        Appended {
            base_offset,
            log_append_time,
            log_start: self.log.start(),
        }
    }

    /// Gives a checked batch its place at the end of the log.
    fn place(&self, batch: &mut [u8]) {
        let placed = set_base_offset(batch, self.log.end())
            .and_then(|()| set_leader_epoch(batch, LEADER_EPOCH));
        debug_assert!(placed.is_ok(), "the batch has a header");
    }

    fn wake(&self) {
        self.waiting.iter().for_each(|waiter| waiter.notify_one());
    }

    fn first_record(
        &self,
        batch: Option<Bytes>,
        wanted: impl Fn(i64) -> bool,
    ) -> Option<(i64, i64)> {
        let batch = Batch::parse(batch?).ok()?;
        let start = self.log.start();
        let records = open(&batch)?;
        let mut records = records.records().map_while(|record| record.ok());
        let found = records.find(|record| record.offset >= start && wanted(record.timestamp))?;
        Some((found.offset, found.timestamp))
    }
}

impl From<ResponseError> for Refused {
    fn from(error: ResponseError) -> Refused {
        Refused {
            error,
            message: None,
        }
    }
}

impl Refused {
    fn storage(error: Error) -> Refused {
        let message = Some(error.to_string());
        Refused {
            error: error.answer(),
            message,
        }
    }
}

/// One whole batch of data, as it was sent.
fn validate(records: Bytes, rules: &Rules) -> Result<Batch, Refused> {
    let refuse = |error, message: &str| {
        Err(Refused {
            error,
            message: Some(message.to_owned()),
        })
    };
    if records.get(MAGIC_AT).is_some_and(|magic| *magic != 2) {
        return refuse(
            ResponseError::UnsupportedForMessageFormat,
            "expected record batches of format 2",
        );
    }
    let batch = match Batch::parse(records) {
        Ok(batch) => batch,
        Err(error) => return refuse(ResponseError::CorruptMessage, &error.to_string()),
    };
    let header = batch.header();
    if header.size() > rules.max_message_bytes {
        let message = format!(
            "The record batch size is {} bytes in bytes which exceeds the maximum configured value of {}.",
            header.size(),
            rules.max_message_bytes
        );
        return refuse(ResponseError::MessageTooLarge, &message);
    }
    if let Err(error) = batch.check_crc() {
        return refuse(ResponseError::CorruptMessage, &error.to_string());
    }
    if header.attributes.is_control() || header.records_count <= 0 {
        return refuse(
            ResponseError::InvalidRecord,
            "expected a batch of data records",
        );
    }
    if header.records_count.checked_sub(1) != Some(header.last_offset_delta) {
        return refuse(
            ResponseError::InvalidRecord,
            "record count and last offset of the batch do not agree",
        );
    }
    Ok(batch)
}

/// A record without a key could never be compacted.
fn check_keys(batch: &Batch) -> Result<(), Refused> {
    let Some(records) = open(batch) else {
        return Err(ResponseError::CorruptMessage.into());
    };
    for record in records.records() {
        let Ok(record) = record else {
            return Err(ResponseError::CorruptMessage.into());
        };
        if record.key.is_none() {
            let message = "Compacted topic cannot accept message without key in topic partition";
            return Err(Refused {
                error: ResponseError::InvalidRecord,
                message: Some(message.to_owned()),
            });
        }
    }
    Ok(())
}

fn open(batch: &Batch) -> Option<RecordSet> {
    batch
        .open_unchecked(&mut Codecs::default(), MOST_DECOMPRESSED)
        .ok()
}

/// Where a batch says its format.
const MAGIC_AT: usize = 16;
/// One node never changes its leader.
const LEADER_EPOCH: i32 = 0;
/// `producer.id.expiration.ms`
const PRODUCER_EXPIRATION_MS: i64 = 24 * 60 * 60 * 1000;
/// A compacted topic's newest segment is closed at this size, so that small topics are compacted too.
const ROLL_COMPACTED_ABOVE: u64 = 512 * 1024;
const MOST_DECOMPRESSED: usize = 256 * 1024 * 1024;

#[cfg(test)]
mod tests;
