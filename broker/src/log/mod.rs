//! The log of one partition: batches in the order of their offsets, verbatim as the producer sent them but for base
//! offset and leader epoch.

mod compaction;
mod producers;
mod segment;

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use windlass_wire::batch::BatchHeader;

pub(crate) use compaction::Compaction;
pub(crate) use producers::{Aborted, Producers, Verdict};
pub(crate) use segment::{Check, Segment};

use crate::error::{Error, Result};

/// The log of one partition.
#[derive(Debug)]
pub(crate) struct Log {
    /// Where its segments are files; `None` in memory.
    directory: Option<PathBuf>,
    /// In the order of their offsets; the last is appended to. Empty until the first append.
    segments: Vec<Segment>,
    /// Records before it are deleted.
    start: i64,
    /// The offset of the next record.
    end: i64,
    /// Up to here the log is compacted, as far as this process knows.
    compacted: i64,
}

impl Log {
    /// A log without records. Nothing is created on disk before the first append.
    pub(crate) fn new(directory: Option<PathBuf>) -> Log {
        Log {
            directory,
            segments: Vec::new(),
            start: 0,
            end: 0,
            compacted: 0,
        }
    }

    /// Reads the log back, showing `each` every batch in order: its header, and its bytes when it is a control
    /// batch. With [`Check::Crc`] the newest segment is read in full and cut off before the first torn batch.
    pub(crate) fn open(
        directory: &Path,
        check: Check,
        mut each: impl FnMut(&BatchHeader, Option<Bytes>),
    ) -> Result<Log> {
        let mut log = Log::new(Some(directory.to_owned()));
        let bases = segment_bases(directory)?;
        for (index, &base) in bases.iter().enumerate() {
            if base < log.end {
                // Merged by a compaction into the segment before, which then had no time to delete it.
                Segment::discard(directory, base)?;
                continue;
            }
            let check = if index + 1 == bases.len() {
                check
            } else {
                Check::Headers
            };
            let segment = Segment::open(directory, base, check, &mut each)?;
            log.end = segment.next_offset();
            log.segments.push(segment);
        }
        log.start = bases.first().copied().unwrap_or(0);
        Ok(log)
    }

    /// The offset of the first record kept.
    pub(crate) fn start(&self) -> i64 {
        self.start
    }

    /// The offset of the next record, which on a single node is also the high watermark.
    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    /// Bytes of all segments.
    pub(crate) fn size(&self) -> u64 {
        self.segments.iter().map(Segment::len).sum()
    }

    /// Appends one batch whose base offset is [`end`](Log::end). On failure the log is as before.
    pub(crate) fn append(
        &mut self,
        batch: &[u8],
        header: &BatchHeader,
        segment_bytes: u64,
    ) -> Result<()> {
        let room = self.segments.last().is_some_and(|segment| {
            segment.is_empty()
                || segment.len() + batch.len() as u64
                    <= segment_bytes.min(self.most_segment_bytes())
        });
        if !room {
            self.roll()?;
        }
        if let Some(active) = self.segments.last_mut() {
            active.append(batch, header)?;
            self.end = active.next_offset();
        }
        Ok(())
    }

    /// Begins a new segment at the end, unless the newest is empty. The one before is brought to disk.
    pub(crate) fn roll(&mut self) -> Result<()> {
        if let Some(active) = self.segments.last_mut() {
            if active.is_empty() {
                return Ok(());
            }
            active.seal_soon()?;
        }
        self.segments
            .push(Segment::create(self.directory.as_deref(), self.end)?);
        Ok(())
    }

    /// Whole batches from the one that holds `offset` on, ending before `limit` and within `max_bytes`; a first batch
    /// larger than that is given if `at_least_one`. Empty when there is none.
    pub(crate) fn read(
        &self,
        offset: i64,
        limit: i64,
        max_bytes: usize,
        at_least_one: bool,
    ) -> Result<Bytes> {
        let first = self
            .segments
            .partition_point(|segment| segment.next_offset() <= offset);
        for segment in &self.segments[first..] {
            if segment.base_offset() >= limit {
                break;
            }
            // A compacted segment may hold nothing from `offset` on.
            let found = segment.read(offset, limit, max_bytes, at_least_one)?;
            if let Some(bytes) = found {
                return Ok(bytes);
            }
        }
        Ok(Bytes::new())
    }

