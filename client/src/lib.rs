//! A Kafka client: connections, metadata, producer, consumer, group member, admin, compacted topics.

pub mod assignor;
mod topic_partition;

pub use topic_partition::{OffsetAndMetadata, TopicPartition};
