//! Making sure that topics exist before the first record goes to them.

use std::sync::Arc;

use windlass_api::{ConnectError, Result};
use windlass_client::ClientError;
use windlass_client::admin::{Admin, NewTopic};

use crate::task::{TopicCreation, kafka};

/// The topics of one task that are known to exist. A topic is looked at once per task (SR-020, B-067).
pub(crate) struct Topics {
    creation: TopicCreation,
    admin: Admin,
    known: Vec<Arc<str>>,
}

impl Topics {
    pub(crate) fn new(creation: TopicCreation, admin: Admin) -> Self {
        Topics {
            creation,
            admin,
            known: Vec::new(),
        }
    }

    /// Whether the topic was looked at.
    pub(super) fn knows(&self, topic: &Arc<str>) -> bool {
        let newest_first = || self.known.iter().rev();
        newest_first().any(|k| Arc::ptr_eq(k, topic)) || newest_first().any(|k| k == topic)
    }

    /// Creates the topic if it does not exist. Cancel-safe: the next call looks again.
    ///
    /// # Errors
    /// When it neither exists nor can be created (SR-019); retriable when the cluster did not answer in time.
    pub(super) async fn ensure(&mut self, topic: &Arc<str>) -> Result<()> {
        if !self.exists(topic).await? {
            self.create(topic).await?;
        }
        self.known.push(Arc::clone(topic));
        Ok(())
    }

    async fn exists(&self, topic: &str) -> Result<bool> {
        let names = [topic.to_owned()];
        let mut described = self.admin.describe_topics(&names).await.map_err(kafka)?;
        match described.remove(topic) {
            Some(Ok(_)) => Ok(true),
            Some(Err(error)) if code(&error) != Some(UNKNOWN_TOPIC_OR_PARTITION) => {
                Err(kafka(error))
            }
            _ => Ok(false),
        }
    }

    async fn create(&self, topic: &str) -> Result<()> {
        let settings = self.creation.settings_of(topic);
        let new = NewTopic {
            name: topic.to_owned(),
            partitions: Some(settings.partitions).filter(|count| *count != BROKERS_DEFAULT),
            replication_factor: Some(settings.replication_factor)
                .filter(|factor| i32::from(*factor) != BROKERS_DEFAULT),
            configs: settings.configs.clone(),
        };
        let mut created = self
            .admin
            .create_topics(&[new], false)
            .await
            .map_err(kafka)?;
        match created.remove(topic) {
            Some(Ok(_)) => {
                tracing::info!(topic, "topic created");
                Ok(())
            }
            Some(Err(error)) if code(&error) == Some(TOPIC_ALREADY_EXISTS) => Ok(()),
            Some(Err(error)) if error.is_retriable() => Err(kafka(error)),
            Some(Err(error)) => Err(refused(topic).caused_by(error)),
            None => Err(refused(topic)),
        }
    }
}

fn refused(topic: &str) -> ConnectError {
    ConnectError::connect(format!(
        "Task failed to create new topic {topic}. Ensure that the task is authorized to create topics or that the topic \
         exists and restart the task"
    ))
}

fn code(error: &ClientError) -> Option<i16> {
    error.code().map(|code| code.code())
}

/// In `topic.creation.*.partitions` and `.replication.factor`.
const BROKERS_DEFAULT: i32 = -1;

const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const TOPIC_ALREADY_EXISTS: i16 = 36;
