//! What is known of a cluster: its brokers, topics and leaders, as an immutable snapshot.
//!
//! A snapshot is replaced, never changed. The rules by which an answer becomes the next snapshot are in `merge`:
//! plain functions without I/O. Asking brokers is the business of [`crate::cluster`].

mod merge;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;
use uuid::Uuid;
use windlass_wire::ErrorCode;

pub use merge::LeaderHint;
pub(crate) use merge::TopicErrors;

/// A broker's id; `-1` on the wire stands for "none" and never appears here.
pub type NodeId = i32;

/// A snapshot of what is known of the cluster.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// The cluster's id, when the broker told it.
    pub cluster_id: Option<Arc<str>>,
    /// The broker to send controller requests to.
    pub controller: Option<NodeId>,
    /// Every live broker by id.
    pub brokers: BTreeMap<NodeId, Broker>,
    /// When the brokers were last told. `None` before the first answer.
    pub updated: Option<Instant>,
    topics: BTreeMap<Arc<str>, Arc<Topic>>,
    names: BTreeMap<Uuid, Arc<str>>,
}

/// Where a broker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Its id.
    pub id: NodeId,
    /// Its advertised host name or address.
    pub host: Arc<str>,
    /// Its advertised port.
    pub port: u16,
    /// Its rack, if it has one.
    pub rack: Option<Arc<str>>,
}

/// A topic as last told.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its name.
    pub name: Arc<str>,
    /// Its id (KIP-516); nil when the broker is too old to tell.
    pub id: Uuid,
    /// Whether it is one of Kafka's own.
    pub internal: bool,
    /// Its partitions; the index is the partition number.
    pub partitions: Vec<Partition>,
    /// When it was last told.
    pub updated: Instant,
}

/// A partition as last told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The broker that leads it, if any does.
    pub leader: Option<NodeId>,
    /// The leader's epoch, `-1` when unknown. A smaller one than known before is old news.
    pub leader_epoch: i32,
    /// Brokers that hold it.
    pub replicas: Vec<NodeId>,
    /// Those of them that are in sync.
    pub isr: Vec<NodeId>,
    /// Why there is no leader, if there is none.
    pub error: Option<ErrorCode>,
}

impl Metadata {
    /// The topic, if it is known.
    pub fn topic(&self, name: &str) -> Option<&Arc<Topic>> {
        self.topics.get(name)
    }

    /// The topic with this id, if it is known.
    pub fn topic_by_id(&self, id: &Uuid) -> Option<&Arc<Topic>> {
        self.names.get(id).and_then(|name| self.topics.get(name))
    }

    /// Every known topic by name, in alphabetical order.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.topics.values()
    }

    /// Leader and leader epoch of a partition, if it has a leader.
    pub fn leader(&self, topic: &str, partition: i32) -> Option<(NodeId, i32)> {
        let partition = self.topic(topic)?.partition(partition)?;
        Some((partition.leader?, partition.leader_epoch))
    }
}

impl Topic {
    /// A partition by number.
    pub fn partition(&self, number: i32) -> Option<&Partition> {
        usize::try_from(number)
            .ok()
            .and_then(|index| self.partitions.get(index))
    }

    /// How many partitions there are.
    pub fn partition_count(&self) -> i32 {
        i32::try_from(self.partitions.len()).unwrap_or(i32::MAX)
    }

    /// Numbers of the partitions that have a leader, ascending.
    pub fn available(&self) -> impl Iterator<Item = i32> {
        (0..)
            .zip(&self.partitions)
            .filter(|(_, partition)| partition.leader.is_some())
            .map(|(number, _)| number)
    }
}
