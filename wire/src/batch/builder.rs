//! A batch under construction.

use super::attributes::Attributes;
use super::copy::copy_small;
use super::header::{BatchHeader, HEADER_LEN, LENGTH_OVERHEAD, Producer};
use super::patch::seal;
use crate::compression::{Codecs, Compression};
use crate::{Result, WireError, varint};

/// How a batch is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchOptions {
    /// The codec for the payload.
    pub compression: Compression,
    /// Producer id, epoch and base sequence.
    pub producer: Producer,
    /// Whether the batch is part of a transaction.
    pub transactional: bool,
}

/// Records appended one after another straight into the bytes of a batch.
///
/// The order of calls: `append` until [`Self::len`] is what the caller wants, then [`Self::finish`], which empties the builder
/// for the next batch. Buffers go round: [`Self::reuse`] takes a sent batch's bytes back, so that a producer under load
/// allocates nothing.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    /// Initialised as far as `buf.len()`, written as far as `at`: writing needs no reserve per field.
    buf: Vec<u8>,
    /// Where the next record goes; 0 while there is none, else at least [`HEADER_LEN`].
    at: usize,
    count: i32,
    /// Timestamp of the first record, from which the others are deltas.
    base_timestamp: i64,
    max_timestamp: i64,
}

impl BatchBuilder {
    /// An empty builder; the buffer comes with the first record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the builder a buffer to write into, contents ignored. Dropped when a batch has been begun.
    pub fn reuse(&mut self, buf: Vec<u8>) {
        if self.at == 0 && buf.capacity() > self.buf.capacity() {
            self.buf = buf;
        }
    }

    /// Appends a record with the next offset. `timestamp` is in ms since the epoch.
    ///
    /// `headers` are written in order, duplicates kept; it is iterated twice and must give the same both times.
    ///
    /// # Errors
    /// [`WireError::Encode`] when the batch would pass 2 GiB; the record is not added.
    #[inline]
    pub fn append<'h, H>(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<()>
    where
        H: IntoIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        self.append_within(MAX_BATCH_LEN, timestamp, key, value, headers)
            .and_then(|fits| if fits { Ok(()) } else { Err(too_large()) })
    }

    /// As [`Self::append`], unless the batch would then be more than `limit` bytes uncompressed: `false`, and nothing is added.
    /// The first record of a batch is always added.
    ///
    /// # Errors
    /// As [`Self::append`].
    #[inline]
    pub fn append_within<'h, H>(
        &mut self,
        limit: usize,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<bool>
    where
        H: IntoIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        let headers = headers.into_iter();
        if headers.size_hint() == (0, Some(0)) && self.append_plain(limit, timestamp, key, value) {
            return Ok(true);
        }
        let body = self.body_len(
            timestamp,
            key.map(<[u8]>::len),
            value.map(<[u8]>::len),
            headers.clone(),
        );
        let total = varint::len(body as i64) + body;
        let end = self.len() + total;
        if end > limit && self.count > 0 {
            return Ok(false);
        }
        if end > MAX_BATCH_LEN {
            return Err(too_large());
        }
        if self.buf.len() < end + SLACK {
            self.grow(end + SLACK);
        }
        if self.count == 0 {
            self.at = HEADER_LEN;
            self.base_timestamp = timestamp;
            self.max_timestamp = timestamp;
        }
        let mut out = Writer {
            room: &mut self.buf[self.at..end + SLACK],
            at: 0,
        };
        out.varint(body as i64);
        out.byte(0);
        out.varint(timestamp.wrapping_sub(self.base_timestamp));
        out.varint(i64::from(self.count));
        out.bytes(key);
        out.bytes(value);
        out.headers(headers);
        debug_assert_eq!(out.at, total);
        self.at = end;
        self.count += 1;
        self.max_timestamp = self.max_timestamp.max(timestamp);
        Ok(true)
    }

    /// Bytes that the next record would add, exactly. `None` is a null key or value.
    #[must_use]
    pub fn record_len<'h, H>(
        &self,
        timestamp: i64,
        key_len: Option<usize>,
        value_len: Option<usize>,
        headers: H,
    ) -> usize
    where
        H: IntoIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        let body = self.body_len(timestamp, key_len, value_len, headers.into_iter());
        varint::len(body as i64) + body
    }

    /// Bytes of the batch so far, uncompressed, header included (61 when empty).
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.max(HEADER_LEN)
    }

    /// Bytes of memory the builder holds.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.buf.capacity()
    }

    /// Whether no record was appended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Records appended.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// Timestamp of the first record, `None` when empty.
    #[must_use]
    pub fn first_timestamp(&self) -> Option<i64> {
        (self.count > 0).then_some(self.base_timestamp)
    }

    /// Largest timestamp, `None` when empty.
    #[must_use]
    pub fn max_timestamp(&self) -> Option<i64> {
        (self.count > 0).then_some(self.max_timestamp)
    }

    /// The bytes of the batch, ready for a Produce request: compressed once, CRC made once. The builder is empty afterwards.
    ///
    /// Without compression the builder's own buffer is given out; with it, one from `codecs`.
    ///
    /// # Errors
    /// [`WireError::Encode`] for an empty batch; [`WireError::Compression`]. The records are lost then.
    pub fn finish(&mut self, options: &BatchOptions, codecs: &mut Codecs) -> Result<Vec<u8>> {
        if self.count == 0 {
            return Err(WireError::Encode {
                what: "record batch",
                reason: "it has no records".to_owned(),
            });
        }
        let mut header = BatchHeader {
            base_offset: 0,
            length: 0,
            leader_epoch: -1,
            crc: 0,
            attributes: Attributes::default()
                .with_compression(options.compression)
                .with_transactional(options.transactional),
            last_offset_delta: self.count - 1,
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer: options.producer,
            records_count: self.count,
        };
        let end = std::mem::take(&mut self.at);
        self.count = 0;
        let mut batch = if options.compression == Compression::None {
            let mut batch = std::mem::take(&mut self.buf);
            batch.truncate(end);
            batch
        } else {
            let mut batch = codecs.buffer();
            batch.resize(HEADER_LEN, 0);
            codecs.compress(options.compression, &self.buf[HEADER_LEN..end], &mut batch)?;
            batch
        };
        header.length = i32::try_from(batch.len() - LENGTH_OVERHEAD).map_err(|_| too_large())?;
        if let Some(head) = batch.first_chunk_mut() {
            header.write(head);
        }
        seal(&mut batch);
        Ok(batch)
    }

    /// Drops the records appended and keeps the buffer.
    pub fn clear(&mut self) {
        self.at = 0;
        self.count = 0;
    }

    /// Appends a record without headers where it is plain beforehand that it fits and how many bytes its length takes; else does
    /// nothing. Spares the exact sizes of the other numbers: a third of the cost.
    #[inline]
    fn append_plain(
        &mut self,
        limit: usize,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> bool {
        let payload = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
        let (least, most) = (payload + LEAST_OVERHEAD, payload + MOST_OVERHEAD);
        let prefix = match (least, most) {
            (_, ..64) => 1,
            (64.., ..8192) => 2,
            _ => return false,
        };
        let end = self.at + prefix + most;
        if self.count == 0 || end > limit || end > MAX_BATCH_LEN {
            return false;
        }
        let Some(room) = self.buf.get_mut(self.at..end + SLACK) else {
            return false;
        };
        let mut out = Writer { room, at: prefix };
        out.byte(0);
        out.varint(timestamp.wrapping_sub(self.base_timestamp));
        out.varint(i64::from(self.count));
        out.bytes(key);
        out.bytes(value);
        out.byte(0);
        let len = out.at;
        out.at = 0;
        out.varint((len - prefix) as i64);
        self.at += len;
        self.count += 1;
        self.max_timestamp = self.max_timestamp.max(timestamp);
        true
    }

    #[inline]
    fn body_len<'h>(
        &self,
        timestamp: i64,
        key_len: Option<usize>,
        value_len: Option<usize>,
        headers: impl Iterator<Item = (&'h [u8], Option<&'h [u8]>)>,
    ) -> usize {
        let delta = if self.count == 0 {
            0
        } else {
            timestamp.wrapping_sub(self.base_timestamp)
        };
        let mut count = 0;
        let mut headers_len = 0;
        for (key, value) in headers {
            count += 1;
            headers_len += bytes_len(Some(key.len())) + bytes_len(value.map(<[u8]>::len));
        }
        1 + varint::len(delta)
            + varint::len(i64::from(self.count))
            + bytes_len(key_len)
            + bytes_len(value_len)
            + varint::len(count)
            + headers_len
    }

    /// Initialises the buffer as far as `needed` at least: within what is allocated by doubling, so that a large buffer
    /// taken back for a small batch is not zeroed whole.
    #[cold]
    fn grow(&mut self, needed: usize) {
        let doubled = needed.max(self.buf.len() * 2).max(FIRST_LEN);
        let len = if needed <= self.buf.capacity() {
            doubled.min(self.buf.capacity())
        } else {
            doubled
        };
        self.buf.resize(len, 0);
    }
}

