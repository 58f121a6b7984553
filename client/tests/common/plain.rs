//! A topic of its own for a test, and a plain reader of it.

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{
    BrokerId, CreateTopicsRequest, FetchRequest, ListOffsetsRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;
use windlass_client::config::{ClientConfig, ProducerConfig, Properties};
use windlass_client::{Cluster, Env, Lane, Producer};
use windlass_wire::batch::Batches;
use windlass_wire::compression::Codecs;

use super::kafka;

/// A handle to that Kafka.
pub(crate) fn cluster() -> Cluster {
    Cluster::new(
        &ClientConfig::for_servers(&kafka()).unwrap(),
        Env::default(),
    )
}

/// A producer to that Kafka.
pub(crate) fn producer(settings: &[(&str, &str)]) -> Producer {
    let mut properties = Properties::from([("bootstrap.servers".to_owned(), kafka())]);
    let settings = settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    properties.extend(settings);
    let config = ProducerConfig::parse(&properties).unwrap().config;
    Producer::new(Cluster::new(&config.client, Env::default()), config)
}

/// A new topic with a name of its own.
pub(crate) async fn topic(name: &str, partitions: i32) -> Arc<str> {
    topic_with(name, partitions, &[]).await
}

/// A new topic with a name of its own and settings.
pub(crate) async fn topic_with(
    name: &str,
    partitions: i32,
    settings: &[(&'static str, &'static str)],
) -> Arc<str> {
    let name = format!("net-{name}-{:08x}", fastrand::u32(..));
    let cluster = cluster();
    let text = |text: &str| StrBytes::from_string(text.to_owned());
    let configs = settings.iter().map(|(key, value)| {
        CreatableTopicConfig::default()
            .with_name(text(key))
            .with_value(Some(text(value)))
    });
    let topic = CreatableTopic::default()
        .with_name(TopicName(text(&name)))
        .with_num_partitions(partitions)
        .with_replication_factor(1)
        .with_configs(configs.collect());
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(10_000);
    let controller = cluster.controller().await.unwrap();
    let answer = cluster
        .send(Lane::Shared, controller, &request)
        .await
        .unwrap();
    assert_eq!(
        answer.topics[0].error_code, 0,
        "{:?}",
        answer.topics[0].error_message
    );
    let name: Arc<str> = name.into();
    for partition in 0..partitions {
        cluster
            .leader(&name, partition, Duration::from_secs(10))
            .await
            .unwrap();
    }
    name
}

/// Reads a topic from its beginning, plainly.
pub(crate) struct Reader {
    cluster: Cluster,
    topic: Arc<str>,
}

impl Reader {
    pub(crate) fn new(topic: &Arc<str>) -> Self {
        Self::on(cluster(), topic)
    }

    /// A reader on another cluster than the real Kafka.
    pub(crate) fn on(cluster: Cluster, topic: &Arc<str>) -> Self {
        Self {
            cluster,
            topic: Arc::clone(topic),
        }
    }

    /// The values of everything that is in a partition now.
    pub(crate) async fn values_to_end(&self, partition: i32) -> Vec<Vec<u8>> {
        let (leader, _) = self
            .cluster
            .leader(&self.topic, partition, Duration::from_secs(10))
            .await
            .unwrap();
        let asked = ListOffsetsPartition::default()
            .with_partition_index(partition)
            .with_timestamp(-1);
        let topic = ListOffsetsTopic::default()
            .with_name(self.name())
            .with_partitions(vec![asked]);
        let request = ListOffsetsRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_topics(vec![topic]);
        let answer = self
            .cluster
            .send(Lane::Shared, leader, &request)
            .await
            .unwrap();
        let end = answer.topics[0].partitions[0].offset;
        self.values(partition, usize::try_from(end).unwrap()).await
    }

    /// The values of the first `count` records; waits for them for ten seconds.
    pub(crate) async fn values(&self, partition: i32, count: usize) -> Vec<Vec<u8>> {
        let (leader, _) = self
            .cluster
            .leader(&self.topic, partition, Duration::from_secs(10))
            .await
            .unwrap();
        let mut codecs = Codecs::new();
        let mut values = Vec::new();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while values.len() < count {
            assert!(
                tokio::time::Instant::now() < deadline,
                "{} of {count} records after 10 s",
                values.len()
            );
            let asked = FetchPartition::default()
                .with_partition(partition)
                .with_fetch_offset(i64::try_from(values.len()).unwrap())
                .with_partition_max_bytes(1 << 20);
            let topic = FetchTopic::default()
                .with_topic(self.name())
                .with_partitions(vec![asked]);
            let request = FetchRequest::default()
                .with_max_wait_ms(500)
                .with_min_bytes(1)
                .with_max_bytes(1 << 20)
                .with_session_epoch(-1)
                .with_topics(vec![topic]);
            let answer = self
                .cluster
                .send(Lane::Fetch(0), leader, &request)
                .await
                .unwrap();
            let Some(records) = answer.responses[0].partitions[0].records.clone() else {
                continue;
            };
            for batch in Batches::new(records).map_while(Result::ok) {
                let set = batch.open(&mut codecs, usize::MAX).unwrap();
                for record in set.records().map(Result::unwrap) {
                    if record.offset >= i64::try_from(values.len()).unwrap() {
                        assert_eq!(
                            record.offset,
                            i64::try_from(values.len()).unwrap(),
                            "a gap in {}",
                            self.topic
                        );
                        values.push(record.value.unwrap_or_default().to_vec());
                    }
                }
            }
        }
        values
    }

    fn name(&self) -> TopicName {
        TopicName(StrBytes::from_string(self.topic.to_string()))
    }
}
