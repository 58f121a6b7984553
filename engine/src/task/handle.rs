//! Holding a running task from outside.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinError, JoinHandle};
use tokio::time::Instant;
use windlass_api::{ConnectError, Result};
use windlass_client::group::Lease;

use super::Control;
use super::fenced::Fenced;
use crate::status::{State, TaskId};
use crate::trace::{chain, trace};
use crate::worker::StatusReporter;

/// A running task.
#[derive(Debug)]
pub(crate) struct TaskHandle {
    id: TaskId,
    control: watch::Sender<Control>,
    reporter: StatusReporter,
    run: AbortHandle,
    /// Ends when the task's last status was reported.
    watcher: JoinHandle<()>,
}

/// Asked once when the task has failed: what the status is to say at the end of its trace.
pub(crate) type OnFailure = Box<dyn FnOnce() -> String + Send>;

impl TaskHandle {
    /// Starts a task on the data runtime and watches over it from the caller's: however it ends, its status says so. It
    /// runs only while the lease holds, where there is one.
    pub(crate) fn spawn<F>(
        data: &Handle,
        lease: Option<Lease>,
        id: TaskId,
        reporter: StatusReporter,
        control: watch::Sender<Control>,
        failed: Option<OnFailure>,
        task: F,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let run = data.spawn(Fenced::new(task, lease));
        let abort = run.abort_handle();
        let watcher = tokio::spawn(watch_over(run, id.clone(), reporter.clone(), failed));
        TaskHandle {
            id,
            control,
            reporter,
            run: abort,
            watcher,
        }
    }

    /// Tells the task what to do; it obeys as soon as it can.
    pub(crate) fn set(&self, control: Control) {
        self.control.send_if_modified(|current| {
            // Nothing follows a stop.
            let change = *current != control && *current != Control::Stop;
            if change {
                *current = control;
            }
            change
        });
    }

    /// Waits for the end of a task that was told to stop. After `deadline` it is given up: nothing more is heard of
    /// it, and it commits nothing more (SK-022).
    pub(crate) async fn join(mut self, deadline: Instant) {
        if tokio::time::timeout_at(deadline, &mut self.watcher)
            .await
            .is_err()
        {
            let TaskId { connector, task } = &self.id;
            tracing::error!(%connector, task, "task did not stop in time: giving it up");
            self.reporter.retire();
            self.run.abort();
        }
    }

    /// Ends a task whose work others may have by now: it commits nothing and says nothing more. Waits until it has ended,
    /// at most until `deadline`.
    pub(crate) async fn abandon(mut self, deadline: Instant) {
        self.reporter.retire();
        self.run.abort();
        let _ = tokio::time::timeout_at(deadline, &mut self.watcher).await;
    }
}

impl Drop for TaskHandle {
    /// A task that nobody holds any more ends.
    fn drop(&mut self) {
        self.set(Control::Stop);
    }
}

async fn watch_over(
    run: JoinHandle<Result<()>>,
    id: TaskId,
    reporter: StatusReporter,
    failed: Option<OnFailure>,
) {
    let TaskId { connector, task } = &id;
    let error = match run.await {
        Ok(Ok(())) => {
            tracing::info!(%connector, task, "task stopped");
            reporter.state(State::Unassigned);
            return;
        }
        Ok(Err(error)) => error,
        Err(error) if error.is_cancelled() => {
            tracing::info!(%connector, task, "task dropped");
            return;
        }
        Err(error) => ended(error),
    };
    tracing::error!(
        %connector, task, error = chain(&error),
        "task failed; it stays so until it is restarted"
    );
    let mut trace = trace(&error, &format!("task({id})"));
    if let Some(failed) = failed.filter(|_| !reporter.is_retired()) {
        trace.push_str(&failed());
    }
    reporter.failed(&trace);
}

/// A task that ended without a result, as an error.
pub(crate) fn ended(error: JoinError) -> ConnectError {
    let what = match error.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
            text.or_else(|| panic.downcast_ref::<String>().cloned())
                .map_or_else(|| "panicked".to_owned(), |text| format!("panicked: {text}"))
        }
        Err(_) => "was cancelled".to_owned(),
    };
    ConnectError::new(windlass_api::ErrorKind::Internal, what)
}
