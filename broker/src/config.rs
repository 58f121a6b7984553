//! What a broker is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// What a [`Broker`](crate::Broker) is started with. The defaults are Kafka's own unless a field says otherwise.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// Where to listen. Default: an ephemeral port on 127.0.0.1.
    pub listen: SocketAddr,
    /// Host and port told to clients. Default: the address listened on.
    pub advertised: Option<(String, u16)>,
    /// Where records and state are kept. Default: memory.
    pub storage: Storage,
    /// Whether metadata requests create unknown topics (`auto.create.topics.enable`). Default: true.
    pub auto_create_topics: bool,
    /// Partitions of a topic created without a count (`num.partitions`). Default: 1.
    pub default_partitions: i32,
    /// How long the first rebalance of an empty group waits for more members
    /// (`group.initial.rebalance.delay.ms`). Default: zero, where Kafka waits 3 s: one machine has nobody to wait for.
    pub group_initial_rebalance_delay: Duration,
    /// The smallest session timeout a member may ask for (`group.min.session.timeout.ms`). Default: 6 s.
    pub group_min_session_timeout: Duration,
    /// The largest session timeout a member may ask for (`group.max.session.timeout.ms`). Default: 30 min.
    pub group_max_session_timeout: Duration,
    /// The largest transaction timeout a producer may ask for (`transaction.max.timeout.ms`). Default: 15 min.
    pub transaction_max_timeout: Duration,
    /// The largest request accepted, in bytes (`socket.request.max.bytes`); a longer one closes the connection.
    /// Default: 100 MiB.
    pub max_request_bytes: usize,
    /// How often retention, compaction and old segments are looked after. Default: 30 s.
    pub housekeeping_interval: Duration,
    /// The source of cluster id, topic ids and member ids. Default: seeded by the operating system.
    pub rng: fastrand::Rng,
}

/// Where a broker keeps records, topics, committed offsets and transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// In memory; gone when the broker stops.
    #[default]
    Memory,
    /// In append-only files below this directory, which is created when missing. A broker started on it again
    /// continues with the same cluster id, topics, records, committed offsets and transactions.
    ///
    /// An acknowledged record has been written to the file, so it survives the death of the process; files are
    /// synced to disk when a segment is full and on a clean stop, as Kafka's defaults do, so a power cut may lose the
    /// newest records. What such a cut tore is recognised by its CRC on start, and cut off. Two brokers cannot use one
    /// directory.
    Directory(PathBuf),
}

impl Default for BrokerConfig {
    fn default() -> Self {
        BrokerConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            advertised: None,
            storage: Storage::Memory,
            auto_create_topics: true,
            default_partitions: 1,
            group_initial_rebalance_delay: Duration::ZERO,
            group_min_session_timeout: Duration::from_secs(6),
            group_max_session_timeout: Duration::from_secs(30 * 60),
            transaction_max_timeout: Duration::from_secs(15 * 60),
            max_request_bytes: 100 * 1024 * 1024,
            housekeeping_interval: Duration::from_secs(30),
            rng: fastrand::Rng::new(),
        }
    }
}
