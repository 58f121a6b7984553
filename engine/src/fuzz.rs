//! For fuzz targets: bytes that come from a topic, through all that reads them.

use std::sync::Arc;

use crate::offsets::OffsetCodec;
use crate::storage::config_record::ConfigRecord;
use crate::storage::config_state::ConfigState;
use crate::storage::status_record::{StatusKey, parse_status, status_value, topic_value};

/// A config topic that is read record by record.
#[derive(Default)]
pub struct ConfigTopic(ConfigState);

impl ConfigTopic {
    /// Takes in a record; what can be read is written again and read to the same.
    pub fn take(&mut self, key: &[u8], value: Option<&[u8]>) {
        let Ok(record) = ConfigRecord::parse(key, value) else {
            return;
        };
        let written = record.value();
        // Fencing records count tasks, which nobody reads yet, and a tombstone of what must have a value is none.
        if !matches!(record, ConfigRecord::Fencing(..)) {
            let again = ConfigRecord::parse(record.key().as_bytes(), written.as_deref());
            assert_eq!(again.ok().as_ref(), Some(&record));
        }
        self.0.apply(record);
        let names: Vec<Arc<str>> = self.0.connectors().cloned().collect();
        for name in names {
            let tasks = self.0.tasks(&name);
            assert!(tasks.is_empty() || self.0.applied(&name).is_some());
            self.0.target(&name);
        }
    }
}

/// A record of the status topic; what can be read is written again and read to the same.
pub fn status_record(key: &[u8], value: &[u8]) {
    if let Some(key) = StatusKey::parse(key) {
        let again = StatusKey::parse(&key.to_bytes());
        if let StatusKey::Task(id) = &key {
            topic_value("t", id, 0);
        }
        assert_eq!(again, Some(key));
    }
    if let Some(status) = parse_status(value) {
        assert_eq!(parse_status(&status_value(&status)), Some(status));
    }
}

/// A record of the offset topic; what can be read is written again and read to the same.
pub fn offset_record(key: &[u8], value: &[u8]) {
    let codec = OffsetCodec::new("c");
    if let Ok(partition) = codec.partition(key) {
        let partition = partition.map(windlass_api::SourcePartition::new);
        let partition = partition.unwrap_or_default();
        if let Ok(written) = codec.key(&partition) {
            let again = codec.partition(&written).expect("what was written is read");
            assert_eq!(again.as_ref(), partition.entries());
        }
    }
    if let Ok(offset) = codec.offset(value)
        && let Ok(Some(written)) = codec.value(offset.as_ref())
    {
        assert_eq!(codec.offset(&written).ok(), Some(offset));
    }
}
