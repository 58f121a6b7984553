//! Kafka's bytes, without I/O.
//!
//! This crate turns values into the bytes that Kafka's protocol wants, and bytes into values. It opens no socket and
//! knows no runtime: everything is a plain function or a small state machine over buffers, so that the client, the
//! embedded broker, the tests and the fuzzer run the same code.
//!
//! | module | what it holds |
//! |---|---|
//! | [`batch`] | record batches (format v2): built, read in place, checked, patched; control batches |
//! | [`compression`] | gzip, snappy, lz4 and zstd as Kafka frames them, with reusable contexts |
//! | [`frame`] | size-prefixed frames, request and response headers |
//! | [`message`] | kafka-protocol's messages, decoded with bounded memory and errors that name the place |
//! | [`produce`] | a Produce request around record batches that are not copied |
//! | [`versions`] | which version of each API is spoken, ours and theirs |
//! | [`murmur2`] | the hash that sends a key to its partition, as Java's producer has it |
//! | [`error_code`] | Kafka's error codes by name, and which of them are worth a retry |
//!
//! Every decoder is total: any input gives a value or a [`WireError`], and the memory it takes is bounded by the
//! length of the input, never by a count the input claims.
//!
//! The message structs themselves are kafka-protocol's, re-exported as [`messages`]. Its record batches are not used:
//! they lose headers with equal keys, misread LogAppendTime and fail on the partial batch that ends most fetches.

pub mod batch;
pub mod compression;
pub mod crc;
pub mod error;
pub mod error_code;
pub mod frame;
pub mod message;
pub mod murmur2;
pub mod produce;
pub mod versions;

mod varint;

pub use error::{Result, WireError};
pub use error_code::ErrorCode;
pub use kafka_protocol::messages::{self, ApiKey};
pub use kafka_protocol::protocol::{Request, StrBytes};
