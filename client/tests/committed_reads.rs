//! `read_committed` against a real Kafka: open, aborted and committed transactions.

mod common;

use std::time::Duration;

use common::consumers::{collect, consumer, read};
use common::topics::{TestTopic, numbered, topic_name, unique};
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::{
    AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest, ProducerId, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;
use windlass_client::{Coordinator, Lane, NodeId, TopicPartition};
use windlass_wire::batch::{BatchOptions, Producer};
use windlass_wire::compression::Compression;

#[tokio::test]
async fn only_committed_records_are_read() {
    let topic = TestTopic::new("txn", 1).await;
    let tp = TopicPartition::new(topic.name.as_str(), 0);
    let mut first = Transactions::begin(&topic, "one").await;
    let mut second = Transactions::begin(&topic, "two").await;
    first.write(&topic, &numbered("aborted", 0..20)).await;
    second.write(&topic, &numbered("committed", 0..20)).await;
    topic.produce(0, &numbered("plain", 0..20)).await;
    first.end(&topic, false).await;
    second.end(&topic, true).await;
    first
        .write(&topic, &numbered("committed-later", 0..10))
        .await;
    first.end(&topic, true).await;
    second.write(&topic, &numbered("open", 0..10)).await;
    topic.produce(0, &numbered("behind", 0..10)).await;

    let mut committed = consumer(
        &topic.cluster,
        &[
            ("isolation.level", "read_committed"),
            ("max.poll.records", "7"),
        ],
    );
    committed.assign(std::slice::from_ref(&tp)).unwrap();
    let found: Vec<String> = read(&mut committed, 50)
        .await
        .into_iter()
        .map(|(_, _, value)| value)
        .collect();
    let expected = [
        numbered("committed", 0..20),
        numbered("plain", 0..20),
        numbered("committed-later", 0..10),
    ]
    .concat();
    assert_eq!(found, expected);
    let mut more = Vec::new();
    collect(
        &committed.poll(Duration::from_millis(700)).await.unwrap(),
        &mut more,
    );
    assert_eq!(more, [], "nothing behind a transaction that is open");
    assert_eq!(
        committed.position(&tp).await.unwrap(),
        73,
        "the markers are passed"
    );

    let mut all = consumer(&topic.cluster, &[]);
    all.assign(std::slice::from_ref(&tp)).unwrap();
    assert_eq!(read(&mut all, 90).await.len(), 90);

    second.end(&topic, false).await;
    let found: Vec<String> = read(&mut committed, 10)
        .await
        .into_iter()
        .map(|(_, _, value)| value)
        .collect();
    assert_eq!(found, numbered("behind", 0..10));
    topic.delete().await;
}

/// A transactional producer by hand.
struct Transactions {
    id: String,
    coordinator: NodeId,
    producer: (ProducerId, i16),
    sequence: i32,
}

impl Transactions {
    async fn begin(topic: &TestTopic, name: &str) -> Self {
        let id = unique(name);
        let coordinator = topic
            .cluster
            .coordinator(&Coordinator::Transaction(id.as_str().into()))
            .await
            .unwrap();
        let request = InitProducerIdRequest::default()
            .with_transactional_id(Some(transactional(&id)))
            .with_transaction_timeout_ms(60_000)
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1);
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = topic
                .cluster
                .send(Lane::Shared, coordinator, &request)
                .await
                .unwrap();
            if answer.error_code == 0 {
                let producer = (answer.producer_id, answer.producer_epoch);
                return Self {
                    id,
                    coordinator,
                    producer,
                    sequence: 0,
                };
            }
            assert!(
                Instant::now() < deadline,
                "InitProducerId answered error {}",
                answer.error_code
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn write(&mut self, topic: &TestTopic, values: &[String]) {
        let partitions = AddPartitionsToTxnTopic::default()
            .with_name(topic_name(&topic.name))
            .with_partitions(vec![0]);
        let request = AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(transactional(&self.id))
            .with_v3_and_below_producer_id(self.producer.0)
            .with_v3_and_below_producer_epoch(self.producer.1)
            .with_v3_and_below_topics(vec![partitions]);
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = topic
                .cluster
                .send(Lane::Shared, self.coordinator, &request)
                .await
                .unwrap();
            let code = answer.results_by_topic_v3_and_below[0].results_by_partition[0]
                .partition_error_code;
            if code == 0 {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "AddPartitionsToTxn answered error {code}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let producer = Producer {
            id: self.producer.0.0,
            epoch: self.producer.1,
            base_sequence: self.sequence,
        };
        let options = BatchOptions {
            producer,
            transactional: true,
            compression: Compression::Gzip,
        };
        topic
            .produce_with(0, values, &options, Some(&self.id))
            .await;
        self.sequence += values.len() as i32;
    }

    async fn end(&mut self, topic: &TestTopic, commit: bool) {
        let request = EndTxnRequest::default()
            .with_transactional_id(transactional(&self.id))
            .with_producer_id(self.producer.0)
            .with_producer_epoch(self.producer.1)
            .with_committed(commit);
        let answer = topic
            .cluster
            .send(Lane::Shared, self.coordinator, &request)
            .await
            .unwrap();
        assert_eq!(answer.error_code, 0);
        // With transaction.version 2 each transaction has an epoch of its own (KIP-890).
        if answer.producer_epoch >= 0 {
            self.producer = (answer.producer_id, answer.producer_epoch);
            self.sequence = 0;
        }
    }
}

fn transactional(id: &str) -> TransactionalId {
    TransactionalId(StrBytes::from_string(id.to_owned()))
}
