//! The contexts of all codecs, reused.

use bytes::Bytes;

use super::output::Fault;
use super::{Compression, gzip, lz4, snappy, zstd};
use crate::{Result, WireError};

/// Compression levels, as the producer's `compression.*.level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    /// 1 to 9, or -1 for the default (6).
    pub gzip: i32,
    /// 1 to 17 in Java, where all but 9 select the slow encoder. There is one encoder here: the level is accepted and changes nothing.
    pub lz4: i32,
    /// -131072 to 22.
    pub zstd: i32,
}

impl Default for Levels {
    /// Kafka's defaults.
    fn default() -> Self {
        Self {
            gzip: -1,
            lz4: 9,
            zstd: 3,
        }
    }
}

/// Compressors and decompressors with their memory, created on first use. One per task or connection: not shared.
#[derive(Default)]
pub struct Codecs {
    levels: Levels,
    gzip: gzip::Gzip,
    snappy: snappy::Snappy,
    lz4: lz4::Lz4,
    zstd: zstd::Zstd,
    /// A buffer given back, for the next decompression or compressed batch.
    spare: Vec<u8>,
}

impl Codecs {
    /// With Kafka's default levels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With levels of the producer's configuration, which the caller has validated; a level beyond the codec's is clamped.
    #[must_use]
    pub fn with_levels(levels: Levels) -> Self {
        Self {
            levels,
            ..Self::default()
        }
    }

    /// Appends `input` compressed to `out`.
    ///
    /// # Errors
    /// [`WireError::Compression`] when the codec fails, which it does on inputs of 4 GiB at the earliest.
    pub fn compress(&mut self, codec: Compression, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let outcome = match codec {
            Compression::None => {
                out.extend_from_slice(input);
                Ok(())
            }
            Compression::Gzip => self.gzip.compress(self.levels.gzip, input, out),
            Compression::Snappy => self.snappy.compress(input, out),
            Compression::Lz4 => self.lz4.compress(input, out),
            Compression::Zstd => self.zstd.compress(self.levels.zstd, input, out),
        };
        outcome.map_err(|fault| error(codec, input, usize::MAX, fault))
    }

    /// Appends `input` decompressed to `out`, at most `limit` bytes. After an error `out` may hold a part.
    ///
    /// # Errors
    /// [`WireError::Compression`] for bytes that are not the codec's, [`WireError::DecompressedTooLarge`].
    pub fn decompress(
        &mut self,
        codec: Compression,
        input: &[u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let outcome = match codec {
            Compression::None if input.len() > limit => Err(Fault::TooLarge),
            Compression::None => {
                out.extend_from_slice(input);
                Ok(())
            }
            Compression::Gzip => self.gzip.decompress(input, limit, out),
            Compression::Snappy => self.snappy.decompress(input, limit, out),
            Compression::Lz4 => self.lz4.decompress(input, limit, out),
            Compression::Zstd => self.zstd.decompress(input, limit, out),
        };
        outcome.map_err(|fault| error(codec, input, limit, fault))
    }

    /// As [`Self::decompress`], into a buffer of its own.
    ///
    /// # Errors
    /// As [`Self::decompress`].
    pub fn decompress_to_bytes(
        &mut self,
        codec: Compression,
        input: &[u8],
        limit: usize,
    ) -> Result<Bytes> {
        let mut out = self.buffer();
        match self.decompress(codec, input, limit, &mut out) {
            Ok(()) => Ok(Bytes::from(out)),
            Err(error) => {
                self.spare = out;
                Err(error)
            }
        }
    }

    /// An empty buffer: the one given back last, or a new one.
    pub fn buffer(&mut self) -> Vec<u8> {
        let mut buffer = std::mem::take(&mut self.spare);
        buffer.clear();
        buffer
    }

    /// Takes a buffer back, if nobody else holds a part of it.
    pub fn recycle(&mut self, bytes: Bytes) {
        if let Ok(mut bytes) = bytes.try_into_mut() {
            bytes.clear();
            let buffer = Vec::from(bytes);
            if buffer.capacity() > self.spare.capacity() && buffer.capacity() <= MAX_SPARE {
                self.spare = buffer;
            }
        }
    }
}

impl std::fmt::Debug for Codecs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Codecs")
            .field("levels", &self.levels)
            .finish_non_exhaustive()
    }
}

fn error(codec: Compression, input: &[u8], limit: usize, fault: Fault) -> WireError {
    let (codec, len) = (codec.name(), input.len());
    match fault {
        Fault::TooLarge => WireError::DecompressedTooLarge { codec, len, limit },
        Fault::Corrupt(reason) => WireError::Compression { codec, len, reason },
    }
}

/// A buffer larger than this is freed rather than kept: one huge batch must not pin its size for the life of a task.
const MAX_SPARE: usize = 4 << 20;
