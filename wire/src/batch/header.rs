//! The 61 bytes before the records.

use super::attributes::Attributes;
use crate::{Result, WireError};

/// Bytes of a batch header, records excluded.
pub const HEADER_LEN: usize = 61;

/// Who wrote a batch: what the broker tells duplicates and gaps by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Producer {
    /// Producer id, -1 without idempotence.
    pub id: i64,
    /// Producer epoch, -1 without idempotence.
    pub epoch: i16,
    /// Sequence of the batch's first record, -1 without idempotence and in control batches.
    pub base_sequence: i32,
}

impl Producer {
    /// No idempotence: the broker takes the batch as it comes.
    pub const NONE: Self = Self {
        id: -1,
        epoch: -1,
        base_sequence: -1,
    };
}

impl Default for Producer {
    fn default() -> Self {
        Self::NONE
    }
}

/// The header of a batch, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record; a producer writes 0 and the broker sets it.
    pub base_offset: i64,
    /// Bytes of the batch behind this field, so the whole batch is 12 bytes more: [`Self::size`].
    pub length: i32,
    /// The leader's epoch when the batch was appended, -1 where unknown.
    pub leader_epoch: i32,
    /// CRC-32C of everything from the attributes on.
    pub crc: u32,
    /// Codec, timestamp type, transactional and control bits.
    pub attributes: Attributes,
    /// Offset of the last record less the base offset. Compaction removes records but keeps this.
    pub last_offset_delta: i32,
    /// What the records' timestamp deltas count from, in ms.
    pub base_timestamp: i64,
    /// Largest timestamp of the records in ms; with LogAppendTime the timestamp of all.
    pub max_timestamp: i64,
    /// Who wrote it.
    pub producer: Producer,
    /// How many records the payload claims to hold; compaction can leave none. Never a size to allocate.
    pub records_count: i32,
}