    /// The first batch, in order of offsets, with a record of this timestamp or later.
    pub(crate) fn batch_at_time(&self, timestamp: i64) -> Result<Option<Bytes>> {
        for segment in &self.segments {
            if segment.max_timestamp() >= timestamp
                && let Some(batch) = segment.find(|header| {
                    header.max_timestamp >= timestamp && header.last_offset() >= self.start
                })?
            {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// The first batch that holds the largest timestamp of all.
    pub(crate) fn batch_of_max_time(&self) -> Result<Option<Bytes>> {
        let most = self
            .segments
            .iter()
            .filter(|segment| !segment.is_empty())
            .map(Segment::max_timestamp)
            .max();
        match most {
            Some(most) => self.batch_at_time(most),
            None => Ok(None),
        }
    }

    /// Deletes the records before `offset`; segments that hold no other go.
    pub(crate) fn delete_before(&mut self, offset: i64) -> Result<()> {
        self.start = offset.clamp(self.start, self.end);
        // The newest segment stays, to remember the end.
        while self.segments.len() > 1 && self.segments[0].next_offset() <= self.start {
            self.segments.remove(0).delete()?;
        }
        Ok(())
    }

    /// Deletes whole segments by age and by size; the newest segment only by age, after a roll.
    pub(crate) fn retain(&mut self, now: i64, retention: Retention) -> Result<()> {
        let expired = |segment: &Segment| {
            retention.milliseconds >= 0
                && segment.max_timestamp() < now.saturating_sub(retention.milliseconds)
        };
        if self
            .segments
            .last()
            .is_some_and(|active| !active.is_empty() && expired(active))
        {
            self.roll()?;
        }
        let mut size = self.size();
        while self.segments.len() > 1 {
            let oldest = &self.segments[0];
            let above =
                retention.bytes >= 0 && size.saturating_sub(oldest.len()) >= retention.bytes as u64;
            if !expired(oldest) && !above {
                break;
            }
            size -= oldest.len();
            let next = oldest.next_offset();
            self.delete_before(next)?;
        }
        Ok(())
    }

    /// Brings everything to disk.
    pub(crate) fn sync(&mut self) -> Result<()> {
        self.segments.last_mut().map_or(Ok(()), Segment::seal)
    }

    /// Deletes all files.
    pub(crate) fn delete(&mut self) -> Result<()> {
        self.segments.clear();
        match &self.directory {
            Some(directory) if directory.exists() => {
                fs::remove_dir_all(directory).map_err(Error::storage("delete", directory))
            }
            _ => Ok(()),
        }
    }

    /// What `segment.bytes` is capped to. Segments in memory are small because they grow by copying; those in files
    /// because the newest is read in full after a crash.
    fn most_segment_bytes(&self) -> u64 {
        if self.directory.is_some() {
            MOST_FILE_BYTES
        } else {
            MOST_MEMORY_BYTES
        }
    }
}

/// How long and how much a log keeps; negative is for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retention {
    pub(crate) milliseconds: i64,
    pub(crate) bytes: i64,
}

/// The base offsets of the segments below `directory`, ascending. What an interrupted compaction left is removed.
fn segment_bases(directory: &Path) -> Result<Vec<i64>> {
    let mut bases = Vec::new();
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(bases),
        Err(error) => return Err(Error::storage("read", directory)(error)),
    };
    for entry in entries {
        let path = entry.map_err(Error::storage("read", directory))?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("log") => bases.extend(
                path.file_stem()
                    .and_then(|stem| stem.to_str()?.parse::<i64>().ok()),
            ),
            Some("new") => fs::remove_file(&path).map_err(Error::storage("delete", &path))?,
            _ => {}
        }
    }
    bases.sort_unstable();
    Ok(bases)
}

const MOST_FILE_BYTES: u64 = 64 * 1024 * 1024;
const MOST_MEMORY_BYTES: u64 = 1024 * 1024;
