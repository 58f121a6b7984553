//! A frame under construction.

use bytes::{BufMut, Bytes, BytesMut};

use super::Frame;
use crate::{ApiKey, Result, WireError};

/// Builds a [`Frame`]: fields are written into a buffer, large parts are put between as they are.
#[derive(Debug)]
pub struct FrameWriter {
    /// What was written before the first chunk, the size's place in front.
    head: Option<BytesMut>,
    chunks: Vec<Bytes>,
    buffer: BytesMut,
}

impl FrameWriter {
    /// A frame with room for its size in front.
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "a writer without a header is no default of anything"
    )]
    pub fn new() -> Self {
        let mut buffer = BytesMut::with_capacity(FIRST_LEN);
        buffer.put_i32(0);
        Self {
            head: None,
            chunks: Vec::new(),
            buffer,
        }
    }

    /// Writes a request's header.
    ///
    /// # Errors
    /// [`WireError::Encode`] for a client id above 32,767 bytes.
    pub fn request_head(
        &mut self,
        api: ApiKey,
        version: i16,
        correlation_id: i32,
        client_id: Option<&str>,
    ) -> Result<()> {
        self.buffer.put_i16(api as i16);
        self.buffer.put_i16(version);
        self.buffer.put_i32(correlation_id);
        match client_id {
            None => self.buffer.put_i16(-1),
            Some(id) => {
                let len = i16::try_from(id.len()).map_err(|_| WireError::Encode {
                    what: "client id",
                    reason: format!("it has {} bytes, at most 32767 are allowed", id.len()),
                })?;
                self.buffer.put_i16(len);
                self.buffer.put_slice(id.as_bytes());
            }
        }
        if api.request_header_version(version) >= 2 {
            self.buffer.put_u8(NO_TAGGED_FIELDS);
        }
        Ok(())
    }

    /// Writes a response's header.
    pub fn response_head(&mut self, api: ApiKey, version: i16, correlation_id: i32) {
        self.buffer.put_i32(correlation_id);
        if api.response_header_version(version) >= 1 {
            self.buffer.put_u8(NO_TAGGED_FIELDS);
        }
    }

    /// Where the next field goes.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Puts `bytes` next, without copying them.
    pub fn chunk(&mut self, bytes: Bytes) {
        let before = self.buffer.split();
        if self.head.is_none() {
            self.head = Some(before);
        } else {
            self.chunks.push(before.freeze());
        }
        self.chunks.push(bytes);
    }

    /// Bytes written so far, the size prefix included.
    #[must_use]
    #[allow(
        clippy::len_without_is_empty,
        reason = "a frame has four bytes at least"
    )]
    pub fn len(&self) -> usize {
        self.head.as_ref().map_or(0, BytesMut::len)
            + self.chunks.iter().map(Bytes::len).sum::<usize>()
            + self.buffer.len()
    }

    /// Writes the size.
    ///
    /// # Errors
    /// [`WireError::Encode`] at 2 GiB.
    pub fn finish(mut self) -> Result<Frame> {
        let body = self.len() - PREFIX;
        let size = i32::try_from(body).map_err(|_| WireError::Encode {
            what: "frame",
            reason: format!("it has {body} bytes, at most 2 GiB are allowed"),
        })?;
        // The first part is ours alone: it is the head, or the only one.
        self.head.get_or_insert_with(|| self.buffer.split())[..PREFIX]
            .copy_from_slice(&size.to_be_bytes());
        let head = self.head.into_iter().map(BytesMut::freeze);
        let rest = Some(self.buffer.freeze())
            .into_iter()
            .filter(|rest| !rest.is_empty());
        Ok(Frame {
            chunks: head.chain(self.chunks).chain(rest).collect(),
        })
    }
}

/// A count of zero.
const NO_TAGGED_FIELDS: u8 = 0;
const PREFIX: usize = 4;
/// Enough for most requests without growing.
const FIRST_LEN: usize = 256;
