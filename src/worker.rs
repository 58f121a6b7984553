//! A worker with its REST server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;
use tracing::warn;
use windlass_api::{ConnectError, Props};
use windlass_client::Env;
use windlass_engine::config::{
    ConnectorValidation, DistributedConfig, StandaloneConfig, WorkerConfig,
};
use windlass_engine::herder::{Herder, HerderError};
use windlass_engine::plugins::Plugins;
use windlass_engine::worker::{
    DistributedOptions, StartError, WorkerOptions, start_distributed, start_standalone,
    stored_connectors,
};
use windlass_rest::{CreateRequest, Loggers, RestServer};

use crate::connector_files::ConnectorFiles;
use crate::failure::Failure;
use crate::plugins;

/// A running worker.
pub(crate) struct Worker {
    herder: Herder,
    /// Where connectors are kept as files.
    files: Option<PathBuf>,
    rest: RestServer,
}

impl Worker {
    /// Opens REST's ports, then starts the worker; connectors and tasks run on `data`, all else on the caller's runtime.
    pub(crate) async fn start(
        props: Props,
        loggers: Loggers,
        data: Handle,
    ) -> Result<Self, Failure> {
        let plugins = Arc::new(plugins::all());
        let config = StandaloneConfig::new(props, &plugins).map_err(wrong)?;
        let common = config.worker.clone();
        let rest = open(&common, loggers).await?;
        let herder = start_standalone(WorkerOptions {
            config,
            plugins: Arc::clone(&plugins),
            worker_id: rest.worker_id().to_owned(),
            data,
            env: Env::default(),
        });
        let herder = herder.await.map_err(unstartable)?;
        Ok(Self::serve(rest, herder, plugins, common, None))
    }

    /// As [`start`](Self::start), for one worker of a cluster.
    pub(crate) async fn start_distributed(
        props: Props,
        loggers: Loggers,
        data: Handle,
    ) -> Result<Self, Failure> {
        let plugins = Arc::new(plugins::all());
        let config = DistributedConfig::new(props, &plugins).map_err(wrong)?;
        let (common, files) = (config.worker.clone(), config.connectors_directory.clone());
        let rest = open(&common, loggers.clone()).await?;
        let herder = start_distributed(DistributedOptions {
            config,
            plugins: Arc::clone(&plugins),
            worker_id: rest.worker_id().to_owned(),
            url: rest.advertised_url(),
            log_level: Arc::new(move |logger, level| loggers.set_by_name(logger, level)),
            data,
            env: Env::default(),
        });
        let herder = herder.await.map_err(unstartable)?;
        Ok(Self::serve(rest, herder, plugins, common, files))
    }

    fn serve(
        rest: RestServer,
        herder: Herder,
        plugins: Arc<Plugins>,
        config: WorkerConfig,
        files: Option<PathBuf>,
    ) -> Self {
        let validation = ConnectorValidation::new(Arc::clone(&plugins), Arc::new(config));
        rest.serve(herder.clone(), plugins, validation);
        Worker {
            herder,
            files,
            rest,
        }
    }

    /// Creates a connector.
    pub(crate) async fn create(&self, request: CreateRequest) -> Result<(), HerderError> {
        let CreateRequest {
            name,
            config,
            target,
        } = request;
        let created = self.herder.create_connector(&name, config, target).await;
        created.map(drop)
    }

    /// Where REST listens.
    pub(crate) fn rest_address(&self) -> SocketAddr {
        self.rest.addresses()[0]
    }

    /// Waits until the herder has ended by itself, which it never should.
    pub(crate) async fn ended(&self) -> Failure {
        self.herder.ended().await;
        Failure::usage("the herder ended unexpectedly")
    }

    /// Applies connector files for ever; waits for ever when there is no directory of them.
    pub(crate) async fn follow_files(&self) {
        match &self.files {
            Some(directory) => {
                let files = ConnectorFiles::new(directory.clone(), self.herder.clone());
                files.follow().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Stops the connectors, commits their offsets, and ends REST.
    pub(crate) async fn stop(self) {
        self.herder.shutdown().await;
        self.rest.stop().await;
    }
}

/// The directory of connector files, and what the cluster has now, without joining it.
pub(crate) async fn cluster_connectors(
    props: Props,
) -> Result<(PathBuf, BTreeMap<Arc<str>, Arc<Props>>), Failure> {
    let plugins = Arc::new(plugins::all());
    let config = DistributedConfig::new(props, &plugins).map_err(wrong)?;
    let Some(directory) = config.connectors_directory.clone() else {
        let text = "--dry-run shows what connector files would change: set connectors.directory";
        return Err(Failure::config(text));
    };
    let stored = stored_connectors(&config, plugins, Env::default()).await;
    Ok((directory, stored.map_err(unstartable)?))
}

/// Opens REST's ports, and warns of keys that mean nothing.
async fn open(config: &WorkerConfig, loggers: Loggers) -> Result<RestServer, Failure> {
    for unknown in config.unknown_keys() {
        match &unknown.suggestion {
            Some(suggestion) => warn!(
                key = unknown.key,
                "nobody reads this worker key; did you mean {suggestion}?"
            ),
            None => warn!(key = unknown.key, "nobody reads this worker key"),
        }
    }
    let rest = RestServer::start(config, loggers).await;
    rest.map_err(|e| Failure::config(e.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn wrong(error: ConnectError) -> Failure {
    Failure::config(format!("worker configuration: {}", error.message()))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn unstartable(error: StartError) -> Failure {
    Failure::config(error.to_string())
}
