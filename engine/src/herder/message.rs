//! What travels to the herder and on to the loop of a connector.

use std::sync::Arc;

use tokio::sync::oneshot;
use windlass_api::{ConnectError, Props};

use super::HerderError;
use super::internal::InternalRequest;
use super::model::{ConnectorInfo, ConnectorOffset, ConnectorStatus, PutOutcome, RestartScope};
use crate::status::{TargetState, TaskId, TaskNumber};

/// Where an answer goes; a caller that went away is no error.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, HerderError>>;

/// To the herder.
#[derive(Debug)]
pub(crate) enum Request {
    /// Is the herder alive.
    Ping(oneshot::Sender<()>),
    /// Stop all connectors and end.
    Shutdown(oneshot::Sender<()>),
    /// Read committed offsets.
    Offsets {
        name: Arc<str>,
        reply: Reply<Vec<ConnectorOffset>>,
    },
    /// A command to one connector.
    Connector { name: Arc<str>, command: Command },
    /// A connector that runs here wants these tasks; in a cluster the leader decides.
    Tasks {
        name: Arc<str>,
        tasks: Vec<Arc<Props>>,
        /// Whether they are to be started anew even if they are what is stored: their secrets are others.
        anew: bool,
    },
    /// A task of this worker starts: earlier ones of its connector must not write any more.
    Fence { name: Arc<str>, reply: Reply<()> },
    /// Earlier tasks were fenced for this generation of task configurations, or not.
    Fenced {
        name: Arc<str>,
        generation: u64,
        result: Result<(), HerderError>,
    },
    /// Is a task of this generation of task configurations still wanted here.
    Verify {
        id: TaskId,
        generation: u64,
        reply: Reply<()>,
    },
    /// From another worker.
    Internal(InternalRequest),
    /// Set the level of a logger on all workers.
    LoggerLevel {
        namespace: String,
        level: String,
        reply: Reply<()>,
    },
    /// The loop of a deleted connector has nothing to do, having handled this many commands.
    Idle { name: Arc<str>, handled: u64 },
}

/// To the loop of a connector.
#[derive(Debug)]
pub(crate) enum Message {
    /// From users.
    Command(Command),
    /// The connector, in this run of it, wants other task configurations.
    Reconfigure { run: u64 },
    /// The connector, in this run of it, gave up.
    Failed { run: u64, error: ConnectError },
    /// Secrets may be too old.
    Reload,
    /// What failed in that run is to be started again: a task, or the connector object.
    Again { task: Option<TaskNumber>, run: u64 },
    /// From the herder of a cluster's worker.
    Local(Local),
    /// The worker stops.
    Shutdown(oneshot::Sender<()>),
}

/// What to do with the part of a connector that runs on this worker.
#[derive(Debug)]
pub(crate) enum Local {
    /// Start what was assigned.
    Start {
        connector: bool,
        tasks: Vec<TaskNumber>,
    },
    /// Stop what was taken away; the sender is dropped when that is done.
    Stop {
        connector: bool,
        tasks: Vec<TaskNumber>,
        /// Whether others may run it already: then nothing is said about the connector.
        silently: bool,
        done: oneshot::Sender<()>,
    },
    /// Stop and start.
    Restart {
        connector: bool,
        tasks: Vec<TaskNumber>,
    },
    /// The connector has another configuration.
    Reconfigured,
    /// The tasks it wants could not be stored.
    AskAgain,
    /// Users want it in another state.
    Target,
}

/// What a connector is told to do.
#[derive(Debug)]
pub(crate) enum Command {
    Create {
        config: Props,
        target: TargetState,
        reply: Reply<ConnectorInfo>,
    },
    Put {
        config: Props,
        reply: Reply<PutOutcome>,
    },
    Delete {
        reply: Reply<()>,
    },
    SetTarget {
        target: TargetState,
        reply: Reply<()>,
    },
    RestartConnector {
        reply: Reply<()>,
    },
    Restart {
        scope: RestartScope,
        reply: Reply<ConnectorStatus>,
    },
    RestartTask {
        task: TaskNumber,
        reply: Reply<()>,
    },
    AlterOffsets {
        offsets: Vec<ConnectorOffset>,
        reply: Reply<String>,
    },
    ResetOffsets {
        reply: Reply<String>,
    },
}

impl Command {
    /// Refuses the command because there is no such connector, in the words Java's standalone herder has for it.
    pub(crate) fn refuse_unknown(self, name: &str) {
        let not_found = |text: String| HerderError::NotFound(text);
        match self {
            Command::Create { reply, .. } => answer(reply, Err(unknown(name))),
            Command::Put { reply, .. } => answer(reply, Err(unknown(name))),
            Command::Delete { reply } => answer(reply, Err(unknown(name))),
            Command::AlterOffsets { reply, .. } | Command::ResetOffsets { reply } => {
                answer(reply, Err(unknown(name)));
            }
            Command::SetTarget {
                target: TargetState::Stopped,
                reply,
            } => {
                answer(
                    reply,
                    Err(HerderError::Internal(format!(
                        "No connector `{name}` configured"
                    ))),
                );
            }
            Command::SetTarget { reply, .. } => {
                answer(reply, Err(not_found(format!("Unknown connector {name}"))));
            }
            Command::RestartConnector { reply } => {
                answer(
                    reply,
                    Err(HerderError::Internal(format!("Connector {name} not found"))),
                );
            }
            Command::Restart { reply, .. } => {
                answer(reply, Err(not_found(format!("Unknown connector: {name}"))));
            }
            Command::RestartTask { task, reply } => {
                let text = format!(
                    "Failed to start task {name}-{task} since it is not a recognizable type (source or sink)"
                );
                answer(reply, Err(HerderError::Internal(text)));
            }
        }
    }

    /// Whether it can only be obeyed once a call into the connector has ended.
    pub(crate) fn ends_calls(&self) -> bool {
        !matches!(
            self,
            Command::AlterOffsets { .. } | Command::ResetOffsets { .. }
        )
    }
}

/// The answer about a connector that does not exist, where Java has no other text.
pub(crate) fn unknown(name: &str) -> HerderError {
    HerderError::NotFound(format!("Connector {name} not found"))
}

/// Answers, unless the caller went away.
pub(crate) fn answer<T>(reply: Reply<T>, result: Result<T, HerderError>) {
    let _ = reply.send(result);
}
