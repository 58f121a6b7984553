//! Who may say what state a connector or task is in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use windlass_client::group::Lease;
use windlass_secret::mask::masked;

use crate::metrics::Shown;
use crate::status::{State, Status, TaskId};
use crate::storage::status::StatusStore;

/// Reports the states of one run of a connector or task.
///
/// A run that was given up can still be alive somewhere; once retired, what it reports is not heard, so that it cannot
/// overwrite the state of the run that replaced it.
#[derive(Clone, Debug)]
pub(crate) struct StatusReporter {
    store: Arc<StatusStore>,
    subject: Subject,
    worker_id: Arc<str>,
    version: Option<Arc<str>>,
    generation: Arc<AtomicI32>,
    retired: Arc<AtomicBool>,
    /// What it reports is shown among the metrics.
    shown: Option<Shown>,
    lease: Option<Lease>,
}

#[derive(Clone, Debug)]
enum Subject {
    Connector(Arc<str>),
    Task(TaskId),
}

impl StatusReporter {
    pub(crate) fn connector(
        store: Arc<StatusStore>,
        name: Arc<str>,
        worker_id: Arc<str>,
        version: Option<Arc<str>>,
    ) -> Self {
        Self::new(store, Subject::Connector(name), worker_id, version)
    }

    pub(crate) fn task(
        store: Arc<StatusStore>,
        id: TaskId,
        worker_id: Arc<str>,
        version: Option<Arc<str>>,
    ) -> Self {
        Self::new(store, Subject::Task(id), worker_id, version)
    }

    /// Takes what it reports to be of the generation that the group is in at the time.
    pub(crate) fn within(self, generation: &Arc<AtomicI32>) -> Self {
        StatusReporter {
            generation: Arc::clone(generation),
            ..self
        }
    }

    /// Shows what it reports among the metrics, as long as a clone of it is left.
    pub(crate) fn shown(self, shown: Shown) -> Self {
        StatusReporter {
            shown: Some(shown),
            ..self
        }
    }

    /// Is heard only while the lease holds: then others may report about the same.
    pub(crate) fn under(self, lease: Option<Lease>) -> Self {
        StatusReporter { lease, ..self }
    }

    /// Reports a state without a reason.
    pub(crate) fn state(&self, state: State) {
        self.put(state, None);
    }

    /// Reports a failure. What the connector quotes of its secrets is hidden.
    pub(crate) fn failed(&self, trace: &str) {
        self.put(State::Failed, Some(Arc::from(&*masked(trace))));
    }

    /// The version of the plugin it reports about.
    pub(crate) fn version(&self) -> Option<Arc<str>> {
        self.version.clone()
    }

    /// Nothing is heard of this run from now on.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        if let Some(shown) = &self.shown {
            shown.end();
        }
    }

    /// Whether nothing is heard of this run.
    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    fn new(
        store: Arc<StatusStore>,
        subject: Subject,
        worker_id: Arc<str>,
        version: Option<Arc<str>>,
    ) -> Self {
        StatusReporter {
            store,
            subject,
            worker_id,
            version,
            generation: Arc::default(),
            retired: Arc::default(),
            shown: None,
            lease: None,
        }
    }

    fn put(&self, state: State, trace: Option<Arc<str>>) {
        if let Some(shown) = &self.shown {
            shown.state(state);
        }
        let status = Status {
            state,
            worker_id: Arc::clone(&self.worker_id),
            generation: self.generation.load(Ordering::Relaxed),
            version: self.version.clone(),
            trace,
        };
        let held = || self.lease.as_ref().is_none_or(Lease::holds);
        let live = || !self.retired.load(Ordering::Acquire) && held();
        match &self.subject {
            Subject::Connector(name) => self.store.put_connector_if(name, status, live),
            Subject::Task(id) => self.store.put_task_if(id, status, live),
        }
    }
}
