//! What the worker counts, and how `GET /metrics` shows it.
//!
//! Names are those that the usual rules of Prometheus' JMX exporter make of Java's, see `docs/metrics.md`. Tasks write
//! once per batch; nothing is computed before somebody asks.

mod connector;
mod group;
pub(crate) mod process;
mod show;
mod states;
mod task;
pub(crate) mod text;
mod window;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use self::connector::{ConnectorDetails, ConnectorMetrics};
pub(crate) use self::group::{GroupMetrics, Joined};
pub(crate) use self::task::{TaskDetails, TaskMetrics};
pub use self::text::CONTENT_TYPE;
pub(crate) use self::text::{Family, Text, labels};
pub(crate) use self::window::Sampling;
use crate::pipeline::Counter;
use crate::status::{State, TaskId};

/// The figures of one worker.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) sampling: Sampling,
    pub(crate) group: GroupMetrics,
    pub(crate) connector_startups: Startups,
    pub(crate) task_startups: Startups,
    pub(crate) restarts: Restarts,
    connectors: Mutex<BTreeMap<Arc<str>, Arc<ConnectorMetrics>>>,
    tasks: Mutex<BTreeMap<TaskId, Arc<TaskMetrics>>>,
}

/// How starts of connectors or tasks went.
#[derive(Debug, Default)]
pub(crate) struct Startups {
    succeeded: Counter,
    failed: Counter,
}

/// Restarts of connectors and tasks on this worker, by who wanted them.
#[derive(Debug, Default)]
pub(crate) struct Restarts {
    /// Users, through REST.
    pub(crate) requested: Counter,
    /// The worker itself.
    pub(crate) automatic: Counter,
}

/// Shows a run of a connector or task among the metrics until the last clone is gone.
#[derive(Clone, Debug)]
pub(crate) struct Shown(Arc<Registration>);

#[derive(Debug)]
struct Registration {
    metrics: Arc<Metrics>,
    subject: Subject,
}

#[derive(Debug)]
enum Subject {
    Connector(Arc<ConnectorMetrics>),
    Task(Arc<TaskMetrics>),
}

impl Metrics {
    pub(crate) fn new(sampling: Sampling) -> Arc<Self> {
        Arc::new(Metrics {
            sampling,
            group: GroupMetrics::default(),
            connector_startups: Startups::default(),
            task_startups: Startups::default(),
            restarts: Restarts::default(),
            connectors: Mutex::default(),
            tasks: Mutex::default(),
        })
    }

    /// Begins to show a run of a connector object, in place of an earlier one.
    pub(crate) fn connector(self: &Arc<Self>, name: &Arc<str>) -> (Arc<ConnectorMetrics>, Shown) {
        let connector = Arc::new(ConnectorMetrics::new(Arc::clone(name)));
        lock(&self.connectors).insert(Arc::clone(name), Arc::clone(&connector));
        let shown = self.shown(Subject::Connector(Arc::clone(&connector)));
        (connector, shown)
    }

    /// Begins to show a run of a task, in place of an earlier one.
    pub(crate) fn task(self: &Arc<Self>, id: &TaskId) -> (Arc<TaskMetrics>, Shown) {
        let task = Arc::new(TaskMetrics::new(id.clone(), self.sampling));
        lock(&self.tasks).insert(id.clone(), Arc::clone(&task));
        let shown = self.shown(Subject::Task(Arc::clone(&task)));
        (task, shown)
    }

    /// Everything that runs here, by name.
    fn running(&self) -> (Vec<Arc<ConnectorMetrics>>, Vec<Arc<TaskMetrics>>) {
        let connectors = lock(&self.connectors).values().cloned().collect();
        let tasks = lock(&self.tasks).values().cloned().collect();
        (connectors, tasks)
    }

    fn shown(self: &Arc<Self>, subject: Subject) -> Shown {
        Shown(Arc::new(Registration {
            metrics: Arc::clone(self),
            subject,
        }))
    }
}

impl Startups {
    pub(crate) fn record(&self, success: bool) {
        let which = if success {
            &self.succeeded
        } else {
            &self.failed
        };
        which.add(1);
    }
}

impl Shown {
    /// The run is in this state.
    pub(crate) fn state(&self, state: State) {
        match &self.0.subject {
            Subject::Connector(connector) => connector.enter(state),
            Subject::Task(task) => task.state(state),
        }
    }

    /// Shows the run no more.
    pub(crate) fn end(&self) {
        self.0.end();
    }
}

impl Registration {
    fn end(&self) {
        // The run that came after this one stays.
        match &self.subject {
            Subject::Connector(own) => {
                let mut connectors = lock(&self.metrics.connectors);
                if connectors
                    .get(&own.name)
                    .is_some_and(|c| Arc::ptr_eq(c, own))
                {
                    connectors.remove(&own.name);
                }
            }
            Subject::Task(own) => {
                let mut tasks = lock(&self.metrics.tasks);
                if tasks.get(&own.id).is_some_and(|t| Arc::ptr_eq(t, own)) {
                    tasks.remove(&own.id);
                }
            }
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.end();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
