//! A worker with its REST server.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::runtime::Handle;
use tracing::warn;
use windlass_api::Props;
use windlass_client::Env;
use windlass_engine::config::{ConnectorValidation, StandaloneConfig};
use windlass_engine::herder::{Herder, HerderError};
use windlass_engine::worker::{WorkerOptions, start_standalone};
use windlass_rest::{CreateRequest, Loggers, RestServer};

use crate::failure::Failure;
use crate::plugins;

/// A running worker.
pub(crate) struct Worker {
    herder: Herder,
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
        let config = StandaloneConfig::new(props, &plugins)
            .map_err(|e| Failure::config(format!("worker configuration: {}", e.message())))?;
        for unknown in config.worker.unknown_keys() {
            match &unknown.suggestion {
                Some(suggestion) => warn!(
                    key = unknown.key,
                    "nobody reads this worker key; did you mean {suggestion}?"
                ),
                None => warn!(key = unknown.key, "nobody reads this worker key"),
            }
        }
        let rest = RestServer::start(&config.worker, loggers)
            .await
            .map_err(|e| Failure::config(e.to_string()))?;
        let validation =
            ConnectorValidation::new(Arc::clone(&plugins), Arc::new(config.worker.clone()));
        let options = WorkerOptions {
            config,
            plugins: Arc::clone(&plugins),
            worker_id: rest.worker_id().to_owned(),
            data,
            env: Env::default(),
        };
        let herder = start_standalone(options)
            .await
            .map_err(|e| Failure::config(e.to_string()))?;
        rest.serve(herder.clone(), plugins, validation);
        Ok(Worker { herder, rest })
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

    /// Stops the connectors, commits their offsets, and ends REST.
    pub(crate) async fn stop(self) {
        self.herder.shutdown().await;
        self.rest.stop().await;
    }
}
