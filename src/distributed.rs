//! `windlass distributed`

use std::path::Path;

use tracing::info;
use windlass_rest::Loggers;

use crate::failure::Failure;
use crate::runtimes::Runtimes;
use crate::signals::Signals;
use crate::standalone::worker_props;
use crate::worker::Worker;

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
        }
        tokio::select! {
            () = worker.stop() => Ok(()),
            signal = signals.wait() => Err(Failure::start(format!("stopped at once by a second {signal}"))),
        }
    })?
}
