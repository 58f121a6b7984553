//! Starting a worker.

use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use windlass_client::config::{ClientConfig, ConfigError};
use windlass_client::{ClientError, Clusters, Env, Topics};

use super::{Worker, client_config};
use crate::config::{ConnectorValidation, StandaloneConfig, WorkerConfig};
use crate::herder::{Herder, StandaloneHerder};
use crate::plugins::Plugins;
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
    Ok(StandaloneHerder::spawn(Arc::new(Worker {
        id: Arc::from(worker_id),
        validation: ConnectorValidation::new(Arc::clone(&plugins), Arc::clone(&config)),
        config,
        plugins,
        configs: Arc::new(ConfigSnapshot::default()),
        statuses: Arc::new(StatusStore::default()),
        offsets: OffsetStore::File(offsets),
        generation: Arc::default(),
        clusters,
        cluster_id,
        watchdog: Watchdog::spawn(),
        data,
        control: Handle::current(),
    })))
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

async fn cluster_id(clusters: &Clusters, config: &WorkerConfig) -> Result<Arc<str>, StartError> {
    let servers = config.bootstrap_servers.join(",");
    let config = ClientConfig::parse(&client_config::own(config))?.config;
    let cluster = clusters.cluster(&config);
    let metadata = cluster
        .retry("cluster id", config.api_timeout, || {
            cluster.refresh(Topics::None)
        })
        .await
        .map_err(|error| StartError::Kafka { servers, error })?;
    Ok(metadata.cluster_id.clone().unwrap_or_else(|| Arc::from("")))
}

/// Threads for blocking calls are rarely needed twice in a row.
const BLOCKING_KEEP_ALIVE: Duration = Duration::from_secs(2);
