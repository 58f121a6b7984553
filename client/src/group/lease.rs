//! How long a place in a group is surely held.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Until when the coordinator cannot have given a member's place away, by what it last answered.
///
/// Who works for the member looks here before each step that others must not see twice: a process that was frozen goes on
/// in the middle of anything, long before it is told that its place is gone. Cheap to ask; clones share it.
#[derive(Clone, Debug)]
pub struct Lease(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    base: Instant,
    /// Milliseconds after `base`.
    until: AtomicU64,
    /// When the coordinator last answered, likewise.
    heard: AtomicU64,
}

impl Lease {
    /// A lease for so long from now.
    pub fn new(period: Duration) -> Self {
        let lease = Lease(Arc::new(Inner {
            base: Instant::now(),
            until: AtomicU64::new(0),
            heard: AtomicU64::new(0),
        }));
        lease.set(lease.0.base + period);
        lease
    }

    /// Whether the place is still held.
    pub fn holds(&self) -> bool {
        self.millis(Instant::now()) < self.0.until.load(Ordering::Acquire)
    }

    /// The place is held until then, whatever was said before.
    pub fn set(&self, until: Instant) {
        self.0.until.store(self.millis(until), Ordering::Release);
    }

    /// The coordinator has answered.
    pub(super) fn heard(&self, at: Instant) {
        self.0.heard.store(self.millis(at), Ordering::Relaxed);
    }

    /// When the coordinator last answered; when the lease was made, before it did.
    pub fn last_heard(&self) -> Instant {
        self.0.base + Duration::from_millis(self.0.heard.load(Ordering::Relaxed))
    }

    fn millis(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.0.base);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ends_by_the_clock_and_by_word() {
        let lease = Lease::new(Duration::from_secs(10));
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert!(lease.holds());
        lease.set(Instant::now() + Duration::from_secs(5));
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(!lease.holds());
        lease.set(Instant::now() + Duration::from_secs(5));
        assert!(lease.holds());
        lease.set(Instant::now());
        assert!(!lease.holds());
    }
}
