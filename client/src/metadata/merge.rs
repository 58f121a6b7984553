//! How an answer becomes the next snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::messages::MetadataResponse;
use kafka_protocol::messages::metadata_response::{
    MetadataResponsePartition, MetadataResponseTopic,
};
use tokio::time::Instant;
use windlass_wire::ErrorCode;

use super::{Broker, Metadata, NodeId, Partition, Topic};

/// A newer leader that came with a Produce or Fetch answer (KIP-951).
#[derive(Debug, Clone)]
pub struct LeaderHint {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Its leader.
    pub leader: NodeId,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// Where that leader listens, if the answer told.
    pub endpoint: Option<Broker>,
}

/// Topics an answer could not describe, and why.
pub(crate) type TopicErrors = BTreeMap<Arc<str>, ErrorCode>;

impl Metadata {
    /// This snapshot with `answer` worked in: brokers are replaced, topics told are replaced, topics that turned out not to
    /// exist are dropped, others stay. `complete`: the answer lists every topic, so that those it misses are gone.
    ///
    /// A partition keeps its leader when the answer names an older leader epoch of the same topic: an answer from a
    /// broker that lags must not undo what a newer one told.
    pub(crate) fn merged(
        &self,
        answer: &MetadataResponse,
        complete: bool,
        now: Instant,
    ) -> (Self, TopicErrors) {
        let mut next = Self {
            cluster_id: answer
                .cluster_id
                .as_ref()
                .map(|id| Arc::from(id.as_str()))
                .or_else(|| self.cluster_id.clone()),
            controller: node(answer.controller_id.0),
            brokers: brokers(answer),
            updated: Some(now),
            topics: if complete {
                BTreeMap::new()
            } else {
                self.topics.clone()
            },
            names: BTreeMap::new(),
        };
        let mut errors = TopicErrors::new();
        for told in &answer.topics {
            let Some(name) = told
                .name
                .as_ref()
                .map(|name| Arc::<str>::from(name.as_str()))
            else {
                continue;
            };
            match ErrorCode::new(told.error_code) {
                None => {
                    let topic = self.merged_topic(Arc::clone(&name), told, now);
                    next.topics.insert(name, Arc::new(topic));
                }
                Some(error) => {
                    next.topics.remove(&name);
                    errors.insert(name, error);
                }
            }
        }
        next.names = next
            .topics
            .values()
            .filter(|topic| !topic.id.is_nil())
            .map(|topic| (topic.id, Arc::clone(&topic.name)))
            .collect();
        (next, errors)
    }

    /// This snapshot with newer leaders, or `None` if all of them were known.
    pub(crate) fn with_leaders(&self, hints: &[LeaderHint]) -> Option<Self> {
        let mut next = self.clone();
        let mut changed = false;
        for hint in hints {
            let Some(topic) = next.topics.get_mut(&hint.topic) else {
                continue;
            };
            let known = topic.partition(hint.partition);
            if known.is_none_or(|known| known.leader_epoch >= hint.leader_epoch) {
                continue;
            }
            let usable = next.brokers.contains_key(&hint.leader) || hint.endpoint.is_some();
            let index = usize::try_from(hint.partition).unwrap_or(usize::MAX);
            if let Some(partition) = Arc::make_mut(topic)
                .partitions
                .get_mut(index)
                .filter(|_| usable)
            {
                partition.leader = Some(hint.leader);
                partition.leader_epoch = hint.leader_epoch;
                partition.error = None;
                changed = true;
                if let Some(endpoint) = &hint.endpoint {
                    next.brokers.insert(endpoint.id, endpoint.clone());
                }
            }
        }
        changed.then_some(next)
    }

    fn merged_topic(&self, name: Arc<str>, told: &MetadataResponseTopic, now: Instant) -> Topic {
        let before = self.topic(&name).filter(|topic| topic.id == told.topic_id);
        let count = told
            .partitions
            .iter()
            .filter(|partition| partition.partition_index >= 0)
            .count();
        let mut partitions: Vec<Partition> =
            std::iter::repeat_n(Partition::unknown(), count).collect();
        for partition in &told.partitions {
            // An index beyond the count would be a hole in the numbering, which Kafka has none of.
            let index = usize::try_from(partition.partition_index).unwrap_or(usize::MAX);
            if let Some(slot) = partitions.get_mut(index) {
                let known = before.and_then(|topic| topic.partitions.get(index));
                *slot = newer(known, Partition::told(partition));
            }
        }
        Topic {
            name,
            id: told.topic_id,
            internal: told.is_internal,
            partitions,
            updated: now,
        }
    }
}

impl Partition {
    fn unknown() -> Self {
        Self {
            leader: None,
            leader_epoch: -1,
            replicas: Vec::new(),
            isr: Vec::new(),
            error: None,
        }
    }

    fn told(told: &MetadataResponsePartition) -> Self {
        Self {
            leader: node(told.leader_id.0),
            leader_epoch: told.leader_epoch,
            replicas: told.replica_nodes.iter().map(|id| id.0).collect(),
            isr: told.isr_nodes.iter().map(|id| id.0).collect(),
            error: ErrorCode::new(told.error_code),
        }
    }
}

