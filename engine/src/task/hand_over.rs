//! Keeps connector code that blocks its thread from holding up those who share the data runtime with it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::time::Instant;

/// A future whose turns may block: another thread takes over the runtime's work for as long as a turn lasts.
///
/// That costs some microseconds a turn. A future of which nobody expects it runs without until a turn of it was slow,
/// so that only a first turn that never ends keeps a thread from the others.
pub(crate) struct HandOver<F> {
    inner: Pin<Box<F>>,
    blocks: bool,
}

impl<F> HandOver<F> {
    /// `blocks`: whether that is to be expected from the first turn on.
    pub(crate) fn new(inner: F, blocks: bool) -> Self {
        HandOver {
            inner: Box::pin(inner),
            blocks,
        }
    }
}

impl<F: Future> Future for HandOver<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // A runtime of one thread, as a simulation has it, has nobody to hand over to.
        if self.blocks && Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
            return block_in_place(|| self.inner.as_mut().poll(cx));
        }
        let begun = Instant::now();
        let polled = self.inner.as_mut().poll(cx);
        self.blocks |= begun.elapsed() >= SLOW;
        polled
    }
}

/// Far more than a turn lasts that converts and delivers a batch.
const SLOW: Duration = Duration::from_millis(100);
