//! What becomes of records and batches.

use std::sync::Arc;

use crate::error::ClientError;

/// Names a batch of one producer; later batches have larger ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// Where a record went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Append {
    /// The batch it is in; acknowledged as a whole.
    pub batch: BatchId,
    /// Its place in that batch, from 0.
    pub index: u32,
    /// The partition it went to.
    pub partition: i32,
    /// Whether it began that batch.
    pub new_batch: bool,
}

/// Why a record was not appended. Nothing of it was kept; the same call may be made again.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The partitions of the topic are not known yet: await [`Producer::ready`](super::Producer::ready), then append again.
    #[error("the partitions of the topic are not known yet")]
    NeedsMetadata,
    /// `buffer.memory` is used up: await [`Producer::wait_for_room`](super::Producer::wait_for_room), then append again.
    #[error("the producer's buffer is full")]
    BufferFull,
    /// The record can never be sent (Java's `RecordTooLargeException`).
    #[error(
        "The message is {size} bytes when serialized which is larger than {max}, which is the value of the {key} configuration."
    )]
    TooLarge {
        /// Bytes of the record with its batch header.
        size: usize,
        /// The limit.
        max: usize,
        /// The setting that limits.
        key: &'static str,
    },
    /// The topic has no such partition.
    #[error("Invalid partition given with record: {partition} is not in the range [0...{count}).")]
    NoSuchPartition {
        /// The partition asked for.
        partition: i32,
        /// How many the topic has.
        count: i32,
    },
    /// The producer cannot go on; every later append fails too.
    #[error(transparent)]
    Fatal(#[from] ClientError),
}

/// The end of a batch: all its records are in the log, or none of them will be (as far as is known).
#[derive(Debug, Clone)]
pub struct Ack {
    /// The batch.
    pub batch: BatchId,
    /// The topic it went to.
    pub topic: Arc<str>,
    /// The partition it went to.
    pub partition: i32,
    /// How many records it has.
    pub count: u32,
    /// Where it is, or why it is nowhere.
    pub result: Result<Written, ClientError>,
}

/// Where a batch is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Offset of the first record; the others follow without a gap (unless the broker made us split the batch: then
    /// other producers' records may stand between). `None` when the broker did not tell: `acks=0`, or a retry of a
    /// batch that was written long ago.
    pub base_offset: Option<i64>,
    /// The broker's timestamp of all records, if the topic has `message.timestamp.type=LogAppendTime`.
    pub log_append_time: Option<i64>,
}