impl BatchHeader {
    /// Reads the header at the start of `bytes`. `position` is where `bytes` begins, for errors.
    ///
    /// # Errors
    /// [`WireError::Truncated`] below 61 bytes, [`WireError::Magic`] for another format, [`WireError::Malformed`] for a length
    /// below that of an empty batch. The CRC is not looked at.
    pub fn parse(bytes: &[u8], position: usize) -> Result<Self> {
        let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(WireError::Truncated {
                what: "record batch header",
                position,
                expected: HEADER_LEN,
                found: bytes.len(),
            });
        };
        let magic = header[AT_MAGIC].cast_signed();
        if magic != MAGIC {
            return Err(WireError::Magic { position, magic });
        }
        let length = i32::from_be_bytes(field(header, AT_LENGTH));
        if length < MIN_LENGTH {
            return Err(WireError::Malformed {
                what: "record batch length",
                position: position + AT_LENGTH,
                expected: "at least 49",
                found: i64::from(length),
            });
        }
        Ok(Self {
            base_offset: i64::from_be_bytes(field(header, AT_BASE_OFFSET)),
            length,
            leader_epoch: i32::from_be_bytes(field(header, AT_LEADER_EPOCH)),
            crc: u32::from_be_bytes(field(header, AT_CRC)),
            attributes: Attributes(i16::from_be_bytes(field(header, AT_ATTRIBUTES))),
            last_offset_delta: i32::from_be_bytes(field(header, AT_LAST_OFFSET_DELTA)),
            base_timestamp: i64::from_be_bytes(field(header, AT_BASE_TIMESTAMP)),
            max_timestamp: i64::from_be_bytes(field(header, AT_MAX_TIMESTAMP)),
            producer: Producer {
                id: i64::from_be_bytes(field(header, AT_PRODUCER_ID)),
                epoch: i16::from_be_bytes(field(header, AT_PRODUCER_EPOCH)),
                base_sequence: i32::from_be_bytes(field(header, AT_BASE_SEQUENCE)),
            },
            records_count: i32::from_be_bytes(field(header, AT_RECORDS_COUNT)),
        })
    }

    /// Writes the header over the first 61 bytes of a batch, CRC as it stands in the struct.
    pub fn write(&self, out: &mut [u8; HEADER_LEN]) {
        put(out, AT_BASE_OFFSET, self.base_offset.to_be_bytes());
        put(out, AT_LENGTH, self.length.to_be_bytes());
        put(out, AT_LEADER_EPOCH, self.leader_epoch.to_be_bytes());
        put(out, AT_MAGIC, MAGIC.to_be_bytes());
        put(out, AT_CRC, self.crc.to_be_bytes());
        put(out, AT_ATTRIBUTES, self.attributes.0.to_be_bytes());
        put(
            out,
            AT_LAST_OFFSET_DELTA,
            self.last_offset_delta.to_be_bytes(),
        );
        put(out, AT_BASE_TIMESTAMP, self.base_timestamp.to_be_bytes());
        put(out, AT_MAX_TIMESTAMP, self.max_timestamp.to_be_bytes());
        put(out, AT_PRODUCER_ID, self.producer.id.to_be_bytes());
        put(out, AT_PRODUCER_EPOCH, self.producer.epoch.to_be_bytes());
        put(
            out,
            AT_BASE_SEQUENCE,
            self.producer.base_sequence.to_be_bytes(),
        );
        put(out, AT_RECORDS_COUNT, self.records_count.to_be_bytes());
    }

    /// Bytes of the whole batch, header included.
    #[must_use]
    pub fn size(&self) -> usize {
        LENGTH_OVERHEAD + usize::try_from(self.length).unwrap_or(0)
    }

    /// Offset of the last record, kept by compaction even when that record is gone.
    #[must_use]
    pub fn last_offset(&self) -> i64 {
        self.base_offset
            .wrapping_add(i64::from(self.last_offset_delta))
    }

    /// The offset behind the batch: where the next fetch begins.
    #[must_use]
    pub fn next_offset(&self) -> i64 {
        self.last_offset().wrapping_add(1)
    }

    /// Sequence of the last record, wrapping from `i32::MAX` to 0 as Java's does; -1 without idempotence.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        if self.producer.base_sequence < 0 {
            return -1;
        }
        let last =
            i64::from(self.producer.base_sequence) + i64::from(self.last_offset_delta.max(0));
        (last % (i64::from(i32::MAX) + 1)) as i32
    }
}

/// `N` bytes of the header at `at`; every caller passes a constant within it.
fn field<const N: usize>(header: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&header[at..at + N]);
    out
}

/// Writes a header field at `at`.
pub(super) fn put<const N: usize>(header: &mut [u8], at: usize, bytes: [u8; N]) {
    header[at..at + N].copy_from_slice(&bytes);
}

/// The format: records with headers and varints, since Kafka 0.11.
pub(super) const MAGIC: i8 = 2;
/// `length` of a batch without records.
const MIN_LENGTH: i32 = (HEADER_LEN - LENGTH_OVERHEAD) as i32;

/// Bytes before the part that the header's `length` counts: base offset and length itself.
pub(super) const LENGTH_OVERHEAD: usize = 12;
/// Where the bytes covered by the CRC begin.
pub(super) const CRC_FROM: usize = 21;

pub(super) const AT_BASE_OFFSET: usize = 0;
pub(super) const AT_LENGTH: usize = 8;
pub(super) const AT_LEADER_EPOCH: usize = 12;
pub(super) const AT_MAGIC: usize = 16;
pub(super) const AT_CRC: usize = 17;
pub(super) const AT_ATTRIBUTES: usize = 21;
pub(super) const AT_LAST_OFFSET_DELTA: usize = 23;
pub(super) const AT_BASE_TIMESTAMP: usize = 27;
pub(super) const AT_MAX_TIMESTAMP: usize = 35;
pub(super) const AT_PRODUCER_ID: usize = 43;
pub(super) const AT_PRODUCER_EPOCH: usize = 51;
pub(super) const AT_BASE_SEQUENCE: usize = 53;
pub(super) const AT_RECORDS_COUNT: usize = 57;
