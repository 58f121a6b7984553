//! Starting again by itself what has failed.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::time::{Duration, Instant};

use crate::config::RestartPolicy;
use crate::herder::message::Message;
use crate::status::TaskNumber;
use crate::worker::Worker;

/// Counts the failures of a connector object or of one of its tasks, as long as its worker runs it.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures(Arc<Mutex<u32>>);

/// What to do when one run of a connector object or a task fails.
pub(super) struct Comeback {
    pub(super) policy: RestartPolicy,
    pub(super) failures: Failures,
    /// The task; `None` for the connector object.
    pub(super) task: Option<TaskNumber>,
    /// The run that this is about.
    pub(super) run: u64,
    pub(super) begun: Instant,
    pub(super) own: mpsc::WeakUnboundedSender<Message>,
    pub(super) connector: Arc<str>,
    pub(super) worker: Arc<Worker>,
}

impl Comeback {
    /// Orders the next start, if there is to be one; what the status says of it.
    pub(super) fn after_failure(self) -> String {
        let most = self.policy.max_attempts;
        let mut failures = self.failures.lock();
        if self.begun.elapsed() >= self.policy.healthy {
            *failures = 0;
        }
        if *failures >= most {
            return format!("\twindlass: not started again after {most} automatic restarts\n");
        }
        *failures += 1;
        let attempt = *failures;
        drop(failures);
        let seed = format!("{}-{:?}-{}", self.connector, self.task, self.run);
        let delay = self.policy.delay(attempt, self.worker.rng(&seed).f64());
        let (own, task, run) = (self.own, self.task, self.run);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            if let Some(own) = own.upgrade() {
                let _ = own.send(Message::Again { task, run });
            }
        });
        let seconds = delay.as_secs_f64();
        format!("\twindlass: automatic restart {attempt} of {most} in {seconds:.1} s\n")
    }
}

impl Failures {
    fn lock(&self) -> std::sync::MutexGuard<'_, u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RestartPolicy {
    /// Twice as long each time up to the longest, less up to a quarter by chance, which is in `0..1`.
    fn delay(&self, attempt: u32, chance: f64) -> Duration {
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(1));
        let delay = self.backoff.saturating_mul(doubled).min(self.max_backoff);
        delay.mul_f64(1.0 - chance / 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_waits_longer_up_to_the_longest() {
        let policy = RestartPolicy {
            max_attempts: 9,
            backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(10),
            healthy: Duration::from_secs(60),
        };
        let seconds = |attempt| policy.delay(attempt, 0.0).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 40].map(seconds), [1, 2, 4, 8, 10, 10]);
        let shortest = policy.delay(5, 1.0);
        assert_eq!(shortest, Duration::from_millis(7500));
    }
}
