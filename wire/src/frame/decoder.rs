//! Frames out of a stream of bytes.

use bytes::{Buf, Bytes, BytesMut};

use crate::{Result, WireError};

/// Cuts frames from bytes as they arrive.
///
/// The caller reads into a `BytesMut` and asks after each read. Frames come out as slices of that buffer, without a copy.
#[derive(Debug, Clone, Copy)]
pub struct FrameDecoder {
    max: usize,
}

impl FrameDecoder {
    /// Frames above `max` bytes are an error.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max }
    }

    /// The next whole frame without its size, taken off the front of `buffer`; `None` until there is one.
    ///
    /// # Errors
    /// [`WireError::FrameSize`]; the stream cannot be read on then.
    pub fn decode(&self, buffer: &mut BytesMut) -> Result<Option<Bytes>> {
        let Some(size) = self.size(buffer)? else {
            return Ok(None);
        };
        if buffer.len() < PREFIX + size {
            return Ok(None);
        }
        buffer.advance(PREFIX);
        Ok(Some(buffer.split_to(size).freeze()))
    }

    /// Bytes still missing for the next whole frame, as far as known: what to reserve before the next read. 0 when one is there.
    ///
    /// A peer can claim [`Self::new`]'s `max` with four bytes: reserve in steps where that is much.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn missing(&self, buffer: &BytesMut) -> Result<usize> {
        Ok(match self.size(buffer)? {
            Some(size) => (PREFIX + size).saturating_sub(buffer.len()),
            None => PREFIX - buffer.len(),
        })
    }

    fn size(&self, buffer: &BytesMut) -> Result<Option<usize>> {
        let Some(prefix) = buffer.first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let size = i32::from_be_bytes(*prefix);
        match usize::try_from(size) {
            Ok(len) if len <= self.max => Ok(Some(len)),
            _ => Err(WireError::FrameSize {
                size,
                max: self.max,
            }),
        }
    }
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_FRAME)
    }
}

const PREFIX: usize = 4;

/// The largest frame accepted by default: Kafka's `socket.request.max.bytes`, above every sensible `fetch.max.bytes`.
pub const DEFAULT_MAX_FRAME: usize = 100 * 1024 * 1024;
