//! Futures under way on behalf of one owner, without tasks of their own.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A handful of futures that are polled together and whose results are told one by one.
///
/// They make progress only while their owner polls; what they wait for (an answer a connection has read) does not need
/// it. Dropping the set drops them.
pub(crate) struct Jobs<T> {
    under_way: Vec<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T> Default for Jobs<T> {
    fn default() -> Self {
        Self {
            under_way: Vec::new(),
        }
    }
}

impl<T> fmt::Debug for Jobs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs")
            .field("under_way", &self.under_way.len())
            .finish()
    }
}

impl<T> Jobs<T> {
    /// Adds a future. It starts with the next poll.
    pub(crate) fn start(&mut self, job: impl Future<Output = T> + Send + 'static) {
        self.under_way.push(Box::pin(job));
    }

    /// The next result, for ever waiting while there is nothing under way. Cancel-safe.
    pub(crate) async fn next(&mut self) -> T {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// A result that is there already; gets new futures going.
    pub(crate) async fn ready(&mut self) -> Option<T> {
        poll_fn(|cx| match self.poll_next(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        for at in 0..self.under_way.len() {
            if let Poll::Ready(done) = self.under_way[at].as_mut().poll(cx) {
                drop(self.under_way.swap_remove(at));
                return Poll::Ready(done);
            }
        }
        Poll::Pending
    }
}
