//! The figures of one run of a task.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use windlass_api::TopicPartition;

use super::states::States;
use super::window::{Sampling, Summary, Window};
use crate::herder::ConnectorType;
use crate::pipeline::ErrorCounters;
use crate::status::{State, TaskId};

/// What one run of a task counts, from its start until it is restarted or taken away. The task writes once per batch;
/// the lock is never held across an await.
#[derive(Debug)]
pub(crate) struct TaskMetrics {
    pub(crate) id: TaskId,
    /// Known once the task could be made.
    pub(crate) details: OnceLock<TaskDetails>,
    pub(crate) errors: Arc<ErrorCounters>,
    cpu_nanos: AtomicU64,
    sampling: Sampling,
    figures: Mutex<Figures>,
}

/// What a task is made of; classes by their Java names.
#[derive(Debug)]
pub(crate) struct TaskDetails {
    pub(crate) kind: ConnectorType,
    /// The labels of the task's `info`, name and value.
    pub(crate) info: Vec<(&'static str, Box<str>)>,
    /// Alias, class and version of each transform.
    pub(crate) transforms: Vec<[Box<str>; 3]>,
    /// Alias, class and version of each predicate.
    pub(crate) predicates: Vec<[Box<str>; 3]>,
}

#[derive(Debug)]
struct Figures {
    states: States,
    totals: Totals,
    batch_size: Window,
    commit_millis: Window,
    commits_failed: Window,
    /// Records polled, or read.
    taken: Window,
    /// Records written, or put.
    given: Window,
    /// Milliseconds of `poll`, or `put`.
    call_millis: Window,
    active: Window,
    transaction_size: Window,
    completions: Window,
    skips: Window,
    lags: BTreeMap<TopicPartition, i64>,
}

/// The figures that are numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    /// Records polled by a source, read by a sink.
    pub(crate) taken: u64,
    /// Records that Kafka acknowledged, that `put` took.
    pub(crate) given: u64,
    /// Their bytes: keys and values as they are in Kafka.
    pub(crate) bytes: u64,
    /// Records polled that are neither acknowledged nor dropped; records read whose offsets are not committed.
    pub(crate) active: u64,
    /// Bytes that wait for an acknowledgement or a commit.
    pub(crate) in_flight: u64,
    pub(crate) partitions: u64,
    pub(crate) commit_sequence: u64,
    pub(crate) completions: u64,
    pub(crate) skips: u64,
    /// Milliseconds for which limits held the task back.
    pub(crate) held_back: u64,
}

/// A task's figures at one moment.
#[derive(Debug)]
pub(crate) struct TaskView {
    pub(crate) state: State,
    pub(crate) running_ratio: f64,
    pub(crate) pause_ratio: f64,
    pub(crate) totals: Totals,
    pub(crate) batch_size: Summary,
    pub(crate) commit_millis: Summary,
    pub(crate) commit_failure: f64,
    pub(crate) taken: Summary,
    pub(crate) given: Summary,
    pub(crate) call_millis: Summary,
    pub(crate) active: Summary,
    pub(crate) transaction_size: Summary,
    pub(crate) completions: Summary,
    pub(crate) skips: Summary,
    pub(crate) lags: Vec<(TopicPartition, i64)>,
    pub(crate) cpu_seconds: f64,
}

impl TaskMetrics {
    pub(crate) fn new(id: TaskId, sampling: Sampling) -> Self {
        TaskMetrics {
            id,
            details: OnceLock::new(),
            errors: Arc::default(),
            cpu_nanos: AtomicU64::new(0),
            sampling,
            figures: Mutex::new(Figures {
                states: States::new(Instant::now()),
                totals: Totals::default(),
                batch_size: Window::default(),
                commit_millis: Window::default(),
                commits_failed: Window::default(),
                taken: Window::default(),
                given: Window::default(),
                call_millis: Window::default(),
                active: Window::default(),
                transaction_size: Window::default(),
                completions: Window::default(),
                skips: Window::default(),
                lags: BTreeMap::new(),
            }),
        }
    }

    /// The task is in this state from now on.
    pub(crate) fn state(&self, state: State) {
        self.lock().states.enter(state, Instant::now());
    }

