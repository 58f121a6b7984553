//! The steps of a record's way, by the names that logs and dead letter queues show (EH-008).

use std::fmt;

use windlass_api::ConnectError;

/// A step of a record's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Transformation,
    KeyConverter,
    ValueConverter,
    HeaderConverter,
    KafkaProduce,
}

impl Stage {
    /// Whether any error of the step may be tolerated, not only a retriable one (EH-007).
    pub(crate) fn tolerates_any_error(self) -> bool {
        self != Stage::KafkaProduce
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Transformation => "TRANSFORMATION",
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
