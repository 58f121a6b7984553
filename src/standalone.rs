//! `windlass standalone`

use std::path::{Path, PathBuf};

use tracing::info;
use windlass_api::Props;
use windlass_engine::properties;
use windlass_rest::{CreateRequest, Loggers};

use crate::failure::Failure;
use crate::runtimes::Runtimes;
use crate::signals::Signals;
use crate::worker::Worker;

/// Runs a worker with these connectors until SIGTERM or SIGINT.
pub(crate) fn run(worker: &Path, connectors: &[PathBuf], loggers: Loggers) -> Result<(), Failure> {
    let props = worker_props(worker)?;
    let connectors = connectors.to_vec();
    let runtimes = Runtimes::start()?;
    let data = runtimes.data().clone();
    runtimes.run(async move {
        let mut signals = Signals::listen()?;
        let worker = tokio::select! {
            started = Worker::start(props, loggers, data) => started?,
            signal = signals.wait() => {
                info!(signal, "stopped before the worker had started");
                return Ok(());
            }
        };
        let created = tokio::select! {
            created = create(&worker, &connectors) => created,
            signal = signals.wait() => {
                info!(signal, "stopping");
                Ok(())
            }
        };
        if created.is_ok() {
            tokio::select! {
                signal = signals.wait() => info!(signal, "stopping"),
                failure = worker.ended() => return Err(failure),
            }
        }
        tokio::select! {
            () = worker.stop() => created,
            signal = signals.wait() => Err(Failure::start(format!("stopped at once by a second {signal}"))),
        }
    })?
}

/// Reads the worker's properties file.
pub(crate) fn worker_props(path: &Path) -> Result<Props, Failure> {
    let what = path.display();
    let bytes = std::fs::read(path).map_err(|e| {
        Failure::config(format!("cannot read the worker configuration {what}: {e}"))
    })?;
    properties::parse(&bytes)
        .map_err(|e| Failure::config(format!("worker configuration {what}: {e}")))
}

/// Creates the connectors one after the other; the first that fails ends the worker.
async fn create(worker: &Worker, connectors: &[PathBuf]) -> Result<(), Failure> {
    for path in connectors {
        let what = path.display();
        let bytes = std::fs::read(path).map_err(|e| {
            Failure::start(format!(
                "cannot read the connector configuration {what}: {e}"
            ))
        })?;
        let request = CreateRequest::from_file(&path.to_string_lossy(), &bytes)
            .map_err(|e| Failure::start(e.to_string()))?;
        let name = request.name.clone();
        worker.create(request).await.map_err(|e| {
            Failure::start(format!("cannot create connector \"{name}\" of {what}: {e}"))
        })?;
        info!(connector = name, file = %what, "created connector");
    }
    Ok(())
}
