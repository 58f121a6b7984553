//! Client settings under Kafka's own names, with Kafka's defaults and ranges.
//!
//! Every parse answers three things: the typed settings, the keys it did not know (the caller warns of them), and
//! which keys the user set: a default may be bettered, what the user wrote is kept.

mod admin;
mod common;
mod consumer;
mod keys;
mod producer;
mod reader;

pub use admin::AdminConfig;
pub use common::{ClientConfig, DnsLookup, MetadataRecovery, Security, SecurityProtocol};
pub use consumer::{ConsumerConfig, GroupProtocol, IsolationLevel, OffsetReset};
pub use producer::{Acks, ProducerConfig};
pub use reader::{ConfigError, Explicit, Parsed};
pub use windlass_secret::Secret;

/// Settings as the user wrote them: key to text.
pub type Properties = std::collections::BTreeMap<String, String>;
