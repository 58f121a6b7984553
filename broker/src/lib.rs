//! The embedded single-node broker, for the first five minutes and for tests.
//!
//! It speaks Kafka's wire protocol well enough for the Java 4.3 clients, the Java command line tools and a Java Connect
//! worker: topics, idempotent and transactional produce, fetch with long poll and `read_committed`, classic groups
//! of any protocol type, committed offsets, compaction. It is one node: every partition has one replica, and an
//! acknowledged record has reached the operating system, not necessarily the disk (see [`Storage::Directory`]). It
//! binds to loopback, knows no TLS, no SASL and no ACLs. Production is Apache Kafka.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use windlass_broker::{Broker, BrokerConfig};
//!
//! let broker = Broker::start(BrokerConfig::default()).await.unwrap();
//! println!("bootstrap.servers={}", broker.address());
//! broker.stop().await.unwrap();
//! # });
//! ```
//!
//! For fault tests every API can be told to answer an error, wait, or lose its answer: see [`Faults`]. A simulator
//! hands its own streams to [`Broker::serve`]; all time is tokio's clock and all randomness the seeded
//! [`BrokerConfig::rng`].

mod apis;
#[cfg(test)]
mod batches;
mod broker;
mod codec;
mod config;
mod connection;
mod error;
mod faults;
mod group;
mod handlers;
mod journal;
mod log;
mod node;
mod partition;
mod sessions;
mod store;
mod topic_config;
mod topics;
mod transactions;
mod wall_clock;

pub use apis::{Request, Response};
pub use broker::Broker;
pub use config::{BrokerConfig, Storage};
pub use error::{Error, Result};
pub use faults::{Fault, Faults, RequestView};
pub use kafka_protocol::error::ResponseError;
pub use kafka_protocol::messages::ApiKey;
