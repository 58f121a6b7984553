//! What travels from a handle to the herder.

use std::sync::Arc;

use tokio::sync::oneshot;
use windlass_api::Props;

use super::HerderError;
use super::model::{ConnectorInfo, ConnectorOffset, ConnectorStatus, PutOutcome, RestartScope};
use crate::status::{TargetState, TaskNumber};

/// Where an answer goes; a caller that went away is no error.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, HerderError>>;

/// A write, for one connector unless it says otherwise.
#[derive(Debug)]
pub(crate) enum Request {
    /// Is the herder alive.
    Ping(oneshot::Sender<()>),
    /// Stops all connectors and ends.
    Shutdown(oneshot::Sender<()>),
    /// A command to one connector.
    Connector { name: Arc<str>, command: Command },
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
    Offsets {
        reply: Reply<Vec<ConnectorOffset>>,
    },
    AlterOffsets {
        offsets: Vec<ConnectorOffset>,
        reply: Reply<String>,
    },
    ResetOffsets {
        reply: Reply<String>,
    },
}
