//! What a connector or task is doing, as users see it.

use std::fmt;
use std::sync::Arc;

/// The number of a task within its connector, from 0.
pub type TaskNumber = i32;

/// One task of one connector, shown as `NAME-NUMBER`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The connector.
    pub connector: Arc<str>,
    /// The number within the connector.
    pub task: TaskNumber,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.connector, self.task)
    }
}

/// The state of a connector or task (`AbstractStatus.State`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// On no worker.
    Unassigned,
    /// Working.
    Running,
    /// Started, but told not to work.
    Paused,
    /// Ended by an error; only a restart or a new configuration brings it back.
    Failed,
    /// Deleted.
    Destroyed,
    /// About to be stopped and started again.
    Restarting,
    /// Told to release everything; a connector in this state has no tasks.
    Stopped,
}

impl State {
    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [
            State::Unassigned,
            State::Running,
            State::Paused,
            State::Failed,
            State::Destroyed,
            State::Restarting,
            State::Stopped,
        ];
        all.into_iter().find(|state| state.as_str() == name)
    }

    /// The name as REST and the status topic write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Unassigned => "UNASSIGNED",
            State::Running => "RUNNING",
            State::Paused => "PAUSED",
            State::Failed => "FAILED",
            State::Destroyed => "DESTROYED",
            State::Restarting => "RESTARTING",
            State::Stopped => "STOPPED",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What users want a connector to do (`TargetState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TargetState {
    /// Work.
    #[default]
    Started,
    /// Keep everything, but do not work.
    Paused,
    /// Release everything; tasks go away.
    Stopped,
}

/// The state of a connector or task, where it is, and why it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub state: State,
    /// The worker, as `host:port`.
    pub worker_id: Arc<str>,
    /// The generation of the workers' group in which it was so; 0 in a standalone worker (ST-008).
    pub generation: i32,
    /// The plugin's version; `None` when it was never loaded.
    pub version: Option<Arc<str>>,
    /// Why it failed, beginning with the Java exception class; only with [`State::Failed`], or after it in a restart
    /// plan.
    pub trace: Option<Arc<str>>,
}
