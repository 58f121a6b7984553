//! Where the offsets of a source connector are kept.

use std::sync::Arc;

use tokio::sync::OnceCell;
use windlass_api::{ConnectError, Props, Result};
use windlass_client::admin::Admin;
use windlass_client::compacted_topic::CompactedTopicConfig;
use windlass_client::config::{AdminConfig, ConfigError, ConsumerConfig, ProducerConfig};

use super::{Worker, client_config, text};
use crate::config::StorageTopic;
use crate::status::TaskId;
use crate::storage::offsets::{OffsetStore, OwnOffsets};

impl Worker {
    /// The worker's store, or the topic that the connector names for itself (OF-006).
    ///
    /// # Errors
    /// When the connector's client settings are wrong.
    pub(crate) fn offset_store(&self, connector: &str, config: &Props) -> Result<OffsetStore> {
        let named = text(config, "offsets.storage.topic").filter(|name| !name.is_empty());
        let (OffsetStore::Topic(worker), Some(shared), Some(name)) =
            (&self.offsets, &self.offset_topic, named)
        else {
            return Ok(self.offsets.clone());
        };
        if name == shared.name {
            return Ok(self.offsets.clone());
        }
        // Not a task's: the settings are those of the connector's clients under another name.
        let task = TaskId {
            connector: Arc::from(connector),
            task: 0,
        };
        let id = format!("{connector}-offsets");
        let mut consumer = client_config::consumer(&self.config, config, &task);
        consumer.remove("group.id");
        consumer.insert("client.id".to_owned(), id.clone());
        // What a transaction has not committed is no offset (OF-010).
        consumer
            .entry("isolation.level".to_owned())
            .or_insert_with(|| "read_committed".to_owned());
        let producer = client_config::producer(&self.config, config, id.clone());
        let admin = client_config::admin(&self.config, config, id);
        let admin = AdminConfig::parse(&admin).map_err(wrong)?.config;
        let producer = ProducerConfig::parse(&producer).map_err(wrong)?.config;
        let cluster = self.clusters.cluster(&producer.client);
        let own = OwnOffsets {
            worker: worker.clone(),
            admin: Admin::new(self.clusters.cluster(&admin.client)),
            topic: StorageTopic {
                key: "offsets.storage.topic",
                name: name.to_owned(),
                ..shared.clone()
            },
            log: CompactedTopicConfig {
                topic: Arc::from(name),
                consumer: ConsumerConfig::parse(&consumer).map_err(wrong)?.config,
                producer: Some(producer),
            },
            cluster,
            runtime: self.control.clone(),
            opened: OnceCell::new(),
        };
        Ok(OffsetStore::Own(Arc::new(own)))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn wrong(error: ConfigError) -> ConnectError {
    ConnectError::config(error.to_string())
}
