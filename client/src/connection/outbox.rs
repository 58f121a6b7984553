//! Bytes that wait to be written, gathered into vectored writes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use tokio::io::AsyncWrite;
use windlass_wire::frame::{self, Frame};

/// Frames in the order they go out. Their chunks are written from where they lie.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: frame::Outbox,
}

impl Outbox {
    pub(super) fn push(&mut self, frame: Frame) {
        self.queue.push(frame);
    }

    /// Whether more requests should be taken: what is taken cannot be refused any more.
    pub(super) fn has_room(&self) -> bool {
        self.queue.remaining() < MAX_BYTES
    }

    /// Writes until everything is on its way or the stream takes no more.
    pub(super) fn poll_write<S>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>>
    where
        S: AsyncWrite + Unpin + ?Sized,
    {
        while self.queue.has_remaining() {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let used = self.queue.chunks_vectored(&mut slices);
            let written =
                ready!(Pin::new(&mut *stream).poll_write_vectored(context, &slices[..used]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.queue.advance(written);
        }
        // TLS takes more than the socket does, and keeps the rest until it is told to go on.
        Pin::new(stream).poll_flush(context)
    }
}

const MAX_SLICES: usize = 32;
const MAX_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn writes_everything_in_order_through_a_narrow_stream() {
        let (mut near, mut far) = tokio::io::duplex(7);
        let mut outbox = Outbox::default();
        let mut expected = Vec::new();
        for i in 0..100u8 {
            let mut writer = frame::FrameWriter::new();
            writer.chunk(vec![i; usize::from(i % 13)].into());
            let frame = writer.finish().unwrap();
            expected.extend_from_slice(&frame.clone().into_bytes());
            outbox.push(frame);
        }
        let writer = tokio::spawn(async move {
            poll_fn(|context| outbox.poll_write(&mut near, context))
                .await
                .unwrap();
            assert!(!outbox.queue.has_remaining());
        });
        let mut found = Vec::new();
        far.read_to_end(&mut found).await.unwrap();
        writer.await.unwrap();
        assert_eq!(found, expected);
    }
}
