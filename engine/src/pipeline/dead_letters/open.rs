//! Opening a dead letter queue when its task starts.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use windlass_api::{ConnectError, Result};
use windlass_client::admin::{Admin, NewTopic};
use windlass_client::{ClientError, Producer};

use super::writer::Writer;
use super::{DeadLetters, Pending};
use crate::config::DeadLetterQueue;
use crate::pipeline::{Converters, ErrorCounters};
use crate::status::TaskId;

/// What the dead letter queue of a task is made of.
pub(crate) struct DeadLetterParts {
    pub(crate) task: TaskId,
    pub(crate) queue: DeadLetterQueue,
    pub(crate) admin: Admin,
    pub(crate) producer: Producer,
    /// For records of which there are no bytes.
    pub(crate) converters: Converters,
}

impl DeadLetterParts {
    /// Creates the topic if it does not exist, and starts the writer.
    ///
    /// # Errors
    /// When the topic neither exists nor can be created (EH-010).
    pub(crate) async fn open(self, counters: Arc<ErrorCounters>) -> Result<DeadLetters> {
        let DeadLetterParts {
            task,
            queue,
            admin,
            producer,
            converters,
        } = self;
        let topic = &queue.topic;
        ensure_topic(&task, &queue, &admin).await.map_err(|error| {
            let text = format!("Could not initialize dead letter queue with topic={topic}");
            ConnectError::connect(text).caused_by(error)
        })?;
        let (sender, letters) = mpsc::unbounded_channel();
        let pending = Arc::new(Pending::new());
        let handle = DeadLetters {
            letters: sender,
            pending: Arc::clone(&pending),
            context_headers: queue.context_headers,
        };
        let topic = Arc::from(topic.trim());
        let writer = Writer::new(task, topic, producer, converters, pending, counters);
        tokio::spawn(writer.run(letters));
        Ok(handle)
    }
}

async fn ensure_topic(
    task: &TaskId,
    queue: &DeadLetterQueue,
    admin: &Admin,
) -> Result<(), ClientError> {
    let DeadLetterQueue {
        topic,
        replication_factor,
        ..
    } = queue;
    let mut described = admin.describe_topics(std::slice::from_ref(topic)).await?;
    if let Some(Ok(_)) = described.remove(topic) {
        return Ok(());
    }
    let TaskId { connector, task } = task;
    tracing::info!(%connector, task, topic, "creating the topic of the dead letter queue");
    let new = NewTopic {
        name: topic.clone(),
        partitions: Some(1),
        replication_factor: Some(*replication_factor),
        configs: BTreeMap::new(),
    };
    let mut created = admin.create_topics(&[new], false).await?;
    match created.remove(topic) {
        Some(Err(error)) if error.code().map(|code| code.code()) != Some(TOPIC_ALREADY_EXISTS) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

const TOPIC_ALREADY_EXISTS: i16 = 36;
