//! How many records failed, by what became of them (KIP-298's task-error-metrics).

use std::sync::atomic::{AtomicU64, Ordering};

use windlass_api::wall_clock_millis;

/// The counters of one task; each says what Java's metric of the name does.
#[derive(Debug, Default)]
pub(crate) struct ErrorCounters {
    /// `total-record-failures`: failed tries, those that were repeated included.
    pub(crate) failures: Counter,
    /// `total-record-errors`: operations that failed for good.
    pub(crate) errors: Counter,
    /// `total-records-skipped`
    pub(crate) skipped: Counter,
    /// `total-retries`
    pub(crate) retries: Counter,
    /// `total-errors-logged`
    pub(crate) logged: Counter,
    /// `deadletterqueue-produce-requests`
    pub(crate) dead_letters: Counter,
    /// `deadletterqueue-produce-failures`
    pub(crate) lost_letters: Counter,
    /// `last-error-timestamp`, in milliseconds since the epoch.
    last_error: AtomicU64,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl ErrorCounters {
    /// Notes the time of an error.
    pub(crate) fn error_now(&self) {
        let now = u64::try_from(wall_clock_millis()).unwrap_or_default();
        self.last_error.store(now, Ordering::Relaxed);
    }

    /// `last-error-timestamp`; 0 before the first.
    pub(crate) fn last_error(&self) -> u64 {
        self.last_error.load(Ordering::Relaxed)
    }
}
