//! The herder: owns the connectors of a worker, decides what runs, answers REST.

mod error;
mod handle;
mod model;
mod request;

pub use error::HerderError;
pub use handle::Herder;
pub use model::{
    ConnectorInfo, ConnectorOffset, ConnectorStatus, ConnectorType, PutOutcome, RestartScope,
    TaskInfo,
};
