//! Topics made for one test, and records put into them by hand.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    CreateTopicsRequest, DeleteTopicsRequest, ProduceRequest, TopicName, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;
use windlass_client::config::ClientConfig;
use windlass_client::{Cluster, Env, Lane};
use windlass_wire::batch::{BatchBuilder, BatchOptions, no_headers};
use windlass_wire::compression::{Codecs, Compression};

use super::kafka;

/// A topic with a name of its own.
pub(crate) struct TestTopic {
    pub(crate) cluster: Cluster,
    pub(crate) name: String,
}

/// A cluster handle of its own.
pub(crate) fn cluster() -> Cluster {
    cluster_at(&kafka())
}

pub(crate) fn cluster_at(servers: &str) -> Cluster {
    Cluster::new(&ClientConfig::for_servers(servers).unwrap(), Env::default())
}

/// A name nobody else uses.
pub(crate) fn unique(prefix: &str) -> String {
    format!("group-{prefix}-{:016x}", fastrand::u64(..))
}

impl TestTopic {
    pub(crate) async fn new(prefix: &str, partitions: i32) -> Self {
        Self::new_at(&kafka(), prefix, partitions).await
    }

    pub(crate) async fn new_at(servers: &str, prefix: &str, partitions: i32) -> Self {
        let topic = Self {
            cluster: cluster_at(servers),
            name: unique(prefix),
        };
        topic.create(partitions).await;
        topic
    }

    pub(crate) async fn create(&self, partitions: i32) {
        let asked = CreatableTopic::default()
            .with_name(topic_name(&self.name))
            .with_num_partitions(partitions)
            .with_replication_factor(1);
        let request = CreateTopicsRequest::default()
            .with_topics(vec![asked])
            .with_timeout_ms(30_000);
        let controller = self.cluster.controller().await.unwrap();
        let answer = self
            .cluster
            .send(Lane::Shared, controller, &request)
            .await
            .unwrap();
        assert_eq!(
            answer.topics[0].error_code, 0,
            "{:?}",
            answer.topics[0].error_message
        );
    }

    pub(crate) async fn delete(&self) {
        let asked = DeleteTopicState::default().with_name(Some(topic_name(&self.name)));
        let request = DeleteTopicsRequest::default()
            .with_topics(vec![asked])
            .with_timeout_ms(30_000);
        let controller = self.cluster.controller().await.unwrap();
        let names = vec![topic_name(&self.name)];
        let answer =
            self.cluster
                .send_with::<DeleteTopicsRequest, _>(Lane::Shared, controller, |version| {
                    if version >= 6 {
                        request
                    } else {
                        DeleteTopicsRequest::default()
                            .with_topic_names(names)
                            .with_timeout_ms(30_000)
                    }
                });
        assert_eq!(answer.await.unwrap().1.responses[0].error_code, 0);
    }

    /// Appends `values` to a partition as one batch.
    pub(crate) async fn produce(&self, partition: i32, values: &[String]) {
        self.produce_with(partition, values, &BatchOptions::default(), None)
            .await;
    }

    pub(crate) async fn produce_compressed(
        &self,
        partition: i32,
        values: &[String],
        compression: Compression,
    ) {
        let options = BatchOptions {
            compression,
            ..BatchOptions::default()
        };
        self.produce_with(partition, values, &options, None).await;
    }

    pub(crate) async fn produce_with(
        &self,
        partition: i32,
        values: &[String],
        options: &BatchOptions,
        transactional_id: Option<&str>,
    ) {
        let mut builder = BatchBuilder::new();
        for value in values {
            builder
                .append(
                    1_700_000_000_000,
                    Some(b"k"),
                    Some(value.as_bytes()),
                    no_headers(),
                )
                .unwrap();
        }
        let batch = builder.finish(options, &mut Codecs::new()).unwrap();
        let data = PartitionProduceData::default()
            .with_index(partition)
            .with_records(Some(Bytes::from(batch)));
        let topic = TopicProduceData::default()
            .with_name(topic_name(&self.name))
            .with_partition_data(vec![data]);
        let id = transactional_id.map(|id| TransactionalId(StrBytes::from_string(id.to_owned())));
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(30_000)
            .with_transactional_id(id)
            .with_topic_data(vec![topic]);
        // A leader that has just been made may not know it yet.
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let (leader, _) = self
                .cluster
                .leader(
                    &self.name.as_str().into(),
                    partition,
                    Duration::from_secs(30),
                )
                .await
                .unwrap();
            let answer = self
                .cluster
                .send(Lane::Produce, leader, &request)
                .await
                .unwrap();
            match answer.responses[0].partition_responses[0].error_code {
                0 => return,
                3 | 6 if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                code => panic!("produce to {} answered error {code}", self.name),
            }
        }
    }
}

pub(crate) fn topic_name(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

/// `prefix-0`, `prefix-1` and so on.
pub(crate) fn numbered(prefix: &str, range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("{prefix}-{n}")).collect()
}
