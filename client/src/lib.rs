//! A Kafka client: connections, metadata, producer, consumer, group member, admin, compacted topics.
//!
//! It speaks to one cluster through a [`Cluster`] handle, which every task with the same client configuration shares.
//! Settings have Kafka's own names and defaults ([`config`]). Nothing here knows of Connect.

pub mod admin;
pub mod assignor;
pub mod backoff;
pub mod cluster;
pub mod compacted_topic;
pub mod config;
pub mod consumer;
pub mod dns;
pub mod error;
pub mod group;
pub mod metadata;
pub mod net;
pub mod producer;
pub mod sasl;

mod clock;
mod codecs;
mod connection;
mod fetcher;
mod jobs;
mod offsets;
mod tls_dialer;
mod topic_partition;

pub use admin::Admin;
pub use cluster::{Call, Cluster, Clusters, Coordinator, Env, Lane, OwnedLane, Topics};
pub use compacted_topic::CompactedTopic;
pub use consumer::{Consumer, Event, Fetched, Subscription};
pub use error::ClientError;
pub use metadata::NodeId;
pub use producer::Producer;
pub use topic_partition::{OffsetAndMetadata, TopicPartition};
