//! What happens to a record between a connector and Kafka.

mod build;
mod converters;
mod counters;
pub(crate) mod dead_letters;
mod report;
mod retry;
mod stage;
mod tolerance;
mod transforms;

pub(crate) use build::{build_converters, build_transforms};
pub(crate) use converters::{ConverterClasses, Converters};
pub(crate) use counters::{Counter, ErrorCounters};
pub(crate) use report::{Failure, Original, Reporter};
pub(crate) use retry::Retries;
pub(crate) use stage::{Stage, StageError};
pub(crate) use tolerance::Tolerance;
pub(crate) use transforms::{Applied, Guard, TransformStage, Transforms};