/// No headers, for [`BatchBuilder::append`].
pub fn no_headers() -> std::iter::Empty<(&'static [u8], Option<&'static [u8]>)> {
    std::iter::empty()
}

/// Room of exactly one record and [`SLACK`], so that a varint may be written as ten bytes.
struct Writer<'a> {
    room: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    #[inline]
    fn byte(&mut self, byte: u8) {
        self.room[self.at] = byte;
        self.at += 1;
    }

    #[inline]
    fn varint(&mut self, value: i64) {
        if let Some(out) = self.room[self.at..].first_chunk_mut() {
            self.at += varint::put(out, value);
        }
    }

    #[inline]
    fn bytes(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            None => self.byte(NULL),
            Some(bytes) => {
                self.varint(bytes.len() as i64);
                copy_small(&mut self.room[self.at..], bytes);
                self.at += bytes.len();
            }
        }
    }

    #[inline]
    fn headers<'h>(&mut self, headers: impl Iterator<Item = (&'h [u8], Option<&'h [u8]>)> + Clone) {
        self.varint(headers.clone().count() as i64);
        for (key, value) in headers {
            self.bytes(Some(key));
            self.bytes(value);
        }
    }
}

#[inline]
fn bytes_len(len: Option<usize>) -> usize {
    len.map_or(1, |len| varint::len(len as i64) + len)
}

#[cold]
fn too_large() -> WireError {
    WireError::Encode {
        what: "record batch",
        reason: "it would pass 2 GiB".to_owned(),
    }
}

/// Bytes of a record without headers beyond key and value, its length excluded: six fields of a byte, and at most ten for
/// the timestamp delta and five for each of the offset delta and two lengths.
const LEAST_OVERHEAD: usize = 6;
const MOST_OVERHEAD: usize = 27;
/// A null length as a varint: zigzag of -1.
const NULL: u8 = 1;
/// What a write may touch beyond the record's end.
const SLACK: usize = varint::MAX_LEN;
/// First size of a fresh buffer.
const FIRST_LEN: usize = 1024;
/// `length` is an i32 and counts all but 12 bytes.
const MAX_BATCH_LEN: usize = i32::MAX as usize;
