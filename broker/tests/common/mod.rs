//! A client that says exactly what a test wants said.

#![allow(dead_code, reason = "each test program uses a part")]

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::PartitionProduceResponse;
use kafka_protocol::messages::{
    CreateTopicsRequest, FetchRequest, FetchResponse, ProduceRequest, TopicName, TransactionalId,
    create_topics_request::CreatableTopic,
};
use kafka_protocol::protocol::StrBytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use windlass_broker::{ApiKey, Broker};
use windlass_wire::Request;
use windlass_wire::batch::{BatchBuilder, BatchOptions, Batches, Producer, no_headers};
use windlass_wire::compression::Codecs;
use windlass_wire::frame::response_body;
use windlass_wire::message::{decode_response, encode_request};

/// One connection, in memory.
pub(crate) struct Client {
    stream: DuplexStream,
    received: BytesMut,
    correlation_id: i32,
}

impl Client {
    /// Connects; the broker serves the other end in a task of its own.
    pub(crate) fn connect(broker: &Broker) -> Client {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(broker.serve(theirs));
        Client {
            stream: ours,
            received: BytesMut::new(),
            correlation_id: 0,
        }
    }

    /// Asks and waits for the answer; `None` when the connection is closed instead.
    pub(crate) async fn try_call<R: Request>(
        &mut self,
        version: i16,
        request: &R,
    ) -> Option<R::Response> {
        self.send(version, request).await;
        self.receive::<R>(version).await
    }

    pub(crate) async fn call<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        self.try_call(version, request)
            .await
            .expect("the connection was closed")
    }

    pub(crate) async fn send<R: Request>(&mut self, version: i16, request: &R) {
        self.correlation_id += 1;
        let frame = encode_request(self.correlation_id, Some("test"), version, request).unwrap();
        self.send_raw(&frame.into_bytes()).await;
    }

    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        // A closed connection shows when the answer is read.
        let _ = self.stream.write_all(bytes).await;
    }

    pub(crate) async fn receive<R: Request>(&mut self, version: i16) -> Option<R::Response> {
        let frame = self.receive_raw().await?;
        let api = ApiKey::try_from(R::KEY).unwrap();
        let body = response_body(api, version, frame).unwrap();
        Some(decode_response::<R>(version, body).unwrap())
    }

    /// The next frame without its length; `None` at the end of the stream, even within a frame.
    pub(crate) async fn receive_raw(&mut self) -> Option<Bytes> {
        loop {
            if let Some(length) = self.received.first_chunk::<4>() {
                let length = i32::from_be_bytes(*length) as usize;
                if self.received.len() >= 4 + length {
                    return Some(self.received.split_to(4 + length).freeze().slice(4..));
                }
            }
            if self.stream.read_buf(&mut self.received).await.unwrap() == 0 {
                return None;
            }
        }
    }

    /// What came of a frame that never became whole.
    pub(crate) fn received(&self) -> &[u8] {
        &self.received
    }

    pub(crate) async fn create_topic(&mut self, name: &str, partitions: i32) {
        let topic = CreatableTopic::default()
            .with_name(topic(name))
            .with_num_partitions(partitions)
            .with_replication_factor(1);
        let created = self
            .call(7, &CreateTopicsRequest::default().with_topics(vec![topic]))
            .await;
        assert_eq!(
            created.topics[0].error_code, 0,
            "{:?}",
            created.topics[0].error_message
        );
    }

    pub(crate) async fn produce(
        &mut self,
        name: &str,
        partition: i32,
        batch: Bytes,
    ) -> PartitionProduceResponse {
        let request = produce_request(name, partition, batch, None);
        self.call(9, &request).await.responses[0].partition_responses[0].clone()
    }

    /// The values from an offset on, waiting until there is one.
    pub(crate) async fn fetch(&mut self, name: &str, partition: i32, offset: i64) -> Vec<String> {
        let fetched = self
            .call(12, &fetch_request(&[(name, partition, offset)], 10_000))
            .await;
        values(&fetched)
    }
}

pub(crate) fn topic(name: &str) -> TopicName {
    TopicName(text(name))
}

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub(crate) fn produce_request(
    name: &str,
    partition: i32,
    batch: Bytes,
    transaction: Option<&str>,
) -> ProduceRequest {
    let data = PartitionProduceData::default()
        .with_index(partition)
        .with_records(Some(batch));
    let data = TopicProduceData::default()
        .with_name(topic(name))
        .with_partition_data(vec![data]);
    ProduceRequest::default()
        .with_transactional_id(transaction.map(|id| TransactionalId(text(id))))
        .with_acks(-1)
        .with_timeout_ms(1000)
        .with_topic_data(vec![data])
}

/// A fetch outside any session that waits for one byte.
pub(crate) fn fetch_request(asked: &[(&str, i32, i64)], max_wait_ms: i32) -> FetchRequest {
    let topics = asked.iter().map(|(name, partition, offset)| {
        let partition = FetchPartition::default()
            .with_partition(*partition)
            .with_fetch_offset(*offset)
            .with_partition_max_bytes(1 << 20);
        FetchTopic::default()
            .with_topic(topic(name))
            .with_partitions(vec![partition])
    });
    FetchRequest::default()
        .with_max_wait_ms(max_wait_ms)
        .with_min_bytes(1)
        .with_max_bytes(1 << 24)
        .with_session_epoch(-1)
        .with_topics(topics.collect())
}

/// The values of every data record of an answer; it must hold no error.
pub(crate) fn values(fetched: &FetchResponse) -> Vec<String> {
    assert_eq!(fetched.error_code, 0);
    let mut values = Vec::new();
    for partition in fetched.responses.iter().flat_map(|topic| &topic.partitions) {
        assert_eq!(partition.error_code, 0);
        for batch in Batches::new(partition.records.clone().unwrap_or_default()) {
            let batch = batch.unwrap();
            if batch.header().attributes.is_control() {
                continue;
            }
            let records = batch.open(&mut Codecs::default(), 1 << 20).unwrap();
            let value = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
            values.extend(
                records
                    .records()
                    .map(|record| value(record.unwrap().value.unwrap())),
            );
        }
    }
    values
}

/// A batch of these values.
pub(crate) fn batch(values: &[&str]) -> Bytes {
    batch_of(values, BatchOptions::default())
}

pub(crate) fn batch_of(values: &[&str], options: BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::new();
    for value in values {
        builder
            .append(1000, Some(b"key"), Some(value.as_bytes()), no_headers())
            .unwrap();
    }
    builder
        .finish(&options, &mut Codecs::default())
        .unwrap()
        .into()
}

pub(crate) fn idempotent(
    id: i64,
    epoch: i16,
    base_sequence: i32,
    transactional: bool,
) -> BatchOptions {
    let producer = Producer {
        id,
        epoch,
        base_sequence,
    };
    BatchOptions {
        producer,
        transactional,
        ..BatchOptions::default()
    }
}
