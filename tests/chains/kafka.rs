//! Writing and reading topics, and asking what groups have committed.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use windlass_client::admin::Admin;
use windlass_client::config::{AdminConfig, ConsumerConfig, ProducerConfig};
use windlass_client::consumer::Event;
use windlass_client::producer::AppendError;
use windlass_client::{Cluster, Clusters, Consumer, Producer, TopicPartition};
use windlass_testkit::wait_for;

/// A record to be written.
pub(crate) struct Produced {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) timestamp: i64,
    pub(crate) headers: Vec<(&'static str, Option<Vec<u8>>)>,
}

/// A record that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Consumed {
    pub(crate) key: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) timestamp: i64,
    pub(crate) headers: Vec<(String, Option<String>)>,
}

/// Writes records to partition 0, in order; returns the end offset.
pub(crate) fn produce(address: &str, topic: &str, records: &[Produced]) -> i64 {
    block_on(async {
        let config = ProducerConfig::parse(&properties(address))
            .expect("properties")
            .config;
        let mut producer = Producer::new(cluster(&config.client), config);
        let topic: Arc<str> = Arc::from(topic);
        for record in records {
            loop {
                let headers = record
                    .headers
                    .iter()
                    .map(|(key, value)| (key.as_bytes(), value.as_deref()));
                let append = producer.try_append(
                    &topic,
                    Some(0),
                    Some(record.timestamp),
                    record.key.as_deref(),
                    record.value.as_deref(),
                    headers,
                );
                match append {
                    Ok(_) => break,
                    Err(AppendError::NeedsMetadata) => {
                        producer.ready(&topic).await.expect("the topic");
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
        producer.flush().await;
        let mut end = 0;
        while let Some(ack) = producer.try_next_ack() {
            let base = ack.result.expect("written").base_offset.expect("an offset");
            end = end.max(base + i64::from(ack.count));
        }
        end
    })
}

/// Reads all there is.
pub(crate) fn consume(address: &str, topic: &str) -> Vec<Consumed> {
    let end = windlass_testkit::Kafka::at(address)
        .end_offset(topic)
        .expect("an end");
    block_on(async {
        let mut properties = properties(address);
        properties.insert("auto.offset.reset".to_owned(), "earliest".to_owned());
        let config = ConsumerConfig::parse(&properties)
            .expect("properties")
            .config;
        let mut consumer = Consumer::new(cluster(&config.client), config).expect("a consumer");
        consumer
            .assign(&[TopicPartition::new(topic, 0)])
            .expect("assigned");
        let mut records = Vec::new();
        let mut next = 0;
        while next < end {
            if let Event::Records(fetched) = consumer
                .poll(Duration::from_secs(10))
                .await
                .expect("records")
            {
                for part in &fetched {
                    next = part.next_offset();
                    records.extend(
                        part.records()
                            .map(|record| consumed(&record.expect("a record"))),
                    );
                }
            }
        }
        records
    })
}

fn consumed(record: &windlass_client::consumer::Record<'_>) -> Consumed {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = record.headers.into_iter();
    Consumed {
        key: record.key.map(text),
        value: record.value.map(text),
        timestamp: record.timestamp,
        headers: headers
            .map(|(key, value)| (text(key), value.map(text)))
            .collect(),
    }
}

/// Waits until the group has committed the offset.
pub(crate) fn until_committed(
    address: &str,
    group: &str,
    topic: &str,
    offset: i64,
    mut check: impl FnMut(),
) {
    let partition = TopicPartition::new(topic, 0);
    let config = AdminConfig::parse(&properties(address))
        .expect("properties")
        .config;
    let runtime = runtime();
    let admin = Admin::new(cluster(&config.client));
    wait_for("the group to commit", Duration::from_secs(180), || {
        let committed = runtime.block_on(admin.list_group_offsets(group));
        match committed {
            Ok(offsets)
                if offsets
                    .get(&partition)
                    .is_some_and(|at| at.offset >= offset) =>
            {
                Ok(())
            }
            other => {
                check();
                Err(format!("{group}: {other:?}"))
            }
        }
    });
}

fn properties(address: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("bootstrap.servers".to_owned(), address.to_owned())])
}

fn cluster(config: &windlass_client::config::ClientConfig) -> Cluster {
    Clusters::default().cluster(config)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}
