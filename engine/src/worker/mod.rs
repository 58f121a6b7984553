//! Runs connectors and tasks, and holds what they share.

mod build;
mod client_config;
mod details;
mod instance;
mod metrics;
mod offsets;
mod own_offsets;
mod reporter;
mod resolve;
mod sink_offsets;
mod start;
mod topics;
mod transactions;

use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::time::Duration;

use tokio::runtime::Handle;
use windlass_api::{ConnectError, OffsetStorageReader, Props, Result};
use windlass_client::Clusters;
use windlass_client::group::Lease;

pub(crate) use self::instance::isolated;
pub(crate) use self::reporter::StatusReporter;
pub(crate) use self::resolve::Ready;
pub use self::start::{
    DistributedOptions, StartError, WorkerOptions, data_runtime, start_distributed,
    start_standalone, stored_connectors,
};
use crate::config::{ConnectorValidation, ExactlyOnce, StorageTopic, WorkerConfig};
use crate::herder::ConnectorType;
use crate::metrics::Metrics;
use crate::offsets::{OffsetCodec, OffsetReader};
use crate::plugins::{Connector, PluginInfo, PluginKind, Plugins, VersionRange};
use crate::status::TaskId;
use crate::storage::config::ConfigSnapshot;
use crate::storage::offsets::OffsetStore;
use crate::storage::status::StatusStore;
use crate::task::{TaskHandle, Watchdog};

/// What the connectors and tasks of a worker share: plugins, stores, Kafka clusters, the runtime they run on.
pub(crate) struct Worker {
    id: Arc<str>,
    config: Arc<WorkerConfig>,
    plugins: Arc<Plugins>,
    validation: ConnectorValidation,
    configs: Arc<ConfigSnapshot>,
    statuses: Arc<StatusStore>,
    offsets: OffsetStore,
    /// The worker's topic of source offsets; a standalone worker has none.
    offset_topic: Option<StorageTopic>,
    /// Whether source tasks write in transactions.
    exactly_once: ExactlyOnce,
    /// `group.id`; empty in a standalone worker.
    group_id: Arc<str>,
    /// The generation of the workers' group; 0 in a standalone worker.
    generation: Arc<AtomicI32>,
    /// How long what runs here surely is this worker's; a standalone worker needs none.
    lease: Option<Lease>,
    clusters: Clusters,
    cluster_id: Arc<str>,
    watchdog: Arc<Watchdog>,
    metrics: Arc<Metrics>,
    /// Where connectors and tasks run, apart from what must stay responsive.
    data: Handle,
    /// Where heartbeats run, which no task may hold up.
    control: Handle,
}

impl Worker {
    pub(crate) fn configs(&self) -> &Arc<ConfigSnapshot> {
        &self.configs
    }

    pub(crate) fn statuses(&self) -> &Arc<StatusStore> {
        &self.statuses
    }

    /// Checks configurations of connectors.
    pub(crate) fn validation(&self) -> &ConnectorValidation {
        &self.validation
    }

    /// What this worker counts.
    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    pub(crate) fn cluster_id(&self) -> &Arc<str> {
        &self.cluster_id
    }

    /// The generation of the workers' group, which statuses show.
    pub(crate) fn generation(&self) -> &AtomicI32 {
        &self.generation
    }

    /// Ends the stores that are topics.
    pub(crate) async fn stop_stores(&self) {
        self.statuses.stop().await;
        self.offsets.stop().await;
    }

    /// The runtime for code of connectors.
    pub(crate) fn data(&self) -> &Handle {
        &self.data
    }

    /// Chance for whatever has this name.
    pub(crate) fn rng(&self, name: &str) -> fastrand::Rng {
        self.clusters.rng(name)
    }

    /// How long what was told to stop may take.
    pub(crate) fn graceful_timeout(&self) -> Duration {
        self.config.task_shutdown_graceful_timeout
    }

    /// A new connector of the class that a configuration names.
    pub(crate) fn connector(&self, config: &Props) -> Result<(PluginInfo, Connector)> {
        let versions =
            VersionRange::parse(text(config, "connector.plugin.version")).map_err(plugin)?;
        self.plugins
            .connector(
                text(config, "connector.class").unwrap_or_default(),
                &versions,
            )
            .map_err(plugin)
    }

    /// Whether a configuration is that of a source or of a sink, by its class.
    pub(crate) fn connector_type(&self, config: &Props) -> Option<ConnectorType> {
        let (info, _) = self.connector(config).ok()?;
        Some(if info.kind == PluginKind::Source {
            ConnectorType::Source
        } else {
            ConnectorType::Sink
        })
    }

    pub(crate) fn connector_reporter(
        &self,
        name: &Arc<str>,
        version: Option<Arc<str>>,
    ) -> StatusReporter {
        let (store, worker) = (Arc::clone(&self.statuses), Arc::clone(&self.id));
        StatusReporter::connector(store, Arc::clone(name), worker, version)
            .within(&self.generation)
            .under(self.lease.clone())
    }

    pub(crate) fn task_reporter(&self, id: TaskId, version: Option<Arc<str>>) -> StatusReporter {
        let (store, worker) = (Arc::clone(&self.statuses), Arc::clone(&self.id));
        StatusReporter::task(store, id, worker, version)
            .within(&self.generation)
            .under(self.lease.clone())
    }

    /// Reads the committed offsets of a source connector.
    ///
    /// # Errors
    /// When the client settings for a topic of its own are wrong.
    pub(crate) fn offset_reader(
        &self,
        connector: &str,
        config: &Props,
    ) -> Result<Arc<dyn OffsetStorageReader>> {
        let store = self.offset_store(connector, config)?;
        Ok(OffsetReader::new(store, OffsetCodec::new(connector)))
    }
}

/// The value of a key that has one.
fn text<'p>(props: &'p Props, key: &str) -> Option<&'p str> {
    props.get(key)?.as_deref()
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn plugin(error: crate::plugins::PluginError) -> ConnectError {
    ConnectError::connect(error.to_string())
}
