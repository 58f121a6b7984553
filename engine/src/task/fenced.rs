//! A task that stands still while others may have its work.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;
use windlass_client::group::Lease;

/// Runs a task only while its worker surely holds its place in the group.
///
/// A worker that was frozen goes on where it was, and the next thing may be to send a record, to commit an offset or to
/// hand records to a sink, which another worker has done meanwhile. So the lease is asked each time before the task
/// is let go on; where it has ended the herder will drop the task, or the coordinator renews the lease.
pub(crate) struct Fenced<F> {
    task: Pin<Box<F>>,
    lease: Option<Lease>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<F: Future> Fenced<F> {
    /// Without a lease it is as the task alone.
    pub(crate) fn new(task: F, lease: Option<Lease>) -> Self {
        Fenced {
            task: Box::pin(task),
            lease,
            waiting: None,
        }
    }
}

impl<F: Future> Future for Fenced<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        while self.lease.as_ref().is_some_and(|lease| !lease.holds()) {
            let sleep = || Box::pin(tokio::time::sleep(LOOK_AGAIN));
            let waiting = self.waiting.get_or_insert_with(sleep);
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        self.task.as_mut().poll(context)
    }
}

const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_happens_without_the_lease() {
        let lease = Lease::new(Duration::from_secs(1));
        let turns = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&turns);
        let task = async move {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                counted.fetch_add(1, Ordering::Relaxed);
            }
        };
        let task: tokio::task::JoinHandle<()> =
            tokio::spawn(Fenced::new(task, Some(lease.clone())));
        tokio::time::sleep(Duration::from_secs(5)).await;
        let before = turns.load(Ordering::Relaxed);
        assert!((90..=100).contains(&before), "{before}");
        lease.set(Instant::now() + Duration::from_secs(1));
        tokio::time::sleep(Duration::from_secs(5)).await;
        let after = turns.load(Ordering::Relaxed) - before;
        assert!((80..=100).contains(&after), "{after}");
        task.abort();
    }
}
