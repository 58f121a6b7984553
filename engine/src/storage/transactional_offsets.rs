//! Source offsets that a task writes in its own transactions.

use std::sync::Arc;

use windlass_client::ClientError;

use super::offset_file::OffsetEntries;
use super::offset_topic::TopicOffsetStore;

/// The topic for them, and the worker's topic if that gets copies (`ConnectorOffsetBackingStore`).
#[derive(Clone, Debug)]
pub(crate) struct TransactionalOffsets {
    topic: TopicOffsetStore,
    copies: Option<TopicOffsetStore>,
}

impl TransactionalOffsets {
    pub(super) fn new(topic: TopicOffsetStore, copies: Option<TopicOffsetStore>) -> Self {
        TransactionalOffsets { topic, copies }
    }

    /// The topic's name.
    pub(crate) fn topic(&self) -> &Arc<str> {
        self.topic.name()
    }

    /// The bytes under which the key is in the topic, so that it is replaced there.
    pub(crate) fn as_written(&self, key: &[u8]) -> Vec<u8> {
        self.topic.as_written(key)
    }

    /// Removes copies of what is about to be removed: one that outlived its original would come back as an offset.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) async fn forget(&self, entries: &OffsetEntries) -> Result<(), ClientError> {
        let Some(copies) = &self.copies else {
            return Ok(());
        };
        let gone: OffsetEntries = entries.iter().filter(|e| e.1.is_none()).cloned().collect();
        if gone.is_empty() {
            return Ok(());
        }
        copies.set(gone).await
    }

    /// Copies what was committed. Nobody waits for it, and nothing depends on it.
    pub(crate) fn copy(&self, entries: OffsetEntries) {
        let Some(copies) = self.copies.clone() else {
            return;
        };
        tokio::spawn(async move {
            if let Err(error) = copies.set(entries).await {
                tracing::warn!(%error, "offsets could not be copied to the worker's topic");
            }
        });
    }
}
