//! Protobuf's bytes.

use bytes::Bytes;
use windlass_api::{ConnectError, ErrorKind};

/// A result whose error is cheap to pass up.
pub(super) type ReadResult<T> = Result<T, Box<ConnectError>>;

/// A part of a message yet to be read.
pub(super) struct Cursor<'a> {
    source: &'a Bytes,
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    /// All of a message.
    pub(super) fn new(source: &'a Bytes) -> Self {
        Cursor {
            source,
            at: 0,
            end: source.len(),
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// How many bytes are left.
    pub(super) fn remaining(&self) -> usize {
        self.end - self.at
    }

    /// The number and wire type of the next field.
    #[inline]
    pub(super) fn tag(&mut self) -> ReadResult<(u32, u32)> {
        let tag = self.varint()?;
        match u32::try_from(tag) {
            Ok(tag) if tag >> 3 > 0 => Ok((tag >> 3, tag & 7)),
            _ => Err(self.malformed("a field number")),
        }
    }

    /// A variable-length integer.
    #[inline]
    pub(super) fn varint(&mut self) -> ReadResult<u64> {
        if let Some(byte) = self.source[..self.end].get(self.at)
            && *byte < 0x80
        {
            self.at += 1;
            return Ok(u64::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> ReadResult<u64> {
        let mut value = 0;
        for (i, byte) in self.source[self.at..self.end].iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7F) << (7 * i);
            if *byte < 0x80 {
                self.at += i + 1;
                return Ok(value);
            }
        }
        Err(self.malformed("a variable-length integer"))
    }

    /// Four bytes.
    pub(super) fn fixed32(&mut self) -> ReadResult<[u8; 4]> {
        self.fixed()
    }

    /// Eight bytes.
    pub(super) fn fixed64(&mut self) -> ReadResult<[u8; 8]> {
        self.fixed()
    }

    /// A part with its length before it.
    #[inline]
    pub(super) fn part(&mut self) -> ReadResult<Cursor<'a>> {
        let length = self.varint()?;
        let length = usize::try_from(length)
            .ok()
            .filter(|n| *n <= self.remaining());
        let Some(length) = length else {
            return Err(self.malformed("as many bytes as a length says"));
        };
        let at = self.at;
        self.at += length;
        Ok(Cursor {
            source: self.source,
            at,
            end: self.at,
        })
    }

    /// All that is left, sharing the message's buffer.
    pub(super) fn rest(&self) -> Bytes {
        self.source.slice(self.at..self.end)
    }

    /// Reads over the value of a field.
    pub(super) fn skip(&mut self, number: u32, wire_type: u32) -> ReadResult<()> {
        match wire_type {
            VARINT => self.varint().map(|_| ()),
            FIXED64 => self.fixed64().map(|_| ()),
            FIXED32 => self.fixed32().map(|_| ()),
            BYTES => self.part().map(|_| ()),
            GROUP_START => self.skip_group(number),
            _ => Err(self.malformed("a wire type")),
        }
    }

    /// Reads to the end of a group, of those inside it too.
    fn skip_group(&mut self, number: u32) -> ReadResult<()> {
        let mut open = vec![number];
        while let Some(innermost) = open.last().copied() {
            match self.tag()? {
                (number, GROUP_START) if open.len() < MAX_DEPTH => open.push(number),
                (number, GROUP_END) if number == innermost => {
                    open.pop();
                }
                (_, GROUP_START | GROUP_END) => return Err(self.malformed("the end of a group")),
                (number, wire_type) => self.skip(number, wire_type)?,
            }
        }
        Ok(())
    }

    fn fixed<const N: usize>(&mut self) -> ReadResult<[u8; N]> {
        match self.source[self.at..self.end].first_chunk() {
            Some(bytes) => {
                self.at += N;
                Ok(*bytes)
            }
            None => Err(self.malformed("a number of fixed length")),
        }
    }

    /// An error at this position.
    #[cold]
    pub(super) fn malformed(&self, expected: &str) -> Box<ConnectError> {
        let cause = format!("expected {expected} at byte {} of the message", self.at);
        let cause = ConnectError::new(ErrorKind::Serialization, cause);
        Box::new(ConnectError::data("Failed to deserialize data to Protobuf: ").caused_by(cause))
    }
}

/// Appends a variable-length integer.
#[inline]
pub(super) fn push_varint(out: &mut Vec<u8>, value: u64) {
    let mut rest = value;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends the tag of a field.
#[inline]
pub(super) fn push_tag(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    push_varint(out, u64::from(number << 3 | wire_type));
}

/// Appends what `push` does, with its length before it.
#[inline]
pub(super) fn push_part<E>(
    out: &mut Vec<u8>,
    push: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    // Most parts are short: their length takes the one byte that is kept for it.
    out.push(0);
    let start = out.len();
    push(out)?;
    let length = out.len() - start;
    if length < 0x80 {
        out[start - 1] = length as u8;
        return Ok(());
    }
    let mut prefix = Vec::with_capacity(5);
    push_varint(&mut prefix, length as u64);
    out.splice(start - 1..start, prefix);
    Ok(())
}

/// The integer that takes few bytes for small negative numbers.
pub(super) fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// What [`zigzag`] was made of.
pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

pub(super) const VARINT: u32 = 0;
pub(super) const FIXED64: u32 = 1;
pub(super) const BYTES: u32 = 2;
pub(super) const GROUP_START: u32 = 3;
pub(super) const GROUP_END: u32 = 4;
pub(super) const FIXED32: u32 = 5;

/// As Protobuf's own readers.
const MAX_DEPTH: usize = 100;
