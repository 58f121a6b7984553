//! The leader's own way into the config topic: in transactions, so that a leader that was replaced cannot write any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use windlass_client::config::ProducerConfig;
use windlass_client::producer::AppendError;
use windlass_client::{ClientError, Cluster, Producer};

use super::config_record::ConfigRecord;

/// Writes while the right to do so is held: from [`claim`](Self::claim) to the first failure.
#[derive(Debug)]
pub(crate) struct LeaderWriter {
    cluster: Cluster,
    config: ProducerConfig,
    topic: Arc<str>,
    producer: Mutex<Option<Producer>>,
}

impl LeaderWriter {
    /// A writer with `transactional.id` in its configuration.
    pub(crate) fn new(cluster: Cluster, config: ProducerConfig, topic: Arc<str>) -> Self {
        LeaderWriter {
            cluster,
            config,
            topic,
            producer: Mutex::new(None),
        }
    }

    /// Whether the right to write is held, as far as is known.
    pub(crate) fn may_write(&self) -> bool {
        // A write under way holds it.
        self.producer
            .try_lock()
            .map_or(true, |producer| producer.is_some())
    }

    /// Takes the right to write from whoever had it, unless it is held.
    pub(crate) async fn claim(&self) -> Result<(), ClientError> {
        let mut held = self.producer.lock().await;
        if held.is_none() {
            let mut producer = Producer::new(self.cluster.clone(), self.config.clone());
            producer.init_transactions().await?;
            *held = Some(producer);
        }
        Ok(())
    }

    /// Gives the right up: another worker leads.
    pub(crate) async fn give_up(&self) {
        if let Some(mut producer) = self.producer.lock().await.take() {
            producer.close(CLOSE).await;
        }
    }

    /// Writes the records together or not at all. Whatever fails, the right is gone: it has to be claimed again.
    pub(crate) async fn write(&self, records: &[ConfigRecord]) -> Result<(), ClientError> {
        let mut held = self.producer.lock().await;
        let Some(mut producer) = held.take() else {
            let text = "the right to write as the leader is not held";
            return Err(ClientError::State(text.to_owned()));
        };
        self.transact(&mut producer, records).await?;
        *held = Some(producer);
        Ok(())
    }

    async fn transact(
        &self,
        producer: &mut Producer,
        records: &[ConfigRecord],
    ) -> Result<(), ClientError> {
        producer.begin_transaction()?;
        for record in records {
            let (key, value) = (record.key(), record.value());
            append(
                producer,
                &self.topic,
                Some(0),
                key.as_bytes(),
                value.as_deref(),
            )
            .await?;
        }
        producer.commit_transaction().await?;
        while producer.try_next_ack().is_some() {}
        Ok(())
    }
}

/// Appends a record, waiting for what it takes.
///
/// # Errors
/// The record can never be written, or the producer has ended.
pub(crate) async fn append(
    producer: &mut Producer,
    topic: &Arc<str>,
    partition: Option<i32>,
    key: &[u8],
    value: Option<&[u8]>,
) -> Result<(), ClientError> {
    loop {
        let none = std::iter::empty();
        match producer.try_append(topic, partition, None, Some(key), value, none) {
            Ok(_) => return Ok(()),
            Err(AppendError::NeedsMetadata) => producer.ready(topic).await?,
            Err(AppendError::BufferFull) => producer.wait_for_room().await?,
            Err(AppendError::Fatal(error)) => return Err(error),
            Err(error) => return Err(ClientError::State(error.to_string())),
        }
    }
}

const CLOSE: Duration = Duration::from_secs(1);
