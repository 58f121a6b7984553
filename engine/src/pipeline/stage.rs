//! The steps of a record's way, by the names that logs and dead letter queues show (EH-008).

use std::fmt;

use windlass_api::ConnectError;

/// A step of a record's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    TaskPut,
    /// The transform at this place in the chain, its predicate included.
    Transformation(usize),
    KeyConverter,
    ValueConverter,
    HeaderConverter,
    KafkaProduce,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::TaskPut => "TASK_PUT",
            Stage::Transformation(_) => "TRANSFORMATION",
            Stage::KeyConverter => "KEY_CONVERTER",
            Stage::ValueConverter => "VALUE_CONVERTER",
            Stage::HeaderConverter => "HEADER_CONVERTER",
            Stage::KafkaProduce => "KAFKA_PRODUCE",
        })
    }
}

/// A failure with the step it happened in.
#[derive(Debug)]
pub(crate) struct StageError {
    pub(crate) stage: Stage,
    pub(crate) error: ConnectError,
}

impl Stage {
    /// For `map_err`.
    pub(crate) fn failed(self) -> impl FnOnce(ConnectError) -> StageError {
        move |error| StageError { stage: self, error }
    }
}
