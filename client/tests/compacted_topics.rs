//! Compacted topics against a real Kafka.

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use common::consumers::config;
use common::kafka;
use common::topics::{TestTopic, cluster};
use tokio::runtime::Handle;
use windlass_client::compacted_topic::{CompactedTopicConfig, Consumed, NewRecord};
use windlass_client::config::{ProducerConfig, Properties};
use windlass_client::consumer::Record;
use windlass_client::{ClientError, CompactedTopic, TopicPartition};

#[derive(Clone, Default)]
struct State {
    entries: Arc<Mutex<BTreeMap<String, String>>>,
    /// Keys in the order they were told.
    order: Arc<Mutex<Vec<String>>>,
}

impl Consumed for State {
    fn record(&mut self, _partition: &TopicPartition, record: &Record<'_>) {
        let key = String::from_utf8(record.key.unwrap().to_vec()).unwrap();
        self.order.lock().unwrap().push(key.clone());
        match record.value {
            Some(value) => self
                .entries
                .lock()
                .unwrap()
                .insert(key, String::from_utf8(value.to_vec()).unwrap()),
            None => self.entries.lock().unwrap().remove(&key),
        };
    }

    fn failed(&mut self, error: ClientError) {
        panic!("{error}");
    }
}

async fn open(topic: &TestTopic, state: &State) -> CompactedTopic {
    let properties = Properties::from([
        ("bootstrap.servers".to_owned(), kafka()),
        ("acks".to_owned(), "all".to_owned()),
    ]);
    let config = CompactedTopicConfig {
        topic: topic.name.as_str().into(),
        consumer: config(&[("group.id", "of-no-use"), ("auto.offset.reset", "latest")]),
        producer: Some(ProducerConfig::parse(&properties).unwrap().config),
    };
    CompactedTopic::start(&cluster(), config, state.clone(), &Handle::current())
        .await
        .unwrap()
}

fn record(key: &str, value: Option<&str>) -> NewRecord {
    let bytes = |text: &str| Bytes::from(text.to_owned());
    NewRecord {
        partition: None,
        key: bytes(key),
        value: value.map(bytes),
    }
}

#[tokio::test]
async fn what_is_written_is_read_back_by_everyone() {
    let topic = TestTopic::new("log", 3).await;
    let (ours, theirs) = (State::default(), State::default());
    let log = open(&topic, &ours).await;
    assert_eq!(
        (log.partitions(), ours.entries.lock().unwrap().len()),
        (3, 0)
    );
    let writes: Vec<_> = (0..100)
        .map(|n| log.write(record(&format!("k{}", n % 10), Some(&format!("v{n}")))))
        .collect();
    let deleted = log.write(record("k3", None));
    for write in writes {
        write.await.unwrap();
    }
    deleted.await.unwrap();
    log.read_to_end().await.unwrap();
    let other = open(&topic, &theirs).await;
    let expected: BTreeMap<String, String> = (0..10)
        .filter(|n| *n != 3)
        .map(|n| (format!("k{n}"), format!("v{}", 90 + n)))
        .collect();
    assert_eq!(*ours.entries.lock().unwrap(), expected);
    assert_eq!(
        *theirs.entries.lock().unwrap(),
        expected,
        "read to its end before start returns"
    );
    assert_eq!(ours.order.lock().unwrap().len(), 101, "each told once");

    other
        .write(record("k0", Some("from the other")))
        .await
        .unwrap();
    log.read_to_end().await.unwrap();
    assert_eq!(ours.entries.lock().unwrap()["k0"], "from the other");
    let last = log.write(record("k9", Some("last")));
    log.stop().await;
    last.await.unwrap();
    assert!(matches!(log.read_to_end().await, Err(ClientError::Closed)));
    assert!(matches!(
        log.write(record("k9", None)).await,
        Err(ClientError::Closed)
    ));
    other.flush().await;
    other.stop().await;
    topic.delete().await;
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_an_error() {
    let config = CompactedTopicConfig {
        topic: "group-no-such-log".into(),
        consumer: config(&[("default.api.timeout.ms", "300")]),
        producer: None,
    };
    let error = CompactedTopic::start(&cluster(), config, State::default(), &Handle::current())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "topic group-no-such-log: UNKNOWN_TOPIC_OR_PARTITION"
    );
}
