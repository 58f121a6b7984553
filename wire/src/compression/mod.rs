//! The four codecs as Kafka frames them.
//!
//! | codec | what is on the wire |
//! |---|---|
//! | gzip | one gzip member; several are read |
//! | snappy | snappy-java's "xerial" blocks of 32 KB; raw snappy is read |
//! | lz4 | LZ4 frames, independent blocks of 64 KB, no content checksum |
//! | zstd | one zstd frame; several are read |
//!
//! Contexts are dear (zstd: hundreds of kilobytes, and five times the time of a small batch), so they live in a [`Codecs`] that a
//! task or connection owns and that is created on first use, codec by codec.

mod codecs;
mod gzip;
mod lz4;
mod output;
mod snappy;
mod zstd;

use std::fmt;
use std::str::FromStr;

pub use codecs::{Codecs, Levels};

/// A value of `compression.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compression {
    /// As is.
    #[default]
    None,
    /// gzip, `compression.gzip.level`.
    Gzip,
    /// Snappy, no level.
    Snappy,
    /// LZ4, `compression.lz4.level`.
    Lz4,
    /// Zstandard, `compression.zstd.level`; brokers since 2.1.
    Zstd,
}

impl Compression {
    /// All of them, by id.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// The bits in a batch's attributes.
    #[must_use]
    pub fn id(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// The codec of an id.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.get(usize::from(id)).copied()
    }

    /// The name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name given is no codec's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown compression type {0:?}: expected none, gzip, snappy, lz4 or zstd")]
pub struct UnknownCompression(pub String);

impl FromStr for Compression {
    type Err = UnknownCompression;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|codec| codec.name() == name)
            .ok_or_else(|| UnknownCompression(name.to_owned()))
    }
}
