//! The herder: owns the connectors of a worker, decides what runs, answers REST.

mod connector;
mod error;
mod handle;
mod message;
mod model;
mod standalone;

pub use error::HerderError;
pub use handle::Herder;
pub use model::{
    ConnectorInfo, ConnectorOffset, ConnectorStatus, ConnectorType, PutOutcome, RestartScope,
    TaskInfo,
};

pub(crate) use standalone::StandaloneHerder;
