//! Frames out of a byte stream, with few reads and without new memory for each.
//!
//! Small frames (acks, heartbeats) are read many at a time into a scratch buffer and copied out. A large frame (records)
//! is read straight into a buffer of its own; the last few such buffers are remembered, and used again once everybody
//! who held a slice of them has let go: first touch of new memory costs more than reading into it.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Reads size-prefixed frames.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// Bytes read and not yet given out; empty without capacity while a connection is idle.
    scratch: BytesMut,
    /// A large frame that is being read, and its full length.
    large: Option<(BytesMut, usize)>,
    /// Large frames given out lately.
    given: VecDeque<Bytes>,
}

impl Inbox {
    /// The next frame without its size. `Ok(None)` is the end of the stream between two frames.
    pub(super) fn poll_frame<S>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Bytes>>>
    where
        S: AsyncRead + Unpin + ?Sized,
    {
        loop {
            if let Some((buffer, length)) = &mut self.large {
                while buffer.len() < *length {
                    let missing = *length - buffer.len();
                    let read = ready!(poll_read(stream, &mut buffer.limit(missing), context))?;
                    if read == 0 {
                        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                    }
                }
                return Poll::Ready(Ok(self.give_large()));
            }
            if let Some(frame) = self.small()? {
                return Poll::Ready(Ok(Some(frame)));
            }
            if self.large.is_some() {
                continue;
            }
            if self.scratch.capacity() - self.scratch.len() < MIN_READ {
                self.scratch.reserve(SCRATCH);
            }
            let read = ready!(poll_read(stream, &mut self.scratch, context))?;
            if read == 0 {
                let clean = self.scratch.is_empty();
                return Poll::Ready(if clean {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                });
            }
        }
    }

    /// Lets go of memory that a busy connection keeps for reuse.
    pub(super) fn shrink(&mut self) {
        self.given.clear();
        if self.scratch.is_empty() {
            self.scratch = BytesMut::new();
        }
    }

    /// Whether [`Inbox::shrink`] would give anything back.
    pub(super) fn holds_memory(&self) -> bool {
        !self.given.is_empty() || (self.scratch.is_empty() && self.scratch.capacity() > 0)
    }

