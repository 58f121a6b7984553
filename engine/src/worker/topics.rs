//! The topics in which a cluster keeps its state, and its group.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use windlass_client::admin::Admin;
use windlass_client::compacted_topic::CompactedTopicConfig;
use windlass_client::config::{
    ClientConfig, ConfigError, ConsumerConfig, ProducerConfig, Properties,
};
use windlass_client::group::{GroupConfig, GroupMember};
use windlass_client::{ClientError, Cluster, Clusters};

use super::{StartError, client_config};
use crate::config::{DistributedConfig, StorageTopic};
use crate::herder::ConnectorType;
use crate::plugins::{PluginKind, Plugins, VersionRange};
use crate::storage::config::ConfigSnapshot;
use crate::storage::config_state::ConfigChange;
use crate::storage::config_topic::ConfigTopic;
use crate::storage::internal_topic::{check_single, prepare};
use crate::storage::leader_writer::LeaderWriter;
use crate::storage::offset_topic::TopicOffsetStore;
use crate::storage::status::StatusStore;

/// Opens them, with the worker's own client settings.
pub(super) struct Topics<'a> {
    config: &'a DistributedConfig,
    properties: Properties,
    cluster: Cluster,
    runtime: &'a Handle,
}

impl<'a> Topics<'a> {
    pub(super) fn new(
        clusters: &Clusters,
        config: &'a DistributedConfig,
        runtime: &'a Handle,
    ) -> Result<Self, ConfigError> {
        let properties = client_config::own(&config.worker);
        let cluster = clusters.cluster(&ClientConfig::parse(&properties)?.config);
        Ok(Topics {
            config,
            properties,
            cluster,
            runtime,
        })
    }

    /// Creates or checks all of them.
    pub(super) async fn prepare(&self) -> Result<(), StartError> {
        let admin = Admin::new(self.cluster.clone());
        let DistributedConfig {
            config_topic,
            offset_topic,
            status_topic,
            ..
        } = self.config;
        for topic in [offset_topic, status_topic, config_topic] {
            prepare(&admin, topic).await?;
        }
        Ok(())
    }

    /// Whether there is a cluster of that name at all.
    pub(super) async fn config_topic_exists(&self) -> Result<bool, StartError> {
        let topic = &self.config.config_topic;
        let listed = Admin::new(self.cluster.clone()).list_topics().await;
        let listed = listed.map_err(unreadable(topic))?;
        Ok(listed.iter().any(|found| *found.name == *topic.name))
    }

    pub(super) async fn statuses(&self) -> Result<StatusStore, StartError> {
        let topic = &self.config.status_topic;
        let log = self.log(topic, "statuses")?;
        let store = StatusStore::start(&self.cluster, log, self.runtime).await;
        store.map_err(unreadable(topic))
    }

    pub(super) async fn offsets(&self) -> Result<TopicOffsetStore, StartError> {
        let topic = &self.config.offset_topic;
        let log = self.log(topic, "offsets")?;
        let store = TopicOffsetStore::start(&self.cluster, log, self.runtime).await;
        store.map_err(unreadable(topic))
    }

    pub(super) async fn configs(
        &self,
        snapshot: &Arc<ConfigSnapshot>,
        plugins: Arc<Plugins>,
        changes: mpsc::UnboundedSender<ConfigChange>,
    ) -> Result<ConfigTopic, StartError> {
        let topic = &self.config.config_topic;
        let type_of = Box::new(move |config: &windlass_api::Props| {
            let text = |key: &str| config.get(key)?.as_deref();
            let versions = VersionRange::parse(text("connector.plugin.version")).ok()?;
            let class = text("connector.class").unwrap_or_default();
            let (info, _) = plugins.connector(class, &versions).ok()?;
            Some(match info.kind {
                PluginKind::Source => ConnectorType::Source,
                _ => ConnectorType::Sink,
            })
        });
        let log = self.log(topic, "configs")?;
        let leader = self.leader(topic)?;
        let (snapshot, runtime) = (Arc::clone(snapshot), self.runtime);
        let store = ConfigTopic::start(
            &self.cluster,
            log,
            leader,
            snapshot,
            type_of,
            changes,
            runtime,
        )
        .await;
        let store = store.map_err(unreadable(topic))?;
        check_single(topic, store.partitions())?;
        Ok(store)
    }

    /// A place in the group, not joined yet.
    pub(super) fn member(&self) -> GroupMember {
        let config = GroupConfig {
            group_id: self.config.group_id.clone(),
            instance_id: None,
            protocol_type: "connect".to_owned(),
            session_timeout: self.config.session_timeout,
            rebalance_timeout: self.config.rebalance_timeout,
            heartbeat_interval: self.config.heartbeat_interval,
        };
        GroupMember::new(&self.cluster, config, self.runtime)
    }

    /// The leader's own way to write the config topic, if it writes in transactions (EO-003).
    fn leader(&self, topic: &StorageTopic) -> Result<Option<LeaderWriter>, ConfigError> {
        if !self.config.exactly_once.has_transactional_leader() {
            return Ok(None);
        }
        let mut properties = self.clients("configs-leader");
        let id = format!("connect-cluster-{}", self.config.group_id);
        properties.insert("transactional.id".to_owned(), id);
        properties.insert("enable.idempotence".to_owned(), "true".to_owned());
        properties.insert("acks".to_owned(), "all".to_owned());
        let config = ProducerConfig::parse(&properties)?.config;
        let (cluster, topic) = (self.cluster.clone(), Arc::from(topic.name.as_str()));
        Ok(Some(LeaderWriter::new(cluster, config, topic)))
    }

    fn clients(&self, what: &str) -> Properties {
        let mut properties = self.properties.clone();
        let given = properties.get("client.id").filter(|id| !id.is_empty());
        let base = given.cloned();
        let base = base.unwrap_or_else(|| format!("connect-{}", self.config.group_id));
        properties.insert("client.id".to_owned(), format!("{base}-{what}"));
        properties.insert("delivery.timeout.ms".to_owned(), i32::MAX.to_string());
        properties
    }

    fn log(&self, topic: &StorageTopic, what: &str) -> Result<CompactedTopicConfig, ConfigError> {
        let mut properties = self.clients(what);
        if self.config.exactly_once.is_enabled() {
            let committed = "read_committed".to_owned();
            properties.insert("isolation.level".to_owned(), committed);
        }
        Ok(CompactedTopicConfig {
            topic: Arc::from(topic.name.as_str()),
            consumer: ConsumerConfig::parse(&properties)?.config,
            producer: Some(ProducerConfig::parse(&properties)?.config),
        })
    }
}

fn unreadable(topic: &StorageTopic) -> impl Fn(ClientError) -> StartError + '_ {
    |error| StartError::Storage {
        topic: topic.name.clone(),
        error,
    }
}
