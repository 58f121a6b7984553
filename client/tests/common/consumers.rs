//! Consumers for tests.

use std::time::Duration;

use tokio::time::Instant;
use windlass_client::config::{ConsumerConfig, Properties};
use windlass_client::{Cluster, Consumer, Event};

/// A consumer's settings: earliest, and what else is given.
pub(crate) fn config(pairs: &[(&str, &str)]) -> ConsumerConfig {
    let mut properties = Properties::from([
        (
            "bootstrap.servers".to_owned(),
            "the-cluster-handle-decides:1".to_owned(),
        ),
        ("auto.offset.reset".to_owned(), "earliest".to_owned()),
    ]);
    properties.extend(
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
    );
    ConsumerConfig::parse(&properties).unwrap().config
}

pub(crate) fn consumer(cluster: &Cluster, pairs: &[(&str, &str)]) -> Consumer {
    let config = config(pairs);
    Consumer::new(cluster.with_client_id(&config.client.client_id), config).unwrap()
}

/// Values consumed until there are `count`, with `partition@offset value` each.
pub(crate) async fn read(consumer: &mut Consumer, count: usize) -> Vec<(i32, i64, String)> {
    let mut found = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while found.len() < count {
        assert!(
            Instant::now() < deadline,
            "{} of {count} records came",
            found.len()
        );
        collect(
            &consumer.poll(Duration::from_millis(200)).await.unwrap(),
            &mut found,
        );
    }
    found
}

pub(crate) fn collect(event: &Event, found: &mut Vec<(i32, i64, String)>) {
    let Event::Records(fetched) = event else {
        return;
    };
    for partition in fetched {
        for record in partition.records() {
            let record = record.unwrap();
            let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
            found.push((partition.topic_partition().partition, record.offset, value));
        }
    }
}