    /// A whole frame out of the scratch buffer, or the beginning of a large one moved to where it is to be read.
    fn small(&mut self) -> io::Result<Option<Bytes>> {
        let Some((size, _)) = self.scratch.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let size = i32::from_be_bytes(*size);
        let length = usize::try_from(size).ok().filter(|length| *length <= MAX_FRAME).ok_or_else(|| {
            let text = format!("frame size {size} is outside 0 to {MAX_FRAME} bytes; is the port a plain Kafka listener");
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?;
        let here = self.scratch.len() - 4;
        if here >= length {
            self.scratch.advance(4);
            let frame = Bytes::copy_from_slice(&self.scratch[..length]);
            self.scratch.advance(length);
            if self.scratch.is_empty() {
                self.scratch.clear();
            }
            return Ok(Some(frame));
        }
        if length + 4 > SCRATCH {
            let mut buffer = self.buffer(length);
            buffer.extend_from_slice(&self.scratch[4..]);
            self.scratch.clear();
            self.large = Some((buffer, length));
        }
        Ok(None)
    }

    fn give_large(&mut self) -> Option<Bytes> {
        let frame = self.large.take()?.0.freeze();
        if self.given.len() == KEPT {
            self.given.pop_front();
        }
        self.given.push_back(frame.clone());
        Some(frame)
    }

    /// An empty buffer for `length` bytes: an old one that nobody holds any more, or a new one. What a hostile size asks
    /// for is taken in steps, as the bytes come.
    fn buffer(&mut self, length: usize) -> BytesMut {
        for _ in 0..self.given.len() {
            let Some(frame) = self.given.pop_front() else {
                break;
            };
            match frame.try_into_mut() {
                Ok(mut buffer) => {
                    buffer.clear();
                    if buffer.capacity() >= length {
                        return buffer;
                    }
                }
                Err(held) => self.given.push_back(held),
            }
        }
        BytesMut::with_capacity(length.min(TRUSTED))
    }
}

fn poll_read<S, B>(
    stream: &mut S,
    buffer: &mut B,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>>
where
    S: AsyncRead + Unpin + ?Sized,
    B: BufMut + ?Sized,
{
    pin!(stream.read_buf(buffer)).poll(context)
}

/// Capacity of the scratch buffer; a frame that does not fit gets a buffer of its own.
const SCRATCH: usize = 4096;
/// Less room than this is not worth a read.
const MIN_READ: usize = 512;
/// Large frames remembered: one being read, one being decoded, one held by a slow reader.
const KEPT: usize = 3;
/// A buffer of up to this size is allocated on the word of the peer.
const TRUSTED: usize = 16 << 20;
/// Java's clients read any size; brokers refuse requests above 100 MiB, and `fetch.max.bytes` is 50 MiB.
const MAX_FRAME: usize = 512 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::AsyncWriteExt;

    async fn next(
        inbox: &mut Inbox,
        stream: &mut tokio::io::DuplexStream,
    ) -> io::Result<Option<Bytes>> {
        poll_fn(|context| inbox.poll_frame(stream, context)).await
    }

    fn framed(length: usize, fill: u8) -> Vec<u8> {
        let mut bytes = u32::try_from(length).unwrap().to_be_bytes().to_vec();
        bytes.extend(std::iter::repeat_n(fill, length));
        bytes
    }

    #[tokio::test]
    async fn frames_of_every_size_in_pieces_of_every_size() {
        for narrow in [1, 5, 64, 4096, 100_000] {
            let (mut near, mut far) = tokio::io::duplex(narrow);
            let sizes = [0, 1, 4091, 4092, 4093, 4094, 70_000, 3, 0, 5000, 12];
            let sender = tokio::spawn(async move {
                for (fill, size) in (0u8..).zip(sizes) {
                    far.write_all(&framed(size, fill)).await.unwrap();
                }
            });
            let mut inbox = Inbox::default();
            for (fill, size) in (0u8..).zip(sizes) {
                let frame = next(&mut inbox, &mut near).await.unwrap().unwrap();
                assert_eq!(frame, vec![fill; size], "frame of {size} over {narrow}");
            }
            assert!(next(&mut inbox, &mut near).await.unwrap().is_none());
            sender.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_large_buffer_is_used_again_once_it_is_let_go() {
        let (mut near, mut far) = tokio::io::duplex(1 << 20);
        let mut inbox = Inbox::default();
        let mut seen = Vec::new();
        for fill in 0..6u8 {
            far.write_all(&framed(100_000, fill)).await.unwrap();
            let frame = next(&mut inbox, &mut near).await.unwrap().unwrap();
            assert_eq!(frame, vec![fill; 100_000]);
            seen.push(frame.as_ptr());
        }
        assert!(seen.iter().all(|at| *at == seen[0]));
        far.write_all(&framed(100_000, 9)).await.unwrap();
        let held = next(&mut inbox, &mut near).await.unwrap().unwrap();
        far.write_all(&framed(100_000, 10)).await.unwrap();
        let other = next(&mut inbox, &mut near).await.unwrap().unwrap();
        assert_ne!(held.as_ptr(), other.as_ptr());
        assert_eq!(held, vec![9; 100_000]);
    }

    #[tokio::test]
    async fn a_stream_that_ends_or_lies_is_an_error() {
        let (mut near, mut far) = tokio::io::duplex(64);
        far.write_all(&[0, 0, 0, 9, 1]).await.unwrap();
        drop(far);
        assert_eq!(
            next(&mut Inbox::default(), &mut near)
                .await
                .unwrap_err()
                .kind(),
            io::ErrorKind::UnexpectedEof
        );
        let (mut near, mut far) = tokio::io::duplex(64);
        far.write_all(b"HTTP/1.1 400").await.unwrap();
        assert_eq!(
            next(&mut Inbox::default(), &mut near)
                .await
                .unwrap_err()
                .kind(),
            io::ErrorKind::InvalidData
        );
    }
}
