//! One segment of a log: a run of batches in one file, or in memory, with a sparse index.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::runtime::Handle;
use windlass_wire::batch::{BatchHeader, HEADER_LEN};
use windlass_wire::crc::crc32c;

use crate::error::{Error, Result};

/// How a segment is looked through when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Headers only: the broker stopped cleanly, or has synced the segment since.
    Headers,
    /// Every batch against its CRC: the broker may have died in the middle of a write.
    Crc,
}

/// A run of batches.
#[derive(Debug)]
pub(crate) struct Segment {
    base_offset: i64,
    next_offset: i64,
    /// -1 without records.
    max_timestamp: i64,
    len: u64,
    data: Data,
    /// Ascending; one entry per [`INDEX_INTERVAL`] bytes or less often.
    index: Vec<IndexEntry>,
}

#[derive(Debug)]
enum Data {
    Memory(Vec<u8>),
    File { file: File, path: PathBuf },
}

/// A batch's place.
#[derive(Clone, Copy, Debug)]
struct IndexEntry {
    base_offset: i64,
    position: u64,
}

impl Segment {
    /// An empty segment: a file below `directory`, or in memory without one.
    pub(crate) fn create(directory: Option<&Path>, base_offset: i64) -> Result<Segment> {
        let data = match directory {
            None => Data::Memory(Vec::new()),
            Some(directory) => {
                fs::create_dir_all(directory).map_err(Error::storage("create", directory))?;
                let path = path(directory, base_offset);
                let file = OpenOptions::new()
                    .read(true)
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .open(&path);
                Data::File {
                    file: file.map_err(Error::storage("create", &path))?,
                    path,
                }
            }
        };
        Ok(Segment {
            base_offset,
            next_offset: base_offset,
            max_timestamp: -1,
            len: 0,
            data,
            index: Vec::new(),
        })
    }

    /// Reads the segment back, showing `each` every batch: its header, and its bytes when it is a control batch.
    /// The file is cut off before the first batch that is torn.
    pub(crate) fn open(
        directory: &Path,
        base_offset: i64,
        check: Check,
        each: &mut dyn FnMut(&BatchHeader, Option<Bytes>),
    ) -> Result<Segment> {
        let path = path(directory, base_offset);
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(Error::storage("open", &path))?;
        let on_disk = file
            .metadata()
            .map_err(Error::storage("read", &path))?
            .len();
        let mut segment = Segment {
            base_offset,
            next_offset: base_offset,
            max_timestamp: -1,
            len: on_disk,
            data: Data::File { file, path },
            index: Vec::new(),
        };
        let mut position = 0;
        while let Some((header, size)) = segment.whole_batch_at(position, check)? {
            let control = match header.attributes.is_control() {
                true => Some(segment.bytes_at(position, size)?),
                false => None,
            };
            each(&header, control);
            segment.note(&header, position);
            position += size as u64;
        }
        segment.len = position;
        if position < on_disk {
            segment.cut(on_disk - position)?;
        }
        Ok(segment)
    }

    pub(crate) fn base_offset(&self) -> i64 {
        self.base_offset
    }

    /// The offset after the last record, or the base offset when there is none.
    pub(crate) fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// The largest timestamp in it, in ms; -1 without records.
    pub(crate) fn max_timestamp(&self) -> i64 {
        self.max_timestamp
    }

    /// Its size in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends one batch. On failure the segment is as before.
    pub(crate) fn append(&mut self, batch: &[u8], header: &BatchHeader) -> Result<()> {
        match &mut self.data {
            Data::Memory(data) => data.extend_from_slice(batch),
            Data::File { file, path } => {
                if let Err(error) = file.write_all_at(batch, self.len) {
                    let _ = file.set_len(self.len);
                    return Err(Error::storage("append to", path)(error));
                }
            }
        }
        let position = self.len;
        self.len += batch.len() as u64;
        self.note(header, position);
        Ok(())
    }

