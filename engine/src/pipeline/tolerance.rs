//! What becomes of a record that cannot be processed (KIP-298).

use std::fmt;

use windlass_api::{ConnectError, Result};

use super::StageError;
use crate::config::ErrorPolicy;
use crate::status::TaskId;
use crate::trace::{chain, java_class};

/// Decides about failed records of one task (`RetryWithToleranceOperator`).
#[derive(Debug)]
pub(crate) struct Tolerance {
    task: TaskId,
    policy: ErrorPolicy,
    skipped: u64,
}

impl Tolerance {
    /// A task that does as this policy says. Nothing that this release runs fails retriably, so that there is nothing for
    /// `errors.retry.timeout` to do.
    pub(crate) fn new(task: TaskId, policy: ErrorPolicy) -> Self {
        Tolerance {
            task,
            policy,
            skipped: 0,
        }
    }

    /// Whether the record that failed is skipped; otherwise its task fails with the error given back.
    pub(crate) fn skip(&mut self, failure: StageError, record: impl fmt::Display) -> Result<()> {
        self.report(&failure, record);
        let StageError { stage, error } = failure;
        if self.policy.tolerate_all && (stage.tolerates_any_error() || error.is_retriable()) {
            self.skipped += 1;
            return Ok(());
        }
        Err(ConnectError::connect("Tolerance exceeded in error handler").caused_by(error))
    }

    /// Whether records that Kafka refused are skipped: `all` covers any error then (EH-019); otherwise their task fails
    /// with the error given back.
    pub(crate) fn skip_unsent(
        &mut self,
        failure: StageError,
        count: u32,
        place: impl fmt::Display,
    ) -> Result<()> {
        self.report(&failure, place);
        if self.policy.tolerate_all {
            self.skipped += u64::from(count);
            return Ok(());
        }
        let text = "Unrecoverable exception from producer send callback";
        Err(ConnectError::connect(text).caused_by(failure.error))
    }

    /// How many records were skipped.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    fn report(&self, failure: &StageError, record: impl fmt::Display) {
        if !self.policy.log {
            return;
        }
        let TaskId { connector, task } = &self.task;
        let StageError { stage, error } = failure;
        let (class, reason) = (java_class(error.kind()), chain(error));
        if self.policy.log_details {
            tracing::error!(%connector, task, "error encountered in {stage} with {class}: {reason}, where record is {record}");
        } else {
            tracing::error!(%connector, task, "error encountered in {stage} with {class}: {reason}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::pipeline::Stage;

    fn tolerance(tolerate_all: bool) -> Tolerance {
        let policy = ErrorPolicy {
            retry_timeout: Some(Duration::ZERO),
            retry_delay_max: Duration::from_secs(60),
            tolerate_all,
            log: true,
            log_details: true,
        };
        Tolerance::new(
            TaskId {
                connector: Arc::from("c"),
                task: 0,
            },
            policy,
        )
    }

    #[test]
    fn by_default_the_first_failure_fails_the_task() {
        let mut none = tolerance(false);
        let failure = Stage::KeyConverter.failed()(ConnectError::data("bad"));
        let error = none.skip(failure, "r").unwrap_err();
        assert_eq!(error.message(), "Tolerance exceeded in error handler");
        assert_eq!(chain(&error), "Tolerance exceeded in error handler: bad");
        assert_eq!(none.skipped(), 0);
    }

    #[test]
    fn all_tolerates_conversions_but_only_retriable_errors_of_kafka() {
        let mut all = tolerance(true);
        all.skip(
            Stage::Transformation.failed()(ConnectError::data("bad")),
            "r",
        )
        .unwrap();
        all.skip(
            Stage::KafkaProduce.failed()(ConnectError::retriable("later")),
            "r",
        )
        .unwrap();
        assert!(
            all.skip(
                Stage::KafkaProduce.failed()(ConnectError::connect("never")),
                "r"
            )
            .is_err()
        );
        assert_eq!(all.skipped(), 2);
    }
}
