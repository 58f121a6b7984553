//! A buffer that does not let a count be larger than what is left to read.

use bytes::{Buf, Bytes, TryGetError};
use kafka_protocol::protocol::buf::ByteBuf;

/// What kafka-protocol decodes from.
///
/// A decoder asks for an i32 and then reserves that many elements, or does not: the buffer cannot tell a count from a plain
/// number. So the first reading gives [`REFUSED`] in place of each i32 that could not be a count. As a count or a length that is an
/// error and decoding ends; as a plain number it changes nothing in how the rest is read. When a reading with such
/// substitutions succeeds, all of them were plain numbers, and a second reading gives the true ones.
///
/// Compact counts are varints, read byte by byte and used for nothing but counts, lengths and tags: these are refused at once.
pub(super) struct Guarded {
    bytes: Bytes,
    /// Whether an i32 may be replaced: the first reading.
    suspicious: bool,
    substituted: bool,
    refusal: Option<&'static str>,
    /// The varint being read: bits so far, and how many bytes had the continuation bit.
    varint: u64,
    varint_bytes: u32,
}

impl Guarded {
    /// For the first reading.
    pub(super) fn suspicious(bytes: Bytes) -> Self {
        Self {
            bytes,
            suspicious: true,
            substituted: false,
            refusal: None,
            varint: 0,
            varint_bytes: 0,
        }
    }

    /// For the second.
    pub(super) fn trusting(bytes: Bytes) -> Self {
        Self {
            suspicious: false,
            ..Self::suspicious(bytes)
        }
    }

    /// Whether a number was replaced, so that the message read is not the true one.
    pub(super) fn has_substituted(&self) -> bool {
        self.substituted
    }

    /// Why this buffer ended the reading, if it did.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        self.refusal.or(self
            .substituted
            .then_some("a count or length is larger than what is left of the message"))
    }

    fn most(&self) -> u64 {
        // An element takes a byte at least; small counts are let through, they cost little and fail soon.
        (self.bytes.len() as u64).max(ALWAYS_ALLOWED)
    }

    /// Follows a varint over its bytes. A boolean comes this way too, as a varint of one byte.
    fn follow_varint(&mut self, byte: u8) -> Result<(), TryGetError> {
        self.varint |= u64::from(byte & 0x7f) << (7 * self.varint_bytes);
        if byte >= 0x80 {
            self.varint_bytes += 1;
            if self.varint_bytes < 5 {
                return Ok(());
            }
            self.refusal = Some("a varint is longer than 5 bytes");
            return Err(refused());
        }
        let value = std::mem::take(&mut self.varint);
        self.varint_bytes = 0;
        // A compact count is one more than the number of elements.
        if value > self.most() + 1 {
            self.refusal =
                Some("a compact count or length is larger than what is left of the message");
            return Err(refused());
        }
        Ok(())
    }
}

impl Buf for Guarded {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }

    fn try_get_u8(&mut self) -> Result<u8, TryGetError> {
        let byte = self.bytes.try_get_u8()?;
        self.follow_varint(byte)?;
        Ok(byte)
    }

    fn try_get_i32(&mut self) -> Result<i32, TryGetError> {
        let value = self.bytes.try_get_i32()?;
        if self.suspicious && u64::try_from(value).is_ok_and(|value| value > self.most()) {
            self.substituted = true;
            return Ok(REFUSED);
        }
        Ok(value)
    }
}

impl ByteBuf for Guarded {
    fn peek_bytes(&mut self, range: std::ops::Range<usize>) -> Bytes {
        self.bytes.slice(range)
    }

    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.bytes.split_to(size)
    }
}

fn refused() -> TryGetError {
    TryGetError {
        requested: usize::MAX,
        available: 0,
    }
}

/// Neither a count nor a length, and not the -1 of null.
const REFUSED: i32 = -2;
/// Counts up to this are never refused: vendors' tagged fields have tags of 10,000 and more, which look like counts.
const ALWAYS_ALLOWED: u64 = 16 * 1024;