    /// Whole batches from the one that holds `offset` on, ending before `limit`: see [`Log::read`](super::Log::read).
    /// `None` when no batch holds `offset` or a later one before `limit`.
    pub(crate) fn read(
        &self,
        offset: i64,
        limit: i64,
        max_bytes: usize,
        at_least_one: bool,
    ) -> Result<Option<Bytes>> {
        let mut position = self.position_before(offset);
        let mut chunk = self.bytes_at(position, max_bytes.max(MIN_READ))?;
        let mut at = 0;
        // To the batch that holds the offset: within one index interval.
        let first = loop {
            let Some(header) = header_at(&chunk, at) else {
                if position + at as u64 + HEADER_LEN as u64 > self.len {
                    return Ok(None);
                }
                if at == 0 {
                    return Err(self.corrupt(position));
                }
                position += at as u64;
                chunk = self.bytes_at(position, max_bytes.max(MIN_READ))?;
                at = 0;
                continue;
            };
            if header.last_offset() >= offset {
                break header;
            }
            at += header.size();
        };
        if first.base_offset >= limit {
            return Ok(None);
        }
        if at + first.size() > chunk.len() || first.size() > max_bytes {
            return match at_least_one {
                true => self.bytes_at(position + at as u64, first.size()).map(Some),
                false => Ok(Some(Bytes::new())),
            };
        }
        let start = at;
        while let Some(header) = header_at(&chunk, at) {
            let end = at + header.size();
            if end > chunk.len() || end - start > max_bytes || header.base_offset >= limit {
                break;
            }
            at = end;
        }
        Ok(Some(chunk.slice(start..at)))
    }

    /// The first batch whose header satisfies `wanted`.
    pub(crate) fn find(&self, wanted: impl Fn(&BatchHeader) -> bool) -> Result<Option<Bytes>> {
        let mut position = 0;
        while let Some(header) = self.header_at(position)? {
            if wanted(&header) {
                return self.bytes_at(position, header.size()).map(Some);
            }
            position += header.size() as u64;
        }
        Ok(None)
    }

    /// The batch at `position` and the position after it; `None` at the end.
    pub(crate) fn batch_at(&self, position: u64) -> Result<Option<(Bytes, u64)>> {
        let Some(header) = self.header_at(position)? else {
            return Ok(None);
        };
        let batch = self.bytes_at(position, header.size())?;
        Ok(Some((batch, position + header.size() as u64)))
    }

    /// Brings it to disk without waiting for it, where there are threads for that. A power cut before it is there may
    /// tear it; a crash of the process cannot.
    pub(crate) fn seal_soon(&mut self) -> Result<()> {
        let (Data::File { file, path }, Ok(runtime)) = (&self.data, Handle::try_current()) else {
            return self.seal();
        };
        let file = file.try_clone().map_err(Error::storage("sync", path))?;
        let path = path.clone();
        runtime.spawn_blocking(move || {
            if let Err(error) = file.sync_data().map_err(Error::storage("sync", &path)) {
                tracing::error!(%error, "cannot sync a log");
            }
        });
        Ok(())
    }

    /// Brings it to disk, and gives back memory it will not need if it is full.
    pub(crate) fn seal(&mut self) -> Result<()> {
        match &mut self.data {
            Data::Memory(data) => {
                data.shrink_to_fit();
                Ok(())
            }
            Data::File { file, path } => file.sync_data().map_err(Error::storage("sync", path)),
        }
    }

    /// Deletes the file of a segment that is not open.
    pub(crate) fn discard(directory: &Path, base_offset: i64) -> Result<()> {
        let path = path(directory, base_offset);
        fs::remove_file(&path).map_err(Error::storage("delete", &path))
    }

    pub(crate) fn delete(self) -> Result<()> {
        match self.data {
            Data::Memory(_) => Ok(()),
            Data::File { path, .. } => {
                fs::remove_file(&path).map_err(Error::storage("delete", &path))
            }
        }
    }

    /// Takes the place of the segment of the same base offset, whose file it replaces.
    pub(crate) fn replace(&mut self) -> Result<()> {
        if let Data::File { file, path } = &mut self.data {
            file.sync_data().map_err(Error::storage("sync", path))?;
            let place = path.with_extension("log");
            fs::rename(&path, &place).map_err(Error::storage("replace", &place))?;
            *path = place;
        }
        Ok(())
    }

    /// An empty segment like this one, to become its compacted [replacement](Segment::replace).
    pub(crate) fn successor(&self) -> Result<Segment> {
        let data = match &self.data {
            Data::Memory(_) => Data::Memory(Vec::new()),
            Data::File { path, .. } => {
                let path = path.with_extension("new");
                let file = OpenOptions::new()
                    .read(true)
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .open(&path);
                Data::File {
                    file: file.map_err(Error::storage("create", &path))?,
                    path,
                }
            }
        };
        let base_offset = self.base_offset;
        Ok(Segment {
            base_offset,
            next_offset: base_offset,
            max_timestamp: -1,
            len: 0,
            data,
            index: Vec::new(),
        })
    }

