//! The topic and what is known from it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tokio::runtime::Handle;
use tracing::warn;
use windlass_client::admin::NewTopic;
use windlass_client::compacted_topic::{CompactedTopicConfig, Consumed, NewRecord};
use windlass_client::config::{ClientConfig, ConsumerConfig, ProducerConfig, Properties};
use windlass_client::consumer::Record;
use windlass_client::{Admin, ClientError, Cluster, CompactedTopic, Env, TopicPartition};

use crate::problem::{Problem, Result};
use crate::record::Key;
use crate::state::State;
use crate::{Error, TOPIC};

/// Reads and writes the topic.
#[derive(Debug)]
pub(crate) struct Store {
    state: Arc<Mutex<State>>,
    log: CompactedTopic,
    /// Held from the decision to the moment when what was written has come back.
    writing: tokio::sync::Mutex<()>,
}

impl Store {
    /// Makes the topic, unless there is one, and reads it.
    pub(crate) async fn open(servers: &str) -> Result<Self, Error> {
        let wrong = |e: windlass_client::config::ConfigError| Error::Config(e.to_string());
        let properties = Properties::from([
            ("bootstrap.servers".to_owned(), servers.to_owned()),
            ("client.id".to_owned(), "schema-registry".to_owned()),
            ("acks".to_owned(), "all".to_owned()),
        ]);
        let client: ClientConfig = ClientConfig::parse(&properties).map_err(wrong)?.config;
        let cluster = Cluster::new(&client, Env::default());
        create_topic(&cluster).await?;
        let state = Arc::new(Mutex::new(State::default()));
        let config = CompactedTopicConfig {
            topic: TOPIC.into(),
            consumer: ConsumerConfig::parse(&properties).map_err(wrong)?.config,
            producer: Some(ProducerConfig::parse(&properties).map_err(wrong)?.config),
        };
        let reader = Reader(Arc::clone(&state));
        let log = CompactedTopic::start(&cluster, config, reader, &Handle::current()).await?;
        Ok(Store {
            state,
            log,
            writing: tokio::sync::Mutex::new(()),
        })
    }

    /// What is known now.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Decides on what is known, and writes what that comes to. No other decision is made before it is known to all.
    pub(crate) async fn change<T>(
        &self,
        decide: impl FnOnce(&State) -> Result<(T, Vec<Change>)>,
    ) -> Result<T> {
        let _writing = self.writing.lock().await;
        let (answer, changes) = decide(&self.state())?;
        if changes.is_empty() {
            return Ok(answer);
        }
        let writes: Vec<_> = changes
            .into_iter()
            .map(|change| self.log.write(change.0))
            .collect();
        for write in writes {
            write.await.map_err(Problem::store)?;
        }
        self.log.read_to_end().await.map_err(Problem::store)?;
        Ok(answer)
    }

    /// Finishes the writes.
    pub(crate) async fn stop(&self) {
        self.log.stop().await;
    }
}

/// A record to be written.
#[derive(Debug)]
pub(crate) struct Change(NewRecord);

impl Change {
    /// Puts a value under a key.
    pub(crate) fn put(key: &Key, value: &impl Serialize) -> Result<Self> {
        Ok(Change(NewRecord {
            partition: Some(0),
            key: json(key)?,
            value: Some(json(value)?),
        }))
    }

    /// Takes a key out of the topic.
    pub(crate) fn delete(key: &Key) -> Result<Self> {
        Ok(Change(NewRecord {
            partition: Some(0),
            key: json(key)?,
            value: None,
        }))
    }
}

fn json(value: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(value)
        .map(Bytes::from)
        .map_err(Problem::store)
}

struct Reader(Arc<Mutex<State>>);

impl Consumed for Reader {
    fn record(&mut self, _partition: &TopicPartition, record: &Record<'_>) {
        if let Some(key) = record.key {
            lock(&self.0).apply(key, record.value);
        }
    }

    fn failed(&mut self, error: ClientError) {
        warn!(%error, topic = TOPIC, "the schemas cannot be read; trying again");
    }
}

async fn create_topic(cluster: &Cluster) -> Result<(), Error> {
    let topic = NewTopic {
        name: TOPIC.to_owned(),
        partitions: Some(1),
        replication_factor: Some(1),
        configs: BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]),
    };
    let created = Admin::new(cluster.clone())
        .create_topics(&[topic], false)
        .await?;
    for outcome in created.into_values() {
        match outcome {
            Err(error) if error.code().map(|c| c.code()) != Some(TOPIC_ALREADY_EXISTS) => {
                return Err(error.into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

const TOPIC_ALREADY_EXISTS: i16 = 36;
