//! What the herder answers.

use std::sync::Arc;

use windlass_api::{OffsetMap, Props};

use crate::status::{Status, TaskId, TaskNumber};

/// Source or sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectorType {
    /// From a system into Kafka.
    Source,
    /// From Kafka into a system.
    Sink,
}

impl ConnectorType {
    /// The name as REST writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ConnectorType::Source => "source",
            ConnectorType::Sink => "sink",
        }
    }
}

/// A connector's configuration and tasks (`ConnectorInfo`).
#[derive(Clone, Debug)]
pub struct ConnectorInfo {
    /// The name.
    pub name: Arc<str>,
    /// The configuration as users gave it, `name` included.
    pub config: Arc<Props>,
    /// The tasks, by number.
    pub tasks: Vec<TaskId>,
    /// Source or sink; `None` when the class is unknown to this worker.
    pub kind: Option<ConnectorType>,
}

/// The state of a connector and of its tasks (`ConnectorStateInfo`).
#[derive(Clone, Debug)]
pub struct ConnectorStatus {
    /// The name.
    pub name: Arc<str>,
    /// The connector's own state.
    pub connector: Status,
    /// The tasks' states, by number.
    pub tasks: Vec<(TaskNumber, Status)>,
    /// Source or sink; `None` when the class is unknown to this worker.
    pub kind: Option<ConnectorType>,
}

/// A task with its configuration (`TaskInfo`).
#[derive(Clone, Debug)]
pub struct TaskInfo {
    /// The task.
    pub id: TaskId,
    /// Its configuration, `task.class` included.
    pub config: Arc<Props>,
}

/// What a restart covers (KIP-745).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestartScope {
    /// Only what is `FAILED`.
    pub only_failed: bool,
    /// Tasks too.
    pub include_tasks: bool,
}

/// A partition of a connector and its offset; `None` for an offset that is absent or to be removed. Sinks have
/// `kafka_topic` and `kafka_partition`, and `kafka_offset` (KIP-875).
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectorOffset {
    /// The partition; `None` when the request had none.
    pub partition: Option<OffsetMap>,
    /// The offset.
    pub offset: Option<OffsetMap>,
}

/// What became of a `PUT` of a configuration.
#[derive(Clone, Debug)]
pub enum PutOutcome {
    /// The connector is new.
    Created(ConnectorInfo),
    /// It had another configuration before.
    Updated(ConnectorInfo),
}
