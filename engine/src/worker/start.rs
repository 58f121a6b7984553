//! Starting a worker.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc;
use windlass_api::Props;
use windlass_client::config::{ClientConfig, ConfigError};
use windlass_client::{ClientError, Clusters, Env};

use super::topics::Topics;
use super::{Worker, client_config};
use crate::config::{
    ConnectorValidation, DistributedConfig, ExactlyOnce, StandaloneConfig, WorkerConfig,
};
use crate::herder::{DistributedHerder, DistributedParts, Herder, LogLevel, StandaloneHerder};
use crate::metrics::{Metrics, Sampling};
use crate::peer::PeerClient;
use crate::plugins::Plugins;
use crate::storage::TopicError;
use crate::storage::config::ConfigSnapshot;
use crate::storage::offset_file::{FileOffsetStore, OffsetFileError};
use crate::storage::offsets::OffsetStore;
use crate::storage::status::StatusStore;
use crate::task::Watchdog;

/// What a worker is started with.
pub struct WorkerOptions {
    /// The worker's configuration.
    pub config: StandaloneConfig,
    /// The classes it knows.
    pub plugins: Arc<Plugins>,
    /// What statuses show as `worker_id`: `host:port` of REST.
    pub worker_id: String,
    /// Where connectors and tasks run; see [`data_runtime`].
    pub data: Handle,
    /// The world of the Kafka clients.
    pub env: Env,
}

/// Why a worker did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings of its own Kafka client are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The offsets file is unusable.
    #[error(transparent)]
    Offsets(#[from] OffsetFileError),
    /// A topic of the cluster's state is not as it must be.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// A topic of the cluster's state cannot be read.
    #[error("cannot read topic \"{topic}\": {error}")]
    Storage {
        /// The topic.
        topic: String,
        /// What went wrong.
        error: ClientError,
    },
    /// Kafka does not answer.
    #[error("cannot look up the id of the Kafka cluster at {servers}: {error}")]
    Kafka {
        /// The `bootstrap.servers`.
        servers: String,
        /// What went wrong.
        error: ClientError,
    },
}

/// Starts a standalone worker: its herder runs on the runtime of the caller, its tasks on the data runtime. It ends with
/// [`Herder::shutdown`].
///
/// # Errors
/// [`StartError`]; like Java's, a worker that does not reach Kafka does not start (B-002).
pub async fn start_standalone(options: WorkerOptions) -> Result<Herder, StartError> {
    let WorkerOptions {
        config,
        plugins,
        worker_id,
        data,
        env,
    } = options;
    let offsets = FileOffsetStore::open(config.offset_storage_file)?;
    let config = Arc::new(config.worker);
    let clusters = Clusters::new(env);
    let cluster_id = cluster_id(&clusters, &config).await?;
    tracing::info!(%cluster_id, worker_id, "worker starts");
    let sampling = sampling(&config);
    Ok(StandaloneHerder::spawn(Arc::new(Worker {
        id: Arc::from(worker_id),
        validation: ConnectorValidation::new(Arc::clone(&plugins), Arc::clone(&config)),
        config,
        plugins,
        configs: Arc::new(ConfigSnapshot::default()),
        statuses: Arc::new(StatusStore::default()),
        offsets: OffsetStore::File(offsets),
        offset_topic: None,
        exactly_once: ExactlyOnce::Disabled,
        group_id: Arc::from(""),
        generation: Arc::default(),
        lease: None,
        clusters,
        cluster_id,
        watchdog: Watchdog::spawn(),
        metrics: Metrics::new(sampling),
        data,
        control: Handle::current(),
    })))
}

/// What a worker of a cluster is started with.
pub struct DistributedOptions {
    /// The worker's configuration.
    pub config: DistributedConfig,
    /// The classes it knows.
    pub plugins: Arc<Plugins>,
    /// What statuses show as `worker_id`: `host:port` of REST.
    pub worker_id: String,
    /// The URL of REST for other workers, with a slash at its end.
    pub url: String,
    /// Sets the level of a logger of this process.
    pub log_level: LogLevel,
    /// Where connectors and tasks run; see [`data_runtime`].
    pub data: Handle,
    /// The world of the Kafka clients.
    pub env: Env,
}

