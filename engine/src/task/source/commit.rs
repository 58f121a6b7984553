//! From acknowledged offsets to the offset store.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::metrics::TaskMetrics;
use crate::offsets::OffsetCodec;
use crate::status::TaskId;
use crate::storage::offsets::{OffsetError, OffsetStore};
use crate::task::in_flight::InFlight;
use crate::task::pending_offsets::PendingOffsets;
use crate::trace::chain;

/// Stores source offsets every `offset.flush.interval.ms`.
pub(super) struct OffsetCommitter {
    metrics: Arc<TaskMetrics>,
    store: OffsetStore,
    codec: OffsetCodec,
    pending: PendingOffsets,
    flush: Option<Flush>,
    next: Instant,
    /// When the flush began.
    begun: Instant,
    interval: Duration,
    timeout: Duration,
}

/// A write under way, which gives up after the timeout.
type Flush = Pin<Box<dyn Future<Output = Outcome> + Send>>;

type Outcome = Result<Result<(), OffsetError>, tokio::time::error::Elapsed>;

impl OffsetCommitter {
    pub(super) fn new(
        metrics: Arc<TaskMetrics>,
        store: OffsetStore,
        codec: OffsetCodec,
        interval: Duration,
        timeout: Duration,
    ) -> Self {
        let (pending, begun) = (PendingOffsets::default(), Instant::now());
        OffsetCommitter {
            metrics,
            store,
            codec,
            pending,
            flush: None,
            next: begun + interval,
            begun,
            interval,
            timeout,
        }
    }

    /// How long a flush may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Waits until something is to be done; answers whether a flush succeeded, which the task is then told. Cancel-safe.
    pub(super) async fn next<B: Copy + Ord>(&mut self, in_flight: &mut InFlight<B>) -> bool {
        match &mut self.flush {
            Some(flush) => {
                let outcome = flush.await;
                self.finish(outcome)
            }
            None => {
                tokio::time::sleep_until(self.next).await;
                self.begin(in_flight)
            }
        }
    }

    /// Begins to store what has been acknowledged. True when there was nothing to store, which counts as a success
    /// (B-050).
    pub(super) fn begin<B: Copy + Ord>(&mut self, in_flight: &mut InFlight<B>) -> bool {
        self.begun = Instant::now();
        self.next = self.begun + self.interval;
        let OffsetCommitter { pending, codec, .. } = self;
        in_flight.drain_committable(|partition, offset| pending.put(codec, partition, &offset));
        if !self.pending.has_newer() {
            self.metrics.committed(true, Duration::ZERO);
            return true;
        }
        match self.pending.begin_flush() {
            Ok(entries) => {
                let store = self.store.clone();
                let write = async move { store.set(entries).await };
                self.flush = Some(Box::pin(tokio::time::timeout(self.timeout, write)));
                false
            }
            Err(error) => {
                self.metrics.committed(false, Duration::ZERO);
                let TaskId { connector, task } = &self.metrics.id;
                tracing::error!(
                    %connector, task, error = chain(&error),
                    "an offset cannot be stored; none of this task is until a good one replaces it"
                );
                false
            }
        }
    }

    /// Whether a write is under way.
    pub(super) fn is_flushing(&self) -> bool {
        self.flush.is_some()
    }

    fn finish(&mut self, outcome: Outcome) -> bool {
        self.flush = None;
        let success = matches!(outcome, Ok(Ok(())));
        self.metrics.committed(success, self.begun.elapsed());
        let TaskId { connector, task } = &self.metrics.id;
        match outcome {
            Ok(Ok(())) => {
                self.pending.flushed();
                return true;
            }
            Ok(Err(error)) => {
                tracing::error!(%connector, task, %error, "offsets could not be stored; the next flush tries again");
            }
            Err(_) => {
                let after = self.timeout;
                tracing::error!(%connector, task, ?after, "storing offsets timed out; the next flush tries again");
            }
        }
        self.pending.merge_back();
        false
    }
}
