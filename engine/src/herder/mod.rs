//! The herder: owns the connectors of a worker, decides what runs, answers REST.

mod connector;
mod distributed;
mod error;
mod guard;
mod handle;
mod internal;
mod message;
mod model;
mod standalone;

pub use distributed::LogLevel;
pub use error::HerderError;
pub use handle::Herder;
pub use internal::Signed;
pub use model::{
    ConnectorInfo, ConnectorOffset, ConnectorStatus, ConnectorType, PutOutcome, RestartScope,
    TaskInfo,
};

pub(crate) use distributed::{DistributedHerder, DistributedParts};
pub(crate) use guard::TaskGuard;
pub(crate) use standalone::StandaloneHerder;
