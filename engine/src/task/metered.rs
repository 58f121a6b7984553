//! Counting the processor time of a task.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use crate::metrics::TaskMetrics;
use crate::metrics::process::thread_cpu_nanos;

/// Runs the task and counts the processor time of each of its turns on a thread: one turn handles a batch or more. What
/// it has done elsewhere, on threads for blocking calls, is not counted.
pub(crate) async fn metered<T>(metrics: Arc<TaskMetrics>, task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    poll_fn(|context| {
        let begun = thread_cpu_nanos();
        let polled = task.as_mut().poll(context);
        metrics.ran(thread_cpu_nanos().saturating_sub(begun));
        polled
    })
    .await
}
