//! Looking up topics and leaders, refreshing what is missing or old.

use std::sync::Arc;
use std::time::Duration;

use super::Cluster;
use crate::error::ClientError;
use crate::metadata::{Metadata, NodeId, Topic};

/// Which topics to ask for.
#[derive(Debug, Clone, Copy)]
pub enum Topics<'a> {
    /// Only the brokers.
    None,
    /// Every topic of the cluster.
    All,
    /// These.
    Named(&'a [Arc<str>]),
    /// These, and the broker may create those that do not exist (if its `auto.create.topics.enable` is on).
    Created(&'a [Arc<str>]),
}

impl Cluster {
    /// Asks a broker for metadata and answers the new snapshot. Callers that ask at the same time share one request.
    ///
    /// # Errors
    /// No broker could be reached. A topic that does not exist is no error here: it is missing in the snapshot.
    pub async fn refresh(&self, topics: Topics<'_>) -> Result<Arc<Metadata>, ClientError> {
        match topics {
            Topics::None => self.ask_metadata(false, &[], false).await?,
            Topics::All => self.ask_metadata(true, &[], false).await?,
            Topics::Named(topics) => self.ask_metadata(false, topics, false).await?,
            Topics::Created(topics) => self.ask_metadata(false, topics, true).await?,
        }
        Ok(self.metadata())
    }

    /// The topic, from the snapshot if that is younger than `metadata.max.age.ms`, else asked for; retried while it has no
    /// leaders or does not exist yet, for at most `limit`.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_OR_PARTITION` and the like when it does not appear in time.
    pub async fn topic(
        &self,
        name: &Arc<str>,
        create: bool,
        limit: Duration,
    ) -> Result<Arc<Topic>, ClientError> {
        if let Some(topic) = self.known_topic(name) {
            return Ok(topic);
        }
        let names = [Arc::clone(name)];
        self.retry(&format!("looking up topic {name}"), limit, || async {
            let topics = if create {
                Topics::Created(&names)
            } else {
                Topics::Named(&names)
            };
            let metadata = self.refresh(topics).await?;
            match metadata.topic(name) {
                Some(topic) => Ok(Arc::clone(topic)),
                None => Err(self.missing(name)),
            }
        })
        .await
    }

    /// The broker that leads a partition, and its leader epoch.
    ///
    /// # Errors
    /// As [`Cluster::topic`]; a partition without a leader is asked for again until `limit`.
    pub async fn leader(
        &self,
        topic: &Arc<str>,
        partition: i32,
        limit: Duration,
    ) -> Result<(NodeId, i32), ClientError> {
        if let Some(leader) = self.metadata().leader(topic, partition) {
            return Ok(leader);
        }
        let names = [Arc::clone(topic)];
        self.retry(
            &format!("looking up the leader of {topic}-{partition}"),
            limit,
            || async {
                let metadata = self.refresh(Topics::Named(&names)).await?;
                metadata
                    .leader(topic, partition)
                    .ok_or_else(|| match metadata.topic(topic) {
                        Some(_) => ClientError::broker(
                            format!("leader of {topic}-{partition}"),
                            super::code(LEADER_NOT_AVAILABLE),
                        ),
                        None => self.missing(topic),
                    })
            },
        )
        .await
    }

    /// The topic in the snapshot, if it is not older than `metadata.max.age.ms`.
    pub(crate) fn known_topic(&self, name: &str) -> Option<Arc<Topic>> {
        let metadata = self.shared.metadata.borrow();
        let topic = metadata.topic(name)?;
        (topic.updated.elapsed() <= self.shared.config.metadata_max_age).then(|| Arc::clone(topic))
    }

    /// Why `topic` is not in the snapshot.
    pub(crate) fn missing(&self, topic: &str) -> ClientError {
        let code = self
            .shared
            .refresh
            .error_of(topic)
            .unwrap_or_else(|| super::code(UNKNOWN_TOPIC));
        ClientError::broker(format!("topic {topic}"), code)
    }
}

const UNKNOWN_TOPIC: i16 = 3;
const LEADER_NOT_AVAILABLE: i16 = 5;
