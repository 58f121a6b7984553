//! What must hold at all times, checked where it could break.
//!
//! A debug build, which tests and simulations are, panics at the first violation. A release build counts it, says so
//! loudly, and goes on: none of these is made better by the death of the worker.

use std::sync::atomic::{AtomicU64, Ordering};

/// What must hold; a violation is a bug of the worker, whatever the connector, Kafka or the network did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Invariant {
    /// A source offset is stored only when Kafka has acknowledged its record and all before it in its source partition.
    OffsetAfterAcks,
    /// Batches of one topic partition are acknowledged to a source task in the order in which they were begun.
    AcksInOrder,
    /// A producer without records in flight holds no bytes.
    BytesInFlight,
    /// A sink commits only offsets that its task was asked about (`pre_commit`, and so `flush`) before.
    CommitAfterFlush,
    /// A sink commits no offset beyond what its task has taken.
    CommitAfterPut,
    /// After a worker lost its place in the group it runs nothing until it is given work again.
    NoWorkAfterFencing,
    /// A worker runs only what the leader gave it.
    WorkIsAssigned,
    /// A task is started only when its last run on this worker has ended or was given up.
    OneRunPerTask,
    /// A task is started only as one of the set that is stored for its connector.
    WholeTaskSet,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Invariant; 9] = [
        Invariant::OffsetAfterAcks,
        Invariant::AcksInOrder,
        Invariant::BytesInFlight,
        Invariant::CommitAfterFlush,
        Invariant::CommitAfterPut,
        Invariant::NoWorkAfterFencing,
        Invariant::WorkIsAssigned,
        Invariant::OneRunPerTask,
        Invariant::WholeTaskSet,
    ];

    /// The name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Invariant::OffsetAfterAcks => "offset-after-acks",
            Invariant::AcksInOrder => "acks-in-order",
            Invariant::BytesInFlight => "bytes-in-flight",
            Invariant::CommitAfterFlush => "commit-after-flush",
            Invariant::CommitAfterPut => "commit-after-put",
            Invariant::NoWorkAfterFencing => "no-work-after-fencing",
            Invariant::WorkIsAssigned => "work-is-assigned",
            Invariant::OneRunPerTask => "one-run-per-task",
            Invariant::WholeTaskSet => "whole-task-set",
        }
    }

    /// How often it did not hold since the process began.
    pub fn violations(self) -> u64 {
        VIOLATIONS[self as usize].load(Ordering::Relaxed)
    }

    /// Counts a violation unless it holds; `what` says where, for the log.
    ///
    /// # Panics
    /// In debug builds, when it does not hold.
    pub(crate) fn holds(self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.violated(&what());
        }
    }

    #[cold]
    fn violated(self, what: &str) {
        VIOLATIONS[self as usize].fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            invariant = self.name(),
            "this is a bug of the worker: {what}"
        );
        if cfg!(debug_assertions) {
            panic!("invariant {} does not hold: {what}", self.name());
        }
    }
}

static VIOLATIONS: [AtomicU64; Invariant::ALL.len()] =
    [const { AtomicU64::new(0) }; Invariant::ALL.len()];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_place_and_a_name_of_its_own() {
        for (place, invariant) in Invariant::ALL.into_iter().enumerate() {
            assert_eq!(invariant as usize, place);
            let same = Invariant::ALL
                .iter()
                .filter(|other| other.name() == invariant.name());
            assert_eq!(same.count(), 1);
        }
    }

    #[test]
    fn a_violation_is_counted_and_stops_a_debug_build() {
        let before = Invariant::WholeTaskSet.violations();
        Invariant::WholeTaskSet.holds(true, || unreachable!());
        let caught = std::panic::catch_unwind(|| {
            Invariant::WholeTaskSet.holds(false, || "a test".to_owned());
        });
        assert_eq!(caught.is_err(), cfg!(debug_assertions));
        assert_eq!(Invariant::WholeTaskSet.violations(), before + 1);
    }
}
