//! Source and sink tasks: one loop each, and what watches over them.

mod fenced;
mod hand_over;
mod handle;
mod in_flight;
mod metered;
mod pace;
mod parts;
mod pending_offsets;
mod sink;
mod source;
mod topic_creation;
mod watchdog;

pub(crate) use hand_over::HandOver;
pub(crate) use handle::{OnFailure, TaskHandle, ended};
pub(crate) use metered::metered;
pub(crate) use pace::{Hold, Pace};
pub(crate) use parts::{NotedTopics, TaskParts};
pub(crate) use sink::{Conversion as SinkConversion, SinkLoop, SinkParts};
pub(crate) use source::{
    Encoding as SourceEncoding, Ends, SourceLoop, SourceParts, Topics, TransactionParts,
    commit_transaction,
};
pub(crate) use topic_creation::TopicCreation;
pub(crate) use watchdog::Watchdog;

use windlass_api::{ConnectError, ErrorKind};
use windlass_client::ClientError;

/// What a task is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// Work.
    Run,
    /// Keep everything, but do not work.
    Pause,
    /// Commit what is done and end.
    Stop,
}

/// A failure of Kafka as the failure of a task.
#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
pub(crate) fn kafka(error: ClientError) -> ConnectError {
    let kind = if error.is_retriable() {
        ErrorKind::Retriable
    } else {
        ErrorKind::Connect
    };
    ConnectError::new(kind, error.to_string())
}
