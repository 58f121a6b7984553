//! The two runtimes of a worker.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use windlass_engine::worker::data_runtime;

use crate::failure::Failure;

/// Control (REST, herder, heartbeats) and data (connectors and tasks): a connector that blocks its thread freezes
/// neither REST nor its group membership.
pub(crate) struct Runtimes {
    control: Runtime,
    data: Runtime,
}

impl Runtimes {
    pub(crate) fn start() -> Result<Self, Failure> {
        let failed = |e: io::Error| Failure::start(format!("cannot start threads: {e}"));
        // One thread is enough for what is small and never blocks.
        let control = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("windlass-control")
            .enable_all()
            .build();
        Ok(Runtimes {
            control: control.map_err(failed)?,
            data: data_runtime().map_err(failed)?,
        })
    }

    /// Where connectors and tasks run.
    pub(crate) fn data(&self) -> &Handle {
        self.data.handle()
    }

    /// Runs the future on the control runtime to its end, then ends both without waiting for what still blocks.
    pub(crate) fn run<T: Send + 'static>(
        self,
        main: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Failure> {
        let main = self.control.spawn(main);
        let result = self.control.block_on(main);
        self.data.shutdown_timeout(SHUTDOWN);
        self.control.shutdown_timeout(SHUTDOWN);
        result.map_err(|e| Failure::usage(format!("the worker ended unexpectedly: {e}")))
    }
}

const SHUTDOWN: Duration = Duration::from_millis(100);
