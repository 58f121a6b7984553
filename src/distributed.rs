//! `windlass distributed`

use std::path::Path;

use tracing::info;
use windlass_rest::Loggers;

use crate::connector_files::{difference, wanted};
use crate::failure::Failure;
use crate::runtimes::Runtimes;
use crate::signals::Signals;
use crate::standalone::worker_props;
use crate::worker::{Worker, cluster_connectors};

/// Runs one worker of a cluster until SIGTERM or SIGINT.
pub(crate) fn run(worker: &Path, loggers: Loggers) -> Result<(), Failure> {
    let props = worker_props(worker)?;
    let runtimes = Runtimes::start()?;
    let data = runtimes.data().clone();
    runtimes.run(async move {
        let mut signals = Signals::listen()?;
        let worker = tokio::select! {
            started = Worker::start_distributed(props, loggers, data) => started?,
            signal = signals.wait() => {
                info!(signal, "stopped before the worker had started");
                return Ok(());
            }
        };
        tokio::select! {
            signal = signals.wait() => info!(signal, "stopping"),
            failure = worker.ended() => return Err(failure),
            () = worker.follow_files() => {}
        }
        tokio::select! {
            () = worker.stop() => Ok(()),
            signal = signals.wait() => Err(Failure::start(format!("stopped at once by a second {signal}"))),
        }
    })?
}

/// Prints what the worker would do about its connector files, and does nothing.
pub(crate) fn dry_run(worker: &Path) -> Result<(), Failure> {
    let props = worker_props(worker)?;
    let (directory, stored) =
        Runtimes::start()?.run(async move { cluster_connectors(props).await })??;
    let wanted = wanted(&directory).map_err(|error| {
        let directory = directory.display();
        Failure::config(format!(
            "cannot read the connector files in {directory}: {error}"
        ))
    })?;
    for (path, request) in &wanted.requests {
        let (name, path) = (&request.name, path.display());
        let Some(stored) = stored.get(name.as_str()) else {
            println!("+ {name} ({path}): new");
            continue;
        };
        let lines = difference(stored, &request.config);
        match lines.len() {
            0 => println!("= {name} ({path}): unchanged"),
            _ => println!("~ {name} ({path}): changed"),
        }
        for line in lines {
            println!("    {line}");
        }
    }
    let named = |name: &str| {
        wanted
            .requests
            .iter()
            .any(|(_, request)| request.name == name)
    };
    for name in stored.keys().filter(|name| !named(name)) {
        println!("  {name}: no file; stays as it is");
    }
    if wanted.faults.is_empty() {
        return Ok(());
    }
    Err(Failure::start(wanted.faults.join("\nwindlass: ")))
}
