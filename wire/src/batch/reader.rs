//! Batches in a run of bytes.

use bytes::Bytes;

use super::header::{
    AT_LENGTH, AT_MAGIC, BatchHeader, CRC_FROM, HEADER_LEN, LENGTH_OVERHEAD, MAGIC,
};
use super::records::Records;
use crate::compression::{Codecs, Compression};
use crate::crc::crc32c;
use crate::{Result, WireError};

/// The whole batches at the front of a run of bytes: a Fetch response's records, or a log segment.
///
/// A broker cuts a response at a size, not at a batch, so the last batch is often partial: iteration ends before it and
/// [`Self::rest`] tells how much of it there is. After an error there is nothing more.
#[derive(Debug, Clone)]
pub struct Batches {
    bytes: Bytes,
    position: usize,
}

impl Batches {
    /// Iterates over `bytes`; nothing is read or copied yet.
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes, position: 0 }
    }

    /// Where the next batch begins.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Bytes not yet iterated; behind the last whole batch: bytes of the partial one.
    #[must_use]
    pub fn rest(&self) -> usize {
        self.bytes.len() - self.position
    }

    fn read(&mut self) -> Result<Option<Batch>> {
        let position = self.position;
        let rest = &self.bytes[position..];
        if rest.len() <= AT_MAGIC {
            return Ok(None);
        }
        let magic = rest[AT_MAGIC].cast_signed();
        if magic != MAGIC {
            return Err(WireError::Magic { position, magic });
        }
        let length = i32::from_be_bytes([
            rest[AT_LENGTH],
            rest[AT_LENGTH + 1],
            rest[AT_LENGTH + 2],
            rest[AT_LENGTH + 3],
        ]);
        let size = LENGTH_OVERHEAD.saturating_add(usize::try_from(length).unwrap_or(0));
        // A length too small for a header is an error even where the bytes end: it can never become a batch.
        if size >= HEADER_LEN && rest.len() < size {
            return Ok(None);
        }
        if size < HEADER_LEN {
            let expected = "at least 49";
            return Err(WireError::Malformed {
                what: "record batch length",
                position: position + AT_LENGTH,
                expected,
                found: i64::from(length),
            });
        }
        let header = BatchHeader::parse(rest, position)?;
        let bytes = self.bytes.slice(position..position + size);
        self.position += size;
        Ok(Some(Batch {
            header,
            bytes,
            position,
        }))
    }
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.read().transpose();
        if matches!(batch, Some(Err(_))) {
            self.bytes.truncate(self.position);
        }
        batch
    }
}

/// One whole batch, a slice of the bytes it came in.
#[derive(Debug, Clone)]
pub struct Batch {
    header: BatchHeader,
    bytes: Bytes,
    position: usize,
}

impl Batch {
    /// The single batch that is `bytes`, as a Produce request's partition must hold.
    ///
    /// # Errors
    /// As [`BatchHeader::parse`]; [`WireError::Truncated`] or [`WireError::Malformed`] unless the batch ends where `bytes` does.
    pub fn parse(bytes: Bytes) -> Result<Self> {
        let header = BatchHeader::parse(&bytes, 0)?;
        let (expected, found) = (header.size(), bytes.len());
        if found < expected {
            return Err(WireError::Truncated {
                what: "record batch",
                position: 0,
                expected,
                found,
            });
        }
        if found > expected {
            return Err(WireError::Malformed {
                what: "record batch",
                position: expected,
                expected: "no bytes behind it",
                found: (found - expected) as i64,
            });
        }
        Ok(Self {
            header,
            bytes,
            position: 0,
        })
    }

    /// The header's fields.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The batch as it came, header included.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Where the batch began in the bytes it was read from.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Compares the CRC in the header with that of the bytes.
    ///
    /// # Errors
    /// [`WireError::Crc`].
    pub fn check_crc(&self) -> Result<()> {
        let found = crc32c(&self.bytes[CRC_FROM..]);
        if found == self.header.crc {
            return Ok(());
        }
        Err(WireError::Crc {
            position: self.position,
            base_offset: self.header.base_offset,
            expected: self.header.crc,
            found,
        })
    }

    /// Checks the CRC and decompresses the payload, to at most `limit` bytes. Without compression nothing is copied.
    ///
    /// # Errors
    /// [`WireError::Crc`], [`WireError::Malformed`] for a codec that is not known, [`WireError::Compression`] and
    /// [`WireError::DecompressedTooLarge`].
    pub fn open(&self, codecs: &mut Codecs, limit: usize) -> Result<RecordSet> {
        self.check_crc()?;
        self.open_unchecked(codecs, limit)
    }

    /// As [`Self::open`] without the CRC (`check.crcs=false`, or a log that was checked when it was written).
    ///
    /// # Errors
    /// As [`Self::open`] but for the CRC.
    pub fn open_unchecked(&self, codecs: &mut Codecs, limit: usize) -> Result<RecordSet> {
        let payload = self.bytes.slice(HEADER_LEN..);
        let payload = match self.header.attributes.compression() {
            Some(Compression::None) => payload,
            Some(codec) => codecs.decompress_to_bytes(codec, &payload, limit)?,
            None => {
                return Err(WireError::Malformed {
                    what: "compression codec",
                    position: self.position + CRC_FROM,
                    expected: "0 to 4",
                    found: i64::from(self.header.attributes.codec_id()),
                });
            }
        };
        Ok(RecordSet {
            header: self.header,
            payload,
        })
    }
}

/// A batch opened: its header and its records uncompressed.
#[derive(Debug, Clone)]
pub struct RecordSet {
    header: BatchHeader,
    payload: Bytes,
}

impl RecordSet {
    /// The header's fields.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The records' bytes. When done with them, [`Codecs::recycle`] takes them back for the next decompression.
    #[must_use]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// Gives the payload up, for [`Codecs::recycle`].
    #[must_use]
    pub fn into_payload(self) -> Bytes {
        self.payload
    }

    /// The records in order, those before the offset asked for in a fetch included: the caller skips them.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records::new(self)
    }

    /// `part`, a key or value that a record of this set lent, as `Bytes` that share the payload: one reference count,
    /// no copy.
    ///
    /// # Panics
    /// When `part` is no part of this set's payload.
    #[must_use]
    pub fn bytes_of(&self, part: &[u8]) -> Bytes {
        self.payload.slice_ref(part)
    }
}
