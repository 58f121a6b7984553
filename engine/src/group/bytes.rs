//! The primitives of the group's messages: big-endian integers, strings behind an `int16`, arrays behind an `int32`.

use std::sync::Arc;

/// A message of another worker that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message of the connect group: {what} at byte {at}")]
pub struct ProtocolError {
    what: &'static str,
    at: usize,
}

pub(super) type Result<T> = std::result::Result<T, ProtocolError>;

/// Reads a message from its beginning.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(super) fn version(&mut self) -> Result<i16> {
        let version = self.i16()?;
        if version < 0 {
            return Err(self.error("negative version"));
        }
        Ok(version)
    }

    pub(super) fn i16(&mut self) -> Result<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub(super) fn string(&mut self) -> Result<Arc<str>> {
        let length = usize::try_from(self.i16()?).map_err(|_| self.error("negative length"))?;
        let text = std::str::from_utf8(self.take(length)?);
        text.map(Arc::from)
            .map_err(|_| self.error("text that is no UTF-8"))
    }

    /// `None` for -1.
    pub(super) fn nullable_bytes(&mut self) -> Result<Option<&'a [u8]>> {
        match self.i32()? {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| self.error("negative length"))?;
                self.take(length).map(Some)
            }
        }
    }

    /// How many items follow; -1 counts as none. Nothing is to be reserved for that many: each takes bytes.
    pub(super) fn count(&mut self) -> Result<i32> {
        match self.i32()? {
            -1 => Ok(0),
            count if count < 0 => Err(self.error("negative count")),
            count => Ok(count),
        }
    }

    pub(super) fn error(&self, what: &'static str) -> ProtocolError {
        ProtocolError { what, at: self.at }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        <[u8; N]>::try_from(bytes).map_err(|_| self.error("message ends early"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length);
        let bytes = end.and_then(|end| self.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| self.error("message ends early"))?;
        self.at += length;
        Ok(bytes)
    }
}

pub(super) fn put_string(out: &mut Vec<u8>, text: &str) {
    // Names and URLs are far shorter; a longer one is cut at a character.
    let mut end = text.len().min(i16::MAX as usize);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let length = i16::try_from(end).unwrap_or(i16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(&text.as_bytes()[..end]);
}

pub(super) fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend(i32::try_from(count).unwrap_or(i32::MAX).to_be_bytes());
}
