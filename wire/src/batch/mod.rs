//! Record batches, format v2: what a Produce request carries, a log file holds and a Fetch response brings.
//!
//! A batch is a header of 61 bytes and a payload of records, compressed as a whole or not at all. The CRC covers
//! everything behind it, so a broker can set base offset and leader epoch (before it) without touching the rest.
//!
//! ```text
//! base_offset i64 | length i32 | leader_epoch i32 | magic i8 | crc u32 |
//! attributes i16 | last_offset_delta i32 | base_timestamp i64 | max_timestamp i64 |
//! producer_id i64 | producer_epoch i16 | base_sequence i32 | records_count i32 | records
//! ```
//!
//! Writing: [`BatchBuilder`]. Reading: [`Batches`] over a run of bytes gives each whole [`Batch`]; [`Batch::open`] checks and
//! decompresses it; [`RecordSet::records`] borrows the records from there.
//!
//! ```
//! use windlass_wire::batch::{BatchBuilder, BatchOptions, Batches, no_headers};
//! use windlass_wire::compression::{Codecs, Compression};
//!
//! # fn main() -> windlass_wire::Result<()> {
//! let mut codecs = Codecs::new();
//! let mut builder = BatchBuilder::new();
//! builder.append(1_700_000_000_000, Some(b"key"), Some(b"value"), no_headers())?;
//! builder.append(1_700_000_000_001, None, Some(b"other"), [(&b"trace"[..], Some(&b"7"[..]))])?;
//! let options = BatchOptions { compression: Compression::Zstd, ..BatchOptions::default() };
//! let bytes = builder.finish(&options, &mut codecs)?;
//!
//! for batch in Batches::new(bytes.into()) {
//!     let set = batch?.open(&mut codecs, 1 << 20)?;
//!     for record in set.records() {
//!         let record = record?;
//!         println!("{} {:?} {} headers", record.offset, record.value, record.headers.len());
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod attributes;
mod builder;
mod control;
mod copy;
mod header;
mod headers;
mod patch;
mod reader;
mod records;

pub use attributes::{Attributes, TimestampType};
pub use builder::{BatchBuilder, BatchOptions, no_headers};
pub use control::{ControlMarker, control_batch};
pub use header::{BatchHeader, HEADER_LEN, Producer};
pub use headers::Headers;
pub use patch::{set_base_offset, set_leader_epoch, set_log_append_time, set_producer};
pub use reader::{Batch, Batches, RecordSet};
pub use records::{Record, RecordCursor, Records};
