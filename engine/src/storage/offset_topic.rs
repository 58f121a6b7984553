//! Source offsets in a compacted topic, the same as Java keeps them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value as Json;
use tokio::runtime::Handle;
use windlass_client::compacted_topic::{CompactedTopicConfig, Consumed, NewRecord};
use windlass_client::consumer::Record;
use windlass_client::{ClientError, Cluster, CompactedTopic, TopicPartition};

use super::offset_file::OffsetEntries;

/// The offsets of many connectors, or of one that has a topic of its own.
#[derive(Clone, Debug)]
pub(crate) struct TopicOffsetStore {
    topic: CompactedTopic,
    known: Arc<RwLock<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Keys as they are written, by what they mean: Java writes a partition's members in the order of its map, which the
    /// connector here may not use.
    written_as: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl TopicOffsetStore {
    /// Reads the topic to its end, and follows it on `runtime`.
    ///
    /// # Errors
    /// When the topic cannot be read.
    pub(crate) async fn start(
        cluster: &Cluster,
        config: CompactedTopicConfig,
        runtime: &Handle,
    ) -> Result<Self, ClientError> {
        let known = Arc::default();
        let follower = Follower(Arc::clone(&known));
        let topic = CompactedTopic::start(cluster, config, follower, runtime).await?;
        Ok(TopicOffsetStore { topic, known })
    }

    /// Waits until everything that was in the topic when this was called is known here, whoever wrote it (OF-011).
    pub(crate) async fn read_to_end(&self) -> Result<(), ClientError> {
        self.topic.read_to_end().await
    }

    /// The known value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let known = read(&self.known);
        if let Some(value) = known.entries.get(key) {
            return Some(value.clone());
        }
        let written = known.written_as.get(&meaning(key)?)?;
        known.entries.get(written).cloned()
    }

    /// The known keys that begin with these bytes, with their values.
    pub(crate) fn with_prefix(&self, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let known = read(&self.known);
        let from = known
            .entries
            .range(prefix.to_vec()..)
            .take_while(|(key, _)| key.starts_with(prefix));
        from.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Writes all entries; returns when the broker has them.
    ///
    /// # Errors
    /// When one cannot be written; others may have been.
    pub(crate) async fn set(&self, entries: OffsetEntries) -> Result<(), ClientError> {
        let writes: Vec<_> = entries
            .into_iter()
            .map(|(key, value)| {
                self.topic.write(NewRecord {
                    partition: None,
                    key: self.as_written(&key).into(),
                    value: value.map(Into::into),
                })
            })
            .collect();
        for write in writes {
            write.await?;
        }
        Ok(())
    }

    /// The topic's name.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.topic.topic()
    }

    /// Finishes the writes and follows the topic no more.
    pub(crate) async fn stop(&self) {
        self.topic.stop().await;
    }

    /// The bytes under which the key is in the topic, so that it is replaced there.
    pub(crate) fn as_written(&self, key: &[u8]) -> Vec<u8> {
        let known = read(&self.known);
        if known.entries.contains_key(key) {
            return key.to_vec();
        }
        let written = meaning(key).and_then(|meaning| known.written_as.get(&meaning));
        written.cloned().unwrap_or_else(|| key.to_vec())
    }
}

struct Follower(Arc<RwLock<Known>>);

impl Consumed for Follower {
    fn record(&mut self, _: &TopicPartition, record: &Record<'_>) {
        let Some(key) = record.key else { return };
        let mut known = write(&self.0);
        match record.value {
            Some(value) => {
                if let Some(meaning) = meaning(key) {
                    known.written_as.insert(meaning, key.to_vec());
                }
                known.entries.insert(key.to_vec(), value.to_vec());
            }
            None => {
                known.entries.remove(key);
            }
        }
    }

    fn failed(&mut self, error: ClientError) {
        tracing::error!(%error, "the offset topic cannot be read");
    }
}

/// The same bytes for keys that mean the same: members in order. `None` for keys that can only be written in one way, and
/// for what is no key.
fn meaning(key: &[u8]) -> Option<Vec<u8>> {
    let Ok(Json::Array(parts)) = serde_json::from_slice(key) else {
        return None;
    };
    let [connector, Json::Object(partition)] = &parts[..] else {
        return None;
    };
    if partition.len() < 2 {
        return None;
    }
    let ordered: BTreeMap<&String, &Json> = partition.iter().collect();
    serde_json::to_vec(&(connector, ordered)).ok()
}

fn read(known: &RwLock<Known>) -> RwLockReadGuard<'_, Known> {
    known.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(known: &RwLock<Known>) -> RwLockWriteGuard<'_, Known> {
    known.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_members_does_not_matter() {
        let java = br#"["ms",{"cluster":"src","partition":0,"topic":"heartbeats"}]"#;
        let ours = br#"["ms",{"topic":"heartbeats","partition":0,"cluster":"src"}]"#;
        assert!(meaning(java).is_some());
        assert_eq!(meaning(java), meaning(ours));
        assert_ne!(
            meaning(java),
            meaning(br#"["mt",{"cluster":"src","partition":0,"topic":"heartbeats"}]"#)
        );
        assert_eq!(meaning(br#"["c",{"filename":"a"}]"#), None);
        assert_eq!(meaning(b"garbage"), None);
    }
}
