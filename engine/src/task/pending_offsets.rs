//! Source offsets between their acknowledgement and the offset store.

use std::collections::BTreeMap;

use windlass_api::{ConnectError, Result, SourceOffset, SourcePartition};

use crate::offsets::OffsetCodec;
use crate::storage::offset_file::OffsetEntries;

/// Offsets that may be stored, and those that are being stored (`OffsetStorageWriter`).
///
/// A flush that fails is merged with what came since, the newer offset of a partition winning; so is one that takes too
/// long, and its late answer is ignored (B-051).
#[derive(Debug, Default)]
pub(crate) struct PendingOffsets {
    newer: BTreeMap<Vec<u8>, Entry>,
    flushing: Option<BTreeMap<Vec<u8>, Entry>>,
}

#[derive(Debug)]
enum Entry {
    Encoded(Option<Vec<u8>>),
    /// Cannot be stored. It blocks the task's commits until a good offset of its partition comes (B-052).
    Bad(String),
}

impl PendingOffsets {
    /// Notes the newest offset of a source partition.
    pub(crate) fn put(
        &mut self,
        codec: &OffsetCodec,
        partition: &SourcePartition,
        offset: &SourceOffset,
    ) {
        let (key, entry) = match (codec.key(partition), codec.value(offset.to_map().as_ref())) {
            (Ok(key), Ok(value)) => (key, Entry::Encoded(value)),
            (Ok(key), Err(error)) => (key, Entry::Bad(error.message().to_owned())),
            // No good offset can ever replace it.
            (Err(error), _) => (
                format!("{partition:?}").into_bytes(),
                Entry::Bad(error.message().to_owned()),
            ),
        };
        self.newer.insert(key, entry);
    }

    /// Whether there is something to flush.
    pub(crate) fn has_newer(&self) -> bool {
        !self.newer.is_empty()
    }

    /// What is to be stored now. No other flush may be under way.
    ///
    /// # Errors
    /// When an offset cannot be stored; all are kept.
    pub(crate) fn begin_flush(&mut self) -> Result<OffsetEntries> {
        let mut entries = OffsetEntries::with_capacity(self.newer.len());
        for (key, entry) in &self.newer {
            match entry {
                Entry::Encoded(value) => entries.push((key.clone(), value.clone())),
                Entry::Bad(message) => return Err(ConnectError::data(message.clone())),
            }
        }
        self.flushing = Some(std::mem::take(&mut self.newer));
        Ok(entries)
    }

    /// The flush succeeded.
    pub(crate) fn flushed(&mut self) {
        self.flushing = None;
    }

    /// The flush failed or was given up: what it held is kept for the next.
    pub(crate) fn merge_back(&mut self) {
        for (key, entry) in self.flushing.take().unwrap_or_default() {
            self.newer.entry(key).or_insert(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use windlass_api::{OffsetMap, Value};

    use super::*;

    fn partition(name: &str) -> SourcePartition {
        SourcePartition::new(OffsetMap::from([(
            "file".to_owned(),
            Value::String(name.into()),
        )]))
    }

    fn texts(entries: OffsetEntries) -> Vec<(String, Option<String>)> {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        entries
            .into_iter()
            .map(|(k, v)| (text(k), v.map(text)))
            .collect()
    }

    fn entry(file: &str, position: i64) -> (String, Option<String>) {
        (
            format!("[\"c\",{{\"file\":\"{file}\"}}]"),
            Some(format!("{{\"position\":{position}}}")),
        )
    }

    #[test]
    fn a_failed_flush_is_merged_and_the_newer_offset_wins() {
        let (codec, mut pending) = (OffsetCodec::new("c"), PendingOffsets::default());
        let at = |n| SourceOffset::position("position", n);
        pending.put(&codec, &partition("a"), &at(1));
        pending.put(&codec, &partition("b"), &at(2));
        assert_eq!(
            texts(pending.begin_flush().unwrap()),
            [entry("a", 1), entry("b", 2)]
        );
        pending.put(&codec, &partition("b"), &at(3));
        pending.merge_back();
        assert_eq!(
            texts(pending.begin_flush().unwrap()),
            [entry("a", 1), entry("b", 3)]
        );
        pending.flushed();
        pending.merge_back();
        assert!(!pending.has_newer());
    }

    #[test]
    fn an_offset_that_cannot_be_stored_blocks_until_it_is_replaced() {
        let (codec, mut pending) = (OffsetCodec::new("c"), PendingOffsets::default());
        let bad = OffsetMap::from([("list".to_owned(), Value::Array(Vec::new()))]);
        pending.put(&codec, &partition("a"), &SourceOffset::Map(Arc::new(bad)));
        pending.put(
            &codec,
            &partition("b"),
            &SourceOffset::position("position", 2),
        );
        assert!(pending.begin_flush().is_err());
        pending.put(
            &codec,
            &partition("a"),
            &SourceOffset::position("position", 1),
        );
        assert_eq!(
            texts(pending.begin_flush().unwrap()),
            [entry("a", 1), entry("b", 2)]
        );
    }
}
