//! What becomes of a record that cannot be processed (KIP-298).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use windlass_api::{ConnectError, Result};

use super::dead_letters::DeadLetters;
use super::{ErrorCounters, Failure, Original, Reporter, Retries, Stage, StageError};
use crate::config::ErrorPolicy;
use crate::status::TaskId;
use crate::trace::Located;

/// Decides about failed records of one task (`RetryWithToleranceOperator`).
#[derive(Debug)]
pub(crate) struct Tolerance {
    task: TaskId,
    policy: ErrorPolicy,
    retries: Retries,
    reporter: Arc<Reporter>,
}

impl Tolerance {
    /// A task that does as this policy says.
    pub(crate) fn new(
        task: TaskId,
        policy: ErrorPolicy,
        rng: fastrand::Rng,
        counters: Arc<ErrorCounters>,
    ) -> Self {
        Tolerance {
            reporter: Arc::new(Reporter::new(task.clone(), &policy, counters, None)),
            retries: Retries::new(&policy, rng),
            task,
            policy,
        }
    }

    /// From now on failed records are written there.
    pub(crate) fn write_to(&mut self, dead_letters: DeadLetters) {
        let counters = Arc::clone(self.reporter.counters());
        let reporter = Reporter::new(
            self.task.clone(),
            &self.policy,
            counters,
            Some(dead_letters),
        );
        self.reporter = Arc::new(reporter);
    }

    pub(crate) fn reporter(&self) -> &Arc<Reporter> {
        &self.reporter
    }

    pub(crate) fn counters(&self) -> &ErrorCounters {
        self.reporter.counters()
    }

    pub(crate) fn tolerates_all(&self) -> bool {
        self.policy.tolerate_all
    }

    /// Whether records that failed are on their way to the dead letter queue still.
    #[inline]
    pub(crate) fn has_dead_letters(&self) -> bool {
        let letters = self.reporter.dead_letters();
        letters.is_some_and(DeadLetters::are_pending)
    }

    /// Whether more records are on their way there than should be kept in memory.
    pub(crate) fn has_many_dead_letters(&self) -> bool {
        let letters = self.reporter.dead_letters();
        letters.is_some_and(DeadLetters::are_many)
    }

    /// Whether sink tasks may report records (`enableErrantRecordReporter`).
    pub(crate) fn takes_reports(&self) -> bool {
        self.policy.log || self.reporter.dead_letters().is_some()
    }

    /// Whether a failure needs the record as it was before its transforms.
    pub(crate) fn wants_originals(&self) -> bool {
        self.retries.are_allowed()
            || self.reporter.dead_letters().is_some()
            || (self.policy.log && self.policy.log_details)
    }

    /// How long to wait before the next try of what failed; `None` when it has failed for good.
    pub(crate) fn retry(&mut self, failure: &StageError) -> Option<Duration> {
        if !failure.error.is_retriable() {
            return None;
        }
        let counters = self.reporter.counters();
        counters.failures.add(1);
        let delay = self.retries.next(failure.stage, Instant::now())?;
        counters.retries.add(1);
        Some(delay)
    }

    /// The record came to its end, one way or the other.
    pub(crate) fn settled(&mut self) {
        self.retries.settled();
    }

    /// Gives a record up, which the class of that name failed on: it is told of, and skipped where `errors.tolerance` says so.
    ///
    /// # Errors
    /// The task must fail.
    pub(crate) fn give_up(
        &mut self,
        failure: StageError,
        class: &str,
        original: Original<'_>,
    ) -> Result<()> {
        self.retries.settled();
        let StageError { stage, error } = failure;
        let counters = self.reporter.counters();
        counters.failures.add(1);
        counters.errors.add(1);
        counters.error_now();
        let told = Failure {
            stage,
            class,
            error: &error,
        };
        // Offsets wait for the report; nobody else does.
        drop(self.reporter.report(told, original));
        if self.policy.tolerate_all {
            counters.skipped.add(1);
            return Ok(());
        }
        let place = format!("stage {stage} with {class}, record {}", original.place());
        let text = "Tolerance exceeded in error handler";
        Err(ConnectError::connect(text).caused_by(Located { place, error }))
    }

    /// Whether records that Kafka refused are skipped: `all` covers any error then (EH-019); otherwise their task fails
    /// with the error given back.
    pub(crate) fn skip_unsent(
        &mut self,
        error: ConnectError,
        count: u32,
        original: Original<'_>,
    ) -> Result<()> {
        if !self.policy.tolerate_all {
            let text = "Unrecoverable exception from producer send callback";
            return Err(ConnectError::connect(text).caused_by(error));
        }
        let counters = self.reporter.counters();
        counters.failures.add(u64::from(count));
        counters.error_now();
        let told = Failure {
            stage: Stage::KafkaProduce,
            class: SOURCE_TASK,
            error: &error,
        };
        drop(self.reporter.report(told, original));
        counters.skipped.add(u64::from(count));
        Ok(())
    }
}

/// What fails when Kafka refuses a record.
const SOURCE_TASK: &str = "org.apache.kafka.connect.runtime.WorkerSourceTask";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::chain;

    fn tolerance(tolerate_all: bool) -> Tolerance {
        let policy = ErrorPolicy {
            retry_timeout: Some(Duration::from_millis(1000)),
            retry_delay_max: Duration::from_secs(60),
            tolerate_all,
            log: true,
            log_details: true,
        };
        let task = TaskId {
            connector: Arc::from("c"),
            task: 0,
        };
        Tolerance::new(task, policy, fastrand::Rng::with_seed(1), Arc::default())
    }

    const PLACE: Original<'_> = Original::Sent {
        topic: "t",
        partition: 0,
    };

    #[test]
    fn by_default_the_first_failure_fails_the_task() {
        let mut none = tolerance(false);
        let failure = Stage::KeyConverter.failed()(ConnectError::data("bad"));
        let error = none.give_up(failure, "K", PLACE).unwrap_err();
        assert_eq!(error.message(), "Tolerance exceeded in error handler");
        let place = "stage KEY_CONVERTER with K, record to t-0";
        assert_eq!(
            chain(&error),
            format!("Tolerance exceeded in error handler: {place}: bad")
        );
        let error = none
            .skip_unsent(ConnectError::connect("never"), 1, PLACE)
            .unwrap_err();
        assert_eq!(
            chain(&error),
            "Unrecoverable exception from producer send callback: never"
        );
        assert_eq!(none.counters().skipped.value(), 0);
        assert_eq!(none.counters().errors.value(), 1);
    }

    #[test]
    fn all_skips_and_counts() {
        let mut all = tolerance(true);
        let failure = Stage::Transformation(1).failed()(ConnectError::data("bad"));
        all.give_up(failure, "T", PLACE).unwrap();
        all.skip_unsent(ConnectError::connect("never"), 3, PLACE)
            .unwrap();
        let counters = all.counters();
        assert_eq!(
            (counters.skipped.value(), counters.failures.value()),
            (4, 4)
        );
        assert_eq!(counters.logged.value(), 2);
        assert_eq!(counters.dead_letters.value(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn only_retriable_errors_are_tried_again() {
        let mut all = tolerance(true);
        let data = Stage::KeyConverter.failed()(ConnectError::data("bad"));
        assert_eq!(all.retry(&data), None);
        let later = Stage::KeyConverter.failed()(ConnectError::retriable("later"));
        assert_eq!(all.retry(&later), Some(Duration::from_millis(300)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(all.retry(&later), None);
        let counters = all.counters();
        assert_eq!(
            (counters.retries.value(), counters.failures.value()),
            (1, 2)
        );
    }
}
