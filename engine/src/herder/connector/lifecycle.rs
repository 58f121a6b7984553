//! Starting and stopping the connector object.

use std::sync::Arc;

use tokio::time::Instant;
use windlass_api::{ConnectError, ErrorKind, Props, SourceConnectorContext};

use super::ConnectorLoop;
use super::context::Context;
use crate::config::providers::gave_up;
use crate::herder::HerderError;
use crate::metrics::ConnectorDetails;
use crate::plugins::Connector;
use crate::status::{State, TargetState};
use crate::storage::config::ConnectorEntry;
use crate::trace::{chain, trace};
use crate::worker::{Ready, StatusReporter, isolated};

/// A connector object that was started.
pub(super) struct Running {
    /// `None` while it is paused, and after it was given up.
    pub(super) instance: Option<Connector>,
    pub(super) failed: bool,
    /// What it was started with, references replaced.
    pub(super) config: Arc<Props>,
    pub(super) reporter: StatusReporter,
}

impl ConnectorLoop {
    /// Brings the connector object, which must not run, into the state that users want.
    pub(super) async fn start_connector(&mut self) -> Result<(), HerderError> {
        let Some(entry) = self.entry() else {
            return Ok(());
        };
        self.run += 1;
        self.begun = Instant::now();
        let config = match self.resolve(&entry.config).await {
            Ok(config) => config,
            Err(error) => return Err(self.refuse(&entry, None, &error)),
        };
        let (info, instance) = match self.worker.connector(&config) {
            Ok(plugin) => plugin,
            Err(error) => return Err(self.refuse(&entry, None, &error)),
        };
        let version: Arc<str> = Arc::from(info.version);
        if let Some(error) = null_value(&config) {
            return Err(self.refuse(&entry, None, &error));
        }
        let (metrics, shown) = self.worker.metrics().connector(&self.name);
        let _ = metrics.details.set(ConnectorDetails {
            kind: instance.kind(),
            class: info.class,
            version: Arc::clone(&version),
        });
        let reporter = self
            .worker
            .connector_reporter(&self.name, Some(version))
            .shown(shown);
        match entry.target {
            TargetState::Paused => reporter.state(State::Paused),
            TargetState::Stopped => reporter.state(State::Stopped),
            TargetState::Started => {
                return self
                    .start_instance(instance, &entry, config, reporter)
                    .await;
            }
        }
        self.worker.metrics().connector_startups.record(true);
        self.running = Some(Running {
            instance: None,
            failed: false,
            config,
            reporter,
        });
        Ok(())
    }

    /// Stops the connector object, if there is one; its state is then nobody's.
    pub(super) async fn stop_connector(&mut self) {
        let Some(Running {
            instance, reporter, ..
        }) = self.running.take()
        else {
            return;
        };
        self.run += 1;
        reporter.retire();
        let Some(mut instance) = instance else { return };
        let deadline = self.worker.graceful_timeout();
        let stop = isolated(self.worker.data(), async move { instance.stop().await });
        match tokio::time::timeout(deadline, stop).await {
            Ok(Ok(())) => tracing::info!(connector = %self.name, "connector stopped"),
            Ok(Err(error)) => {
                tracing::error!(connector = %self.name, error = chain(&error), "connector failed while it stopped");
            }
            Err(_) => {
                tracing::error!(connector = %self.name, "connector did not stop in time: giving it up");
            }
        }
    }

    /// The connector raised an error by itself: it is failed, its tasks go on.
    pub(super) fn connector_failed(&mut self, error: &ConnectError) {
        tracing::error!(connector = %self.name, error = chain(error), "connector failed");
        let mut trace = trace(error, &self.place());
        if let Some(entry) = self.entry()
            && let Some(comeback) = self.comeback(&entry, None)
        {
            trace.push_str(&comeback.after_failure());
        }
        if let Some(running) = &mut self.running {
            running.failed = true;
            running.reporter.failed(&trace);
        }
    }

    /// The configuration that the connector runs with. Values that are good for a time only are read again after it.
    pub(super) async fn resolve(
        &mut self,
        config: &Arc<Props>,
    ) -> Result<Arc<Props>, ConnectError> {
        let worker = Arc::clone(&self.worker);
        let resolved = worker.resolve(config);
        let resolved = self
            .patiently("reading of config providers", resolved)
            .await;
        let Ready { props, ttls } = resolved.unwrap_or_else(|| Err(gave_up()))?;
        self.schedule_reloads(&props, ttls);
        Ok(props)
    }

    pub(super) fn place(&self) -> String {
        format!("connector({})", self.name)
    }

    async fn start_instance(
        &mut self,
        mut instance: Connector,
        entry: &ConnectorEntry,
        config: Arc<Props>,
        reporter: StatusReporter,
    ) -> Result<(), HerderError> {
        let offsets = match self.worker.offset_reader(&self.name, &config) {
            Ok(offsets) => offsets,
            Err(error) => return Err(self.refuse(entry, None, &error)),
        };
        let connector = Arc::new(Context {
            own: self.own.clone(),
            run: self.run,
        });
        let props = Props::clone(&config);
        let start = isolated(self.worker.data(), async move {
            let context = SourceConnectorContext { connector, offsets };
            instance.start(context, props).await.map(|()| instance)
        });
        let result = match self.patiently("start of the connector", start).await {
            Some(result) => result,
            None => Err(ConnectError::connect(
                "start did not return and was given up",
            )),
        };
        let startups = &self.worker.metrics().connector_startups;
        startups.record(result.is_ok());
        match result {
            Ok(instance) => {
                tracing::info!(connector = %self.name, "connector started");
                reporter.state(State::Running);
                self.running = Some(Running {
                    instance: Some(instance),
                    failed: false,
                    config,
                    reporter,
                });
                Ok(())
            }
            Err(error) => {
                self.running = Some(Running {
                    instance: None,
                    failed: false,
                    config,
                    reporter,
                });
                self.connector_failed(&error);
                let text = format!(
                    "Failed to transition connector {} to state STARTED",
                    self.name
                );
                Err(HerderError::Internal(text))
            }
        }
    }

    /// The connector cannot even be made.
    fn refuse(
        &mut self,
        entry: &ConnectorEntry,
        version: Option<Arc<str>>,
        error: &ConnectError,
    ) -> HerderError {
        tracing::error!(connector = %self.name, error = chain(error), "connector cannot be started");
        self.worker.metrics().connector_startups.record(false);
        let (_, shown) = self.worker.metrics().connector(&self.name);
        let reporter = self.worker.connector_reporter(&entry.name, version);
        let reporter = reporter.shown(shown);
        let mut text = trace(error, &self.place());
        if error.kind() == ErrorKind::Internal {
            text = text.replacen(
                "java.lang.RuntimeException",
                "java.lang.ClassCastException",
                1,
            );
        }
        reporter.failed(&text);
        self.running = Some(Running {
            instance: None,
            failed: true,
            config: Arc::clone(&entry.config),
            reporter,
        });
        HerderError::Internal(error.message().to_owned())
    }
}

/// Java reads all values as strings before it makes the connector, and fails on a JSON null.
fn null_value(config: &Props) -> Option<ConnectError> {
    let (key, _) = config.iter().find(|(_, value)| value.is_none())?;
    let text = format!("Non-string value found in original settings for key {key}: null");
    Some(ConnectError::new(ErrorKind::Internal, text))
}