    /// Offsets up to this one were here, though their records may be gone.
    pub(crate) fn ends_at(&mut self, next_offset: i64) {
        self.next_offset = self.next_offset.max(next_offset);
    }

    fn note(&mut self, header: &BatchHeader, position: u64) {
        self.next_offset = self.next_offset.max(header.last_offset().saturating_add(1));
        self.max_timestamp = self.max_timestamp.max(header.max_timestamp);
        let due = self
            .index
            .last()
            .is_none_or(|last| position - last.position >= INDEX_INTERVAL);
        if due {
            self.index.push(IndexEntry {
                base_offset: header.base_offset,
                position,
            });
        }
    }

    /// A position from which the batch that holds `offset` is not far.
    fn position_before(&self, offset: i64) -> u64 {
        let after = self
            .index
            .partition_point(|entry| entry.base_offset <= offset);
        after
            .checked_sub(1)
            .map_or(0, |index| self.index[index].position)
    }

    /// Header and size of the batch at `position` if it is all there and, when asked for, undamaged.
    fn whole_batch_at(&self, position: u64, check: Check) -> Result<Option<(BatchHeader, usize)>> {
        let Some(header) = self.header_at(position)? else {
            return Ok(None);
        };
        let size = header.size();
        let out_of_order = header.base_offset < self.next_offset || header.last_offset_delta < 0;
        if out_of_order || position + size as u64 > self.len {
            return Ok(None);
        }
        if check == Check::Crc {
            let batch = self.bytes_at(position, size)?;
            if crc32c(&batch[CRC_FROM..]) != header.crc {
                return Ok(None);
            }
        }
        Ok(Some((header, size)))
    }

    fn header_at(&self, position: u64) -> Result<Option<BatchHeader>> {
        if position + HEADER_LEN as u64 > self.len {
            return Ok(None);
        }
        let mut header = [0; HEADER_LEN];
        self.read_exact_at(&mut header, position)?;
        Ok(BatchHeader::parse(&header, 0).ok())
    }

    /// Up to `len` bytes from `position`, fewer at the end.
    fn bytes_at(&self, position: u64, len: usize) -> Result<Bytes> {
        let len = (len as u64).min(self.len.saturating_sub(position)) as usize;
        let mut bytes = vec![0; len];
        self.read_exact_at(&mut bytes, position)?;
        Ok(bytes.into())
    }

    fn read_exact_at(&self, into: &mut [u8], position: u64) -> Result<()> {
        match &self.data {
            Data::Memory(data) => {
                let start = position as usize;
                into.copy_from_slice(&data[start..start + into.len()]);
                Ok(())
            }
            Data::File { file, path } => file
                .read_exact_at(into, position)
                .map_err(Error::storage("read", path)),
        }
    }

    /// What was written and checked is no batch any more: the disk, or another program, changed it.
    fn corrupt(&self, position: u64) -> Error {
        let path = match &self.data {
            Data::File { path, .. } => path.clone(),
            Data::Memory(_) => PathBuf::from(format!("segment {} in memory", self.base_offset)),
        };
        Error::Corrupt {
            path,
            found: format!("expected a record batch at byte {position}, found something else"),
        }
    }

    fn cut(&mut self, torn: u64) -> Result<()> {
        let Data::File { file, path } = &self.data else {
            return Ok(());
        };
        tracing::warn!(path = %path.display(), bytes = torn, "cut a torn batch off the log");
        file.set_len(self.len)
            .map_err(Error::storage("truncate", path))
    }
}

fn header_at(chunk: &Bytes, at: usize) -> Option<BatchHeader> {
    BatchHeader::parse(chunk.get(at..)?, 0).ok()
}

fn path(directory: &Path, base_offset: i64) -> PathBuf {
    directory.join(format!("{base_offset:020}.log"))
}

/// Where the bytes covered by a batch's CRC begin.
const CRC_FROM: usize = 21;
/// Bytes between two entries of the index.
const INDEX_INTERVAL: u64 = 4096;
/// Bytes read at least, to cover the way from an index entry to the batch.
const MIN_READ: usize = 8 * 1024;
