//! Reading a dead letter queue.

use std::collections::BTreeMap;
use std::time::Duration;

use windlass_client::config::ConsumerConfig;
use windlass_client::consumer::Event;
use windlass_client::{Clusters, Consumer, TopicPartition};

use super::within;

/// A record of a dead letter queue.
#[derive(Debug)]
pub struct DeadLetter {
    pub key: Option<String>,
    pub value: Option<String>,
    pub timestamp: i64,
    /// In their order, the prefix `__connect.errors.` left out.
    pub headers: Vec<(String, Option<String>)>,
}

impl DeadLetter {
    /// The value of a header that stands there once.
    pub fn header(&self, name: &str) -> &str {
        let found: Vec<_> = self.headers.iter().filter(|(key, _)| key == name).collect();
        assert_eq!(found.len(), 1, "{name} in {self:?}");
        found[0].1.as_deref().unwrap_or("null")
    }
}

/// Waits for this many records of the topic and gives all there are.
pub async fn dead_letters(address: &str, topic: &str, count: usize) -> Vec<DeadLetter> {
    let properties = BTreeMap::from([
        ("bootstrap.servers".to_owned(), address.to_owned()),
        ("auto.offset.reset".to_owned(), "earliest".to_owned()),
    ]);
    let config = ConsumerConfig::parse(&properties).unwrap().config;
    let cluster = Clusters::default().cluster(&config.client);
    let mut consumer = Consumer::new(cluster, config).unwrap();
    consumer.assign(&[TopicPartition::new(topic, 0)]).unwrap();
    let mut letters = Vec::new();
    let what = format!("{count} records in {topic}");
    within(Duration::from_secs(30), &what, async {
        while letters.len() < count {
            let event = consumer.poll(Duration::from_secs(1)).await.unwrap();
            if let Event::Records(fetched) = event {
                for part in &fetched {
                    letters.extend(part.records().map(|record| letter(&record.unwrap())));
                }
            }
        }
    })
    .await;
    letters
}

fn letter(record: &windlass_client::consumer::Record<'_>) -> DeadLetter {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = record.headers.into_iter();
    let name = |key: &str| {
        key.strip_prefix("__connect.errors.")
            .unwrap_or(key)
            .to_owned()
    };
    DeadLetter {
        key: record.key.map(text),
        value: record.value.map(text),
        timestamp: record.timestamp,
        headers: headers
            .map(|(key, value)| (name(&text(key)), value.map(text)))
            .collect(),
    }
}
