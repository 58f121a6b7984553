//! Decompressed bytes up to a limit.

use std::io::{self, Write};

/// A `Write` into a `Vec` that refuses to pass `limit` bytes: what keeps a small hostile payload from filling the memory.
pub(super) struct Limited<'a> {
    out: &'a mut Vec<u8>,
    /// Bytes still allowed.
    left: usize,
    /// Set when a write was refused, so that the error can name the limit.
    pub(super) exceeded: bool,
}

impl<'a> Limited<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, limit: usize) -> Self {
        Self {
            out,
            left: limit,
            exceeded: false,
        }
    }
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left {
            self.exceeded = true;
            return Err(io::Error::other("limit exceeded"));
        }
        self.left -= bytes.len();
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why a codec stopped.
#[derive(Debug)]
pub(super) enum Fault {
    /// The output passed the limit.
    TooLarge,
    /// The input is not what the codec writes.
    Corrupt(String),
}

impl Fault {
    pub(super) fn corrupt(reason: impl Into<String>) -> Self {
        Self::Corrupt(reason.into())
    }
}

/// What a codec's decompression gives.
pub(super) type Outcome<T = ()> = Result<T, Fault>;
