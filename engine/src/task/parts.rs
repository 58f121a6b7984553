//! What source and sink tasks have in common.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use windlass_api::{Props, Result};

use super::watchdog::Watched;
use super::{Control, Pace};
use crate::metrics::TaskMetrics;
use crate::pipeline::Tolerance;
use crate::pipeline::dead_letters::DeadLetterParts;
use crate::status::{State, TaskId};
use crate::storage::status::StatusStore;
use crate::worker::StatusReporter;

/// What every task has.
pub(crate) struct TaskParts {
    pub(crate) id: TaskId,
    pub(crate) props: Props,
    pub(crate) control: watch::Receiver<Control>,
    pub(crate) reporter: StatusReporter,
    pub(crate) tolerance: Tolerance,
    /// Where failed records go, until it is opened.
    pub(crate) dead_letters: Option<Box<DeadLetterParts>>,
    /// Where used topics are noted; `None` while topic tracking is off.
    pub(crate) topic_tracking: Option<Arc<StatusStore>>,
    /// What the connector's limits allow.
    pub(crate) pace: Pace,
    pub(crate) flush_interval: Duration,
    pub(crate) flush_timeout: Duration,
    pub(crate) metrics: Arc<TaskMetrics>,
    /// Tells the watchdog of calls; ends the watch with the task.
    pub(crate) watched: Watched,
}

impl TaskParts {
    /// Waits while the task is paused before its start; false when it was stopped meanwhile.
    pub(crate) async fn wait_until_wanted(&mut self) -> bool {
        if *self.control.borrow() == Control::Pause {
            self.reporter.state(State::Paused);
        }
        // An error means that nobody holds the task any more.
        let wanted = self
            .control
            .wait_for(|control| *control != Control::Pause)
            .await;
        wanted.is_ok_and(|control| *control == Control::Run)
    }

    /// Opens the dead letter queue, if there is one.
    ///
    /// # Errors
    /// When its topic neither exists nor can be created.
    pub(crate) async fn open_dead_letters(&mut self) -> Result<()> {
        if let Some(parts) = self.dead_letters.take() {
            let counters = Arc::clone(self.tolerance.reporter().counters());
            self.tolerance.write_to(parts.open(counters).await?);
        }
        Ok(())
    }

    /// The task has started.
    pub(crate) fn started(&self) {
        let TaskId { connector, task } = &self.id;
        tracing::info!(%connector, task, "task started");
        self.reporter.state(State::Running);
    }

    /// The task ends.
    pub(crate) fn stopping(&self) {
        let TaskId { connector, task } = &self.id;
        let skipped = self.tolerance.counters().skipped.value();
        if skipped > 0 {
            tracing::warn!(%connector, task, skipped, "records were skipped because of errors");
        }
    }

    /// The task's configuration, once.
    pub(crate) fn take_props(&mut self) -> Props {
        std::mem::take(&mut self.props)
    }

    /// Notes that the task uses a topic; `noted` are those noted before.
    pub(crate) fn note_topic(&self, topic: &Arc<str>, noted: &mut NotedTopics) {
        let Some(statuses) = &self.topic_tracking else {
            return;
        };
        let (resets, known) = (statuses.topic_resets(), &mut noted.names);
        if noted.resets != resets {
            noted.resets = resets;
            known.clear();
        }
        // Few topics and a shared name: a scan by pointer beats a set.
        if known.iter().any(|k| Arc::ptr_eq(k, topic)) {
            return;
        }
        if !known.contains(topic) {
            statuses.add_topic(&self.id, topic);
        }
        if known.len() < KNOWN_TOPICS {
            known.push(Arc::clone(topic));
        }
    }
}

/// The topics that a task has noted since any were last forgotten.
#[derive(Debug, Default)]
pub(crate) struct NotedTopics {
    resets: u64,
    names: Vec<Arc<str>>,
}

/// How many topic names a task remembers having noted.
const KNOWN_TOPICS: usize = 64;
