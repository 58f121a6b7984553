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
        let elsewhere = self.writes_elsewhere(config);
        let shared_name = self.offset_topic.as_ref().map(|topic| topic.name.as_str());
        let named = named.or(shared_name.filter(|_| elsewhere));
        let (OffsetStore::Topic(worker), Some(shared), Some(name)) =
            (&self.offsets, &self.offset_topic, named)
        else {
            return Ok(self.offsets.clone());
        };
        if name == shared.name && !elsewhere {
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
        let committed = || "read_committed".to_owned();
        let isolation = consumer
            .entry("isolation.level".to_owned())
            .or_insert_with(committed);
        if self.writes_transactions() {
            *isolation = committed();
        }
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

    /// Whether a source's transactions go to another cluster than the worker's: its offsets have to be there too.
    fn writes_elsewhere(&self, config: &Props) -> bool {
        self.writes_transactions()
            && text(config, "producer.override.bootstrap.servers")
                .is_some_and(|servers| servers != self.config.bootstrap_servers.join(","))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn wrong(error: ConfigError) -> ConnectError {
    ConnectError::config(error.to_string())
}