    /// A turn of the task took this much processor time.
    pub(crate) fn ran(&self, nanos: u64) {
        self.cpu_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// A poll gave records.
    pub(crate) fn polled(&self, records: usize, took: Duration) {
        self.update(|figures, sampling, now| {
            figures.take(sampling, now, records);
            figures
                .batch_size
                .record(sampling, now, float(records as u64));
            figures.call_millis.record(sampling, now, millis(took));
            figures.totals.active += records as u64;
            let active = float(figures.totals.active);
            figures.active.record(sampling, now, active);
        });
    }

    /// Records of a source came to their end, so many of them in Kafka.
    pub(crate) fn settled(&self, written: u64, dropped: u64) {
        self.update(|figures, sampling, now| {
            figures.totals.active = figures.totals.active.saturating_sub(written + dropped);
            if written > 0 {
                figures.totals.given += written;
                figures.given.record(sampling, now, float(written));
            }
            let active = float(figures.totals.active);
            figures.active.record(sampling, now, active);
        });
    }

    /// Bytes were handed to the producer, which now holds so many.
    pub(crate) fn appended(&self, bytes: u64, held: usize) {
        let mut figures = self.lock();
        figures.totals.bytes += bytes;
        figures.totals.in_flight = held as u64;
    }

    /// So many bytes wait: in the producer of a source, or in a sink for its next commit.
    pub(crate) fn holds(&self, bytes: u64) {
        self.lock().totals.in_flight = bytes;
    }

    /// A sink read records.
    pub(crate) fn read(&self, records: usize, bytes: u64) {
        self.update(|figures, sampling, now| {
            figures.take(sampling, now, records);
            figures.totals.bytes += bytes;
            figures.totals.in_flight += bytes;
        });
    }

    /// `put` took records; `uncommitted` are those read whose offsets are not committed.
    pub(crate) fn put(&self, records: usize, took: Duration, uncommitted: i64) {
        self.update(|figures, sampling, now| {
            figures.totals.given += records as u64;
            figures.given.record(sampling, now, float(records as u64));
            figures
                .batch_size
                .record(sampling, now, float(records as u64));
            figures.call_millis.record(sampling, now, millis(took));
            figures.set_active(sampling, now, uncommitted);
        });
    }

    /// A sink's commit is to begin.
    pub(crate) fn commit_begins(&self) {
        self.lock().totals.commit_sequence += 1;
    }

    /// A commit of offsets ended.
    pub(crate) fn committed(&self, success: bool, took: Duration) {
        self.update(|figures, sampling, now| {
            figures.commit_millis.record(sampling, now, millis(took));
            let failed = if success { 0.0 } else { 1.0 };
            figures.commits_failed.record(sampling, now, failed);
        });
    }

    /// A sink's commit was answered; `uncommitted` as in [`put`](Self::put).
    pub(crate) fn commit_completed(&self, uncommitted: i64) {
        self.update(|figures, sampling, now| {
            figures.totals.completions += 1;
            figures.completions.record(sampling, now, 1.0);
            figures.set_active(sampling, now, uncommitted);
        });
    }

    /// A sink's commit was answered too late.
    pub(crate) fn commit_skipped(&self) {
        self.update(|figures, sampling, now| {
            figures.totals.skips += 1;
            figures.skips.record(sampling, now, 1.0);
        });
    }

    /// Limits held the task back.
    pub(crate) fn held_back(&self, time: Duration) {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.lock().totals.held_back += time;
    }

    /// A transaction of so many records was committed.
    pub(crate) fn transaction(&self, records: u64) {
        self.update(|figures, sampling, now| {
            let records = float(records);
            figures.transaction_size.record(sampling, now, records);
        });
    }

    /// A sink has these partitions.
    pub(crate) fn assigned(&self, partitions: &[TopicPartition]) {
        let mut figures = self.lock();
        figures.totals.partitions = partitions.len() as u64;
        figures.lags.retain(|known, _| partitions.contains(known));
    }

    /// How many records of a partition are still to be read.
    pub(crate) fn lag(&self, partition: &TopicPartition, lag: i64) {
        let mut figures = self.lock();
        match figures.lags.get_mut(partition) {
            Some(known) => *known = lag,
            None => drop(figures.lags.insert(partition.clone(), lag)),
        }
    }

    pub(crate) fn view(&self) -> TaskView {
        let (figures, sampling, now) = (self.lock(), self.sampling, Instant::now());
        let summary = |window: &Window| window.summary(sampling, now);
        TaskView {
            state: figures.states.current(),
            running_ratio: figures.states.ratio(State::Running, now),
            pause_ratio: figures.states.ratio(State::Paused, now),
            totals: figures.totals,
            batch_size: summary(&figures.batch_size),
            commit_millis: summary(&figures.commit_millis),
            commit_failure: summary(&figures.commits_failed).mean,
            taken: summary(&figures.taken),
            given: summary(&figures.given),
            call_millis: summary(&figures.call_millis),
            active: summary(&figures.active),
            transaction_size: summary(&figures.transaction_size),
            completions: summary(&figures.completions),
            skips: summary(&figures.skips),
            lags: figures.lags.iter().map(|(p, l)| (p.clone(), *l)).collect(),
            cpu_seconds: float(self.cpu_nanos.load(Ordering::Relaxed)) / 1e9,
        }
    }

    fn update(&self, change: impl FnOnce(&mut Figures, Sampling, Instant)) {
        change(&mut self.lock(), self.sampling, Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Figures {
    fn take(&mut self, sampling: Sampling, now: Instant, records: usize) {
        self.totals.taken += records as u64;
        self.taken.record(sampling, now, float(records as u64));
    }

    fn set_active(&mut self, sampling: Sampling, now: Instant, uncommitted: i64) {
        self.totals.active = u64::try_from(uncommitted).unwrap_or_default();
        self.active.record(sampling, now, float(self.totals.active));
    }
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
