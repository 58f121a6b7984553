//! What can be wrong with bytes, and where.

use crate::ApiKey;

/// Shorthand for a result of this crate.
pub type Result<T, E = WireError> = std::result::Result<T, E>;

/// Why bytes could not be read or written.
///
/// The first group is about bytes that came from a peer (or a disk), the second about a peer that speaks another
/// version, the last about what our own side asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end before the thing they began; `position` is where the thing began.
    #[error("{what} at byte {position} is cut off: expected {expected} bytes, found {found}")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Byte position from the start of the buffer handed in.
        position: usize,
        /// Bytes the thing needs.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
    /// A field has a value the format does not allow.
    #[error("{what} at byte {position}: expected {expected}, found {found}")]
    Malformed {
        /// The field.
        what: &'static str,
        /// Byte position from the start of the buffer handed in.
        position: usize,
        /// What the format allows there.
        expected: &'static str,
        /// What is there.
        found: i64,
    },
    /// The CRC-32C in the batch header is not that of the bytes.
    #[error(
        "record batch at byte {position}, base offset {base_offset}: expected crc {expected:#010x}, found {found:#010x}"
    )]
    Crc {
        /// Byte position of the batch in the buffer handed in.
        position: usize,
        /// Base offset the batch claims.
        base_offset: i64,
        /// The checksum in the header.
        expected: u32,
        /// The checksum of the bytes.
        found: u32,
    },
    /// A record batch of an old message format (magic 0 or 1), or of one not known.
    #[error(
        "record batch at byte {position} has magic {magic}, expected 2 (message formats 0 and 1 ended with Kafka 4.0)"
    )]
    Magic {
        /// Byte position of the batch in the buffer handed in.
        position: usize,
        /// The magic byte found.
        magic: i8,
    },
    /// A compressed payload cannot be decompressed.
    #[error("{codec} payload of {len} bytes: {reason}")]
    Compression {
        /// The codec's name as in `compression.type`.
        codec: &'static str,
        /// Length of the payload in bytes.
        len: usize,
        /// What the codec says.
        reason: String,
    },
    /// A payload would decompress to more than the caller allows.
    #[error("{codec} payload of {len} bytes decompresses to more than the limit of {limit} bytes")]
    DecompressedTooLarge {
        /// The codec's name as in `compression.type`.
        codec: &'static str,
        /// Length of the payload in bytes.
        len: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The size before a frame is negative or above the limit: another protocol, or a hostile peer.
    #[error(
        "frame size {size} is outside 0 to {max} bytes; is the peer a Kafka broker, and is the port right (TLS or plain)?"
    )]
    FrameSize {
        /// The size found.
        size: i32,
        /// The largest size allowed.
        max: usize,
    },
    /// A request or response body cannot be decoded.
    #[error("{api:?} v{version} {kind} at byte {position} of {len}: {reason}")]
    Message {
        /// The API.
        api: ApiKey,
        /// The version it was decoded as.
        version: i16,
        /// "request" or "response".
        kind: &'static str,
        /// How many bytes were read before the fault.
        position: usize,
        /// Length of the body.
        len: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A request names an API key that is not in the protocol as known here.
    #[error(
        "request with unknown api key {api_key} (version {version}, correlation id {correlation_id})"
    )]
    UnknownApiKey {
        /// The key found.
        api_key: i16,
        /// The version found.
        version: i16,
        /// The correlation id found.
        correlation_id: i32,
    },

    /// No version of an API is spoken by both sides.
    #[error("{api:?}: we speak versions {ours}, the broker speaks {theirs}")]
    NoCommonVersion {
        /// The API.
        api: ApiKey,
        /// Our range.
        ours: crate::versions::VersionRange,
        /// The broker's range.
        theirs: crate::versions::VersionRange,
    },
    /// The broker does not have an API at all.
    #[error("{api:?}: the broker does not have this api (we speak versions {ours})")]
    NoSuchApi {
        /// The API.
        api: ApiKey,
        /// Our range.
        ours: crate::versions::VersionRange,
    },

    /// Our own value cannot be written in this format.
    #[error("cannot encode {what}: {reason}")]
    Encode {
        /// What was being written.
        what: &'static str,
        /// Why it cannot be.
        reason: String,
    },
}
