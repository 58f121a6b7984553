//! Source offsets, wherever they are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use windlass_client::admin::Admin;
use windlass_client::compacted_topic::CompactedTopicConfig;
use windlass_client::{ClientError, Cluster};

use super::internal_topic::{TopicError, prepare};
use super::offset_file::{FileOffsetStore, OffsetEntries, OffsetFileError};
use super::offset_topic::TopicOffsetStore;
pub(crate) use super::transactional_offsets::TransactionalOffsets;
use crate::config::StorageTopic;

/// Where the offsets of a source connector are. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) enum OffsetStore {
    /// A standalone worker's file.
    File(FileOffsetStore),
    /// The worker's topic.
    Topic(TopicOffsetStore),
    /// A topic of the connector's own (`offsets.storage.topic`), with copies in the worker's (OF-007).
    Own(Arc<OwnOffsets>),
}

/// A topic of a connector's own, opened when it is first needed.
#[derive(Debug)]
pub(crate) struct OwnOffsets {
    pub(crate) worker: TopicOffsetStore,
    pub(crate) admin: Admin,
    pub(crate) topic: StorageTopic,
    pub(crate) log: CompactedTopicConfig,
    pub(crate) cluster: Cluster,
    pub(crate) runtime: Handle,
    pub(crate) opened: OnceCell<TopicOffsetStore>,
}

/// Offsets cannot be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OffsetError {
    #[error(transparent)]
    File(#[from] OffsetFileError),
    #[error("offset topic: {0}")]
    Topic(#[from] ClientError),
    #[error(transparent)]
    Unfit(#[from] Arc<TopicError>),
}

type Entry = (Vec<u8>, Vec<u8>);

impl OffsetStore {
    /// The stored values of these keys, everything included that others wrote before.
    pub(crate) async fn get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, OffsetError> {
        self.catch_up().await?;
        let get = |key: &Vec<u8>| match self {
            OffsetStore::File(file) => file.get(key),
            OffsetStore::Topic(topic) => topic.get(key),
            OffsetStore::Own(own) => own.get(key),
        };
        Ok(keys.iter().map(get).collect())
    }

    /// The stored keys that begin with these bytes, with their values.
    pub(crate) async fn with_prefix(&self, prefix: &[u8]) -> Result<Vec<Entry>, OffsetError> {
        self.catch_up().await?;
        Ok(match self {
            OffsetStore::File(file) => file.with_prefix(prefix),
            OffsetStore::Topic(topic) => topic.with_prefix(prefix),
            OffsetStore::Own(own) => own.with_prefix(prefix),
        })
    }

    /// Stores all entries, or none where that is possible; returns when they are safe.
    pub(crate) async fn set(&self, entries: OffsetEntries) -> Result<(), OffsetError> {
        match self {
            OffsetStore::File(file) => Ok(file.set(entries).await?),
            OffsetStore::Topic(topic) => Ok(topic.set(entries).await?),
            OffsetStore::Own(own) => own.set(entries).await,
        }
    }

    /// Where a task's own producer writes them; `None` where they are in a file.
    ///
    /// # Errors
    /// When a topic of the connector's own cannot be opened.
    pub(crate) async fn for_transactions(
        &self,
    ) -> Result<Option<TransactionalOffsets>, OffsetError> {
        Ok(match self {
            OffsetStore::File(_) => None,
            OffsetStore::Topic(topic) => Some(TransactionalOffsets::new(topic.clone(), None)),
            OffsetStore::Own(own) => {
                let copies = Some(own.worker.clone());
                Some(TransactionalOffsets::new(
                    own.opened().await?.clone(),
                    copies,
                ))
            }
        })
    }

    /// Finishes the writes and ends it.
    pub(crate) async fn stop(&self) {
        match self {
            OffsetStore::File(_) => {}
            OffsetStore::Topic(topic) => topic.stop().await,
            OffsetStore::Own(own) => own.worker.stop().await,
        }
    }

    async fn catch_up(&self) -> Result<(), OffsetError> {
        match self {
            OffsetStore::File(_) => Ok(()),
            OffsetStore::Topic(topic) => Ok(topic.read_to_end().await?),
            OffsetStore::Own(own) => {
                own.worker.read_to_end().await?;
                Ok(own.opened().await?.read_to_end().await?)
            }
        }
    }
}

impl OwnOffsets {
    async fn opened(&self) -> Result<&TopicOffsetStore, OffsetError> {
        // Boxed: it is rare and deep.
        self.opened.get_or_try_init(|| Box::pin(self.open())).await
    }

    async fn open(&self) -> Result<TopicOffsetStore, OffsetError> {
        prepare(&self.admin, &self.topic).await.map_err(Arc::new)?;
        let log = self.log.clone();
        Ok(TopicOffsetStore::start(&self.cluster, log, &self.runtime).await?)
    }

    /// The connector's own word, or the worker's.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let own = self.opened.get().and_then(|own| own.get(key));
        own.or_else(|| self.worker.get(key))
    }

    fn with_prefix(&self, prefix: &[u8]) -> Vec<Entry> {
        let mut entries: BTreeMap<_, _> = self.worker.with_prefix(prefix).into_iter().collect();
        let own = self.opened.get().map(|own| own.with_prefix(prefix));
        entries.extend(own.unwrap_or_default());
        entries.into_iter().collect()
    }

    async fn set(&self, entries: OffsetEntries) -> Result<(), OffsetError> {
        let own = self.opened().await?;
        // A copy that outlived its original would come back as an offset.
        let gone: OffsetEntries = entries.iter().filter(|e| e.1.is_none()).cloned().collect();
        self.worker.set(gone).await?;
        own.set(entries.clone()).await?;
        if let Err(error) = self.worker.set(entries).await {
            tracing::warn!(%error, "offsets could not be copied to the worker's topic");
        }
        Ok(())
    }
}
