//! The two runtimes of a worker.

use std::io;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
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
        raise_open_files();
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

/// Lets the process open as many files as its hard limit says, as the JVM does: the usual soft limit of 1024 is less than
/// what a thousand file connectors take. Where that is refused the limit stays.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if setrlimit(Resource::Nofile, raised).is_err() {
        tracing::debug!(?limit, "the limit of open files cannot be raised");
    }
}

const SHUTDOWN: Duration = Duration::from_millis(100);
