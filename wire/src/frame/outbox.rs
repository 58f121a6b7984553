//! What is to be written.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// One message ready for the socket, its size in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub(super) chunks: Vec<Bytes>,
}

impl Frame {
    /// Bytes of all chunks, the size prefix included.
    #[must_use]
    #[allow(
        clippy::len_without_is_empty,
        reason = "a frame has four bytes at least"
    )]
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Bytes::len).sum()
    }

    /// The chunks in order.
    #[must_use]
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// All chunks in one, for tests and small messages: copies unless there is just one.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match <[Bytes; 1]>::try_from(self.chunks) {
            Ok([only]) => only,
            Err(chunks) => chunks.concat().into(),
        }
    }
}

/// Frames queued for one connection; a `Buf`, so that `write_all_buf` and vectored writes take it as it is.
#[derive(Debug, Default)]
pub struct Outbox {
    chunks: VecDeque<Bytes>,
    len: usize,
}

impl Outbox {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Queues a frame behind the others.
    pub fn push(&mut self, frame: Frame) {
        self.len += frame.len();
        self.chunks
            .extend(frame.chunks.into_iter().filter(|chunk| !chunk.is_empty()));
    }
}

impl Buf for Outbox {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.chunks.front().map_or(&[], |chunk| chunk)
    }

    fn advance(&mut self, mut count: usize) {
        assert!(
            count <= self.len,
            "cannot advance by {count} bytes: {} are queued",
            self.len
        );
        self.len -= count;
        while count > 0 {
            let Some(front) = self.chunks.front_mut() else {
                break;
            };
            if count < front.len() {
                front.advance(count);
                break;
            }
            count -= front.len();
            self.chunks.pop_front();
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip(&self.chunks) {
            *slice = IoSlice::new(chunk);
            used += 1;
        }
        used
    }
}
