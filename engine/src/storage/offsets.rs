//! Source offsets, wherever they are kept.

use std::collections::BTreeMap;

use windlass_client::ClientError;

use super::offset_file::{FileOffsetStore, OffsetEntries, OffsetFileError};
use super::offset_topic::TopicOffsetStore;

/// Where the offsets of a source connector are. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) enum OffsetStore {
    /// A standalone worker's file.
    File(FileOffsetStore),
    /// The worker's topic.
    Topic(TopicOffsetStore),
    /// A topic of the connector's own (`offsets.storage.topic`), with copies in the worker's (OF-007).
    Own {
        own: TopicOffsetStore,
        worker: TopicOffsetStore,
    },
}

/// Offsets cannot be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OffsetError {
    #[error(transparent)]
    File(#[from] OffsetFileError),
    #[error("offset topic: {0}")]
    Topic(#[from] ClientError),
}

type Entry = (Vec<u8>, Vec<u8>);

impl OffsetStore {
    /// The stored values of these keys, everything included that others wrote before.
    pub(crate) async fn get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, OffsetError> {
        self.catch_up().await?;
        let get = |key: &Vec<u8>| match self {
            OffsetStore::File(file) => file.get(key),
            OffsetStore::Topic(topic) => topic.get(key),
            OffsetStore::Own { own, worker } => own.get(key).or_else(|| worker.get(key)),
        };
        Ok(keys.iter().map(get).collect())
    }

    /// The stored keys that begin with these bytes, with their values.
    pub(crate) async fn with_prefix(&self, prefix: &[u8]) -> Result<Vec<Entry>, OffsetError> {
        self.catch_up().await?;
        Ok(match self {
            OffsetStore::File(file) => file.with_prefix(prefix),
            OffsetStore::Topic(topic) => topic.with_prefix(prefix),
            OffsetStore::Own { own, worker } => {
                let mut entries: BTreeMap<_, _> = worker.with_prefix(prefix).into_iter().collect();
                entries.extend(own.with_prefix(prefix));
                entries.into_iter().collect()
            }
        })
    }

    /// Stores all entries, or none where that is possible; returns when they are safe.
    pub(crate) async fn set(&self, entries: OffsetEntries) -> Result<(), OffsetError> {
        match self {
            OffsetStore::File(file) => Ok(file.set(entries).await?),
            OffsetStore::Topic(topic) => Ok(topic.set(entries).await?),
            OffsetStore::Own { own, worker } => {
                // A copy that outlived its original would come back as an offset.
                let gone: OffsetEntries =
                    entries.iter().filter(|e| e.1.is_none()).cloned().collect();
                worker.set(gone).await?;
                own.set(entries.clone()).await?;
                if let Err(error) = worker.set(entries).await {
                    tracing::warn!(%error, "offsets could not be copied to the worker's topic");
                }
                Ok(())
            }
        }
    }

    /// Finishes the writes and ends it.
    pub(crate) async fn stop(&self) {
        match self {
            OffsetStore::File(_) => {}
            OffsetStore::Topic(topic) => topic.stop().await,
            OffsetStore::Own { own, worker } => {
                own.stop().await;
                worker.stop().await;
            }
        }
    }

    async fn catch_up(&self) -> Result<(), ClientError> {
        match self {
            OffsetStore::File(_) => Ok(()),
            OffsetStore::Topic(topic) => topic.read_to_end().await,
            OffsetStore::Own { own, worker } => {
                worker.read_to_end().await?;
                own.read_to_end().await
            }
        }
    }
}