/// Starts a worker of a cluster: it creates or checks the cluster's topics, reads them to their end, and joins the group.
/// Its herder runs on the runtime of the caller, its tasks on the data runtime. It ends with [`Herder::shutdown`].
///
/// # Errors
/// [`StartError`]; like Java's, a worker that does not reach Kafka does not start (B-002).
pub async fn start_distributed(options: DistributedOptions) -> Result<Herder, StartError> {
    let DistributedOptions {
        config,
        plugins,
        worker_id,
        url,
        log_level,
        data,
        env,
    } = options;
    let clusters = Clusters::new(env.clone());
    let common = Arc::new(config.worker.clone());
    let cluster_id = cluster_id(&clusters, &common).await?;
    tracing::info!(%cluster_id, worker_id, group = config.group_id, "worker starts");
    let control = Handle::current();
    let topics = Topics::new(&clusters, &config, &control)?;
    topics.prepare().await?;

    let statuses = topics.statuses().await?;
    let offsets = topics.offsets().await?;
    let configs = Arc::new(ConfigSnapshot::default());
    let (sender, mut changes) = mpsc::unbounded_channel();
    let topic = topics
        .configs(&configs, Arc::clone(&plugins), sender)
        .await?;
    // What was read so far is where the worker begins (B-039).
    while changes.try_recv().is_ok() {}

    let member = topics.member();
    let sampling = sampling(&common);
    let peers = PeerClient::new(env, common.rest.tls.clone());
    let worker = Arc::new(Worker {
        id: Arc::from(worker_id),
        validation: ConnectorValidation::new(Arc::clone(&plugins), Arc::clone(&common))
            .clustered(config.exactly_once),
        config: common,
        plugins,
        configs,
        statuses: Arc::new(statuses),
        offsets: OffsetStore::Topic(offsets),
        offset_topic: Some(config.offset_topic.clone()),
        exactly_once: config.exactly_once,
        group_id: Arc::from(config.group_id.as_str()),
        generation: Arc::default(),
        lease: Some(member.lease().clone()),
        clusters,
        cluster_id,
        watchdog: Watchdog::spawn(),
        metrics: Metrics::new(sampling),
        data,
        control,
    });
    Ok(DistributedHerder::spawn(DistributedParts {
        worker,
        url: Arc::from(url),
        topic,
        changes,
        member,
        peers,
        log_level,
        config,
    }))
}

/// The configurations of all connectors of a cluster, read from its config topic by one who does not join it; none where
/// the topic does not exist.
///
/// # Errors
/// [`StartError`] when Kafka or the topic cannot be read.
pub async fn stored_connectors(
    config: &DistributedConfig,
    plugins: Arc<Plugins>,
    env: Env,
) -> Result<BTreeMap<Arc<str>, Arc<Props>>, StartError> {
    let clusters = Clusters::new(env);
    cluster_id(&clusters, &config.worker).await?;
    let control = Handle::current();
    let topics = Topics::new(&clusters, config, &control)?;
    if !topics.config_topic_exists().await? {
        return Ok(BTreeMap::new());
    }
    let configs = Arc::new(ConfigSnapshot::default());
    let (changes, _unheard) = mpsc::unbounded_channel();
    let topic = topics.configs(&configs, plugins, changes).await?;
    let stored = configs.names().into_iter().filter_map(|name| {
        let entry = configs.connector(&name)?;
        Some((name, Arc::clone(&entry.config)))
    });
    let stored = stored.collect();
    topic.stop().await;
    Ok(stored)
}

/// A runtime for connectors and tasks: as many threads as there are cores.
///
/// # Errors
/// When the operating system gives no threads.
pub fn data_runtime() -> io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Builder::new_multi_thread()
        .worker_threads(cores)
        .thread_name("windlass-data")
        .thread_keep_alive(BLOCKING_KEEP_ALIVE)
        .enable_all()
        .build()
}

fn sampling(config: &WorkerConfig) -> Sampling {
    Sampling {
        window: config.metrics_sample_window,
        samples: usize::try_from(config.metrics_num_samples).unwrap_or(1),
    }
}

async fn cluster_id(clusters: &Clusters, config: &WorkerConfig) -> Result<Arc<str>, StartError> {
    let servers = config.bootstrap_servers.join(",");
    let config = ClientConfig::parse(&client_config::own(config))?.config;
    let cluster = clusters.cluster(&config);
    let metadata = cluster
        .retry("cluster id", config.api_timeout, || {
            cluster.refresh(windlass_client::Topics::None)
        })
        .await
        .map_err(|error| StartError::Kafka { servers, error })?;
    Ok(metadata.cluster_id.clone().unwrap_or_else(|| Arc::from("")))
}

/// Threads for blocking calls are rarely needed twice in a row.
const BLOCKING_KEEP_ALIVE: Duration = Duration::from_secs(2);