fn newer(known: Option<&Partition>, told: Partition) -> Partition {
    match known {
        Some(known) if told.leader_epoch >= 0 && told.leader_epoch < known.leader_epoch => {
            known.clone()
        }
        _ => told,
    }
}

fn brokers(answer: &MetadataResponse) -> BTreeMap<NodeId, Broker> {
    let broker = |told: &kafka_protocol::messages::metadata_response::MetadataResponseBroker| {
        let port = u16::try_from(told.port).ok()?;
        let rack = told.rack.as_ref().map(|rack| Arc::from(rack.as_str()));
        Some(Broker {
            id: told.node_id.0,
            host: Arc::from(told.host.as_str()),
            port,
            rack,
        })
    };
    answer
        .brokers
        .iter()
        .filter_map(broker)
        .map(|broker| (broker.id, broker))
        .collect()
}

fn node(id: i32) -> Option<NodeId> {
    (id >= 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::metadata_response::MetadataResponseBroker;
    use kafka_protocol::messages::{BrokerId, TopicName};
    use kafka_protocol::protocol::StrBytes;
    use uuid::Uuid;

    fn answer(topics: Vec<MetadataResponseTopic>) -> MetadataResponse {
        let broker = |id: i32| {
            MetadataResponseBroker::default()
                .with_node_id(BrokerId(id))
                .with_host(StrBytes::from_static_str("h"))
                .with_port(9092)
        };
        MetadataResponse::default()
            .with_brokers(vec![broker(1), broker(2)])
            .with_controller_id(BrokerId(2))
            .with_topics(topics)
    }

    fn topic(name: &'static str, id: u128, leader: i32, epoch: i32) -> MetadataResponseTopic {
        let partition = MetadataResponsePartition::default()
            .with_leader_id(BrokerId(leader))
            .with_leader_epoch(epoch);
        MetadataResponseTopic::default()
            .with_name(Some(TopicName(StrBytes::from_static_str(name))))
            .with_topic_id(Uuid::from_u128(id))
            .with_partitions(vec![partition])
    }

    async fn now() -> Instant {
        Instant::now()
    }

    #[tokio::test]
    async fn an_older_epoch_does_not_undo_a_newer_leader() {
        let now = now().await;
        let (first, _) = Metadata::default().merged(&answer(vec![topic("a", 1, 1, 7)]), false, now);
        let (lagging, _) = first.merged(&answer(vec![topic("a", 1, 2, 6)]), false, now);
        assert_eq!(lagging.leader("a", 0), Some((1, 7)));
        let (recreated, _) = lagging.merged(&answer(vec![topic("a", 2, 2, 0)]), false, now);
        assert_eq!(
            recreated.leader("a", 0),
            Some((2, 0)),
            "another topic id is another topic"
        );
    }

    #[tokio::test]
    async fn topics_not_told_stay_unless_the_answer_is_complete() {
        let now = now().await;
        let (first, _) = Metadata::default().merged(
            &answer(vec![topic("a", 1, 1, 0), topic("b", 2, 1, 0)]),
            true,
            now,
        );
        let (second, _) = first.merged(&answer(vec![topic("b", 2, 2, 1)]), false, now);
        assert_eq!(second.topics().count(), 2);
        assert_eq!(&*second.topic_by_id(&Uuid::from_u128(2)).unwrap().name, "b");
        let (third, _) = second.merged(&answer(vec![topic("b", 2, 2, 1)]), true, now);
        assert!(third.topic("a").is_none());
    }

    #[tokio::test]
    async fn a_missing_topic_is_an_error_and_forgotten() {
        let now = now().await;
        let (first, _) = Metadata::default().merged(&answer(vec![topic("a", 1, 1, 0)]), false, now);
        let gone = topic("a", 1, -1, -1).with_error_code(3);
        let (second, errors) = first.merged(&answer(vec![gone]), false, now);
        assert!(second.topic("a").is_none());
        assert_eq!(
            errors.values().map(|code| code.code()).collect::<Vec<_>>(),
            [3]
        );
    }

    #[tokio::test]
    async fn a_hint_moves_a_leader_forward_only() {
        let now = now().await;
        let (first, _) = Metadata::default().merged(&answer(vec![topic("a", 1, 1, 3)]), false, now);
        let hint = |leader, leader_epoch| LeaderHint {
            topic: "a".into(),
            partition: 0,
            leader,
            leader_epoch,
            endpoint: None,
        };
        assert!(first.with_leaders(&[hint(2, 3)]).is_none());
        assert!(
            first.with_leaders(&[hint(9, 4)]).is_none(),
            "nobody knows where broker 9 is"
        );
        assert_eq!(
            first.with_leaders(&[hint(2, 4)]).unwrap().leader("a", 0),
            Some((2, 4))
        );
    }

    #[tokio::test]
    async fn a_hole_in_the_numbering_is_no_panic() {
        let strange = MetadataResponsePartition::default().with_partition_index(i32::MAX);
        let told = topic("a", 1, 1, 0).with_partitions(vec![strange]);
        let (metadata, _) = Metadata::default().merged(&answer(vec![told]), false, now().await);
        assert_eq!(metadata.leader("a", 0), None);
    }
}
