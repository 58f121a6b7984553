//! When a failed operation is tried again.

use std::time::Duration;

use tokio::time::Instant;

use super::Stage;
use crate::config::ErrorPolicy;

/// The tries of one operation on one record after another. Each operation has a deadline of its own (B-095).
#[derive(Debug)]
pub(crate) struct Retries {
    /// `None` tries for ever.
    timeout: Option<Duration>,
    delay_max: Duration,
    rng: fastrand::Rng,
    current: Option<Tries>,
}

#[derive(Debug)]
struct Tries {
    stage: Stage,
    /// `None` for never.
    deadline: Option<Instant>,
    failed: u32,
}

impl Retries {
    /// As `errors.retry.timeout` and `errors.retry.delay.max.ms` say.
    pub(crate) fn new(policy: &ErrorPolicy, rng: fastrand::Rng) -> Self {
        Retries {
            timeout: policy.retry_timeout,
            delay_max: policy.retry_delay_max,
            rng,
            current: None,
        }
    }

    /// Whether anything is ever tried again.
    pub(crate) fn are_allowed(&self) -> bool {
        self.timeout != Some(Duration::ZERO)
    }

    /// How long to wait before the next try of an operation that failed; `None` when its time is over.
    pub(crate) fn next(&mut self, stage: Stage, now: Instant) -> Option<Duration> {
        if self
            .current
            .as_ref()
            .is_none_or(|tries| tries.stage != stage)
        {
            self.current = Some(Tries {
                stage,
                deadline: self.timeout.and_then(|timeout| now.checked_add(timeout)),
                failed: 0,
            });
        }
        let tries = self.current.as_mut()?;
        let left = tries
            .deadline
            .map(|deadline| deadline.saturating_duration_since(now));
        if left == Some(Duration::ZERO) {
            self.current = None;
            return None;
        }
        let mut delay = FIRST_DELAY.saturating_mul(1 << tries.failed.min(30));
        tries.failed += 1;
        if delay > self.delay_max {
            delay = self.delay_max.mul_f64(self.rng.f64());
        }
        Some(left.map_or(delay, |left| delay.min(left)))
    }

    /// The record came to its end, one way or the other.
    pub(crate) fn settled(&mut self) {
        self.current = None;
    }
}

/// `RETRIES_DELAY_MIN_MS`
const FIRST_DELAY: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(timeout: Option<u64>, delay_max: u64) -> Retries {
        let policy = ErrorPolicy {
            retry_timeout: timeout.map(Duration::from_millis),
            retry_delay_max: Duration::from_millis(delay_max),
            tolerate_all: false,
            log: false,
            log_details: false,
        };
        Retries::new(&policy, fastrand::Rng::with_seed(1))
    }

    fn millis(delay: Option<Duration>) -> Option<u128> {
        delay.map(|delay| delay.as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn delays_double_until_the_deadline() {
        let mut retries = retries(Some(1000), 60_000);
        assert!(retries.are_allowed());
        let start = Instant::now();
        let mut at = |after: u64| {
            let now = start + Duration::from_millis(after);
            millis(retries.next(Stage::KeyConverter, now))
        };
        assert_eq!((at(0), at(300), at(900)), (Some(300), Some(600), Some(100)));
        assert_eq!(at(1000), None);
        // The next record begins anew.
        assert_eq!(at(1001), Some(300));
    }

    #[tokio::test(start_paused = true)]
    async fn each_operation_has_its_own_deadline() {
        let mut retries = retries(Some(1000), 60_000);
        let start = Instant::now();
        retries.next(Stage::KeyConverter, start);
        let late = start + Duration::from_millis(1500);
        assert_eq!(
            millis(retries.next(Stage::Transformation(0), late)),
            Some(300)
        );
        assert_eq!(
            millis(retries.next(Stage::Transformation(1), late)),
            Some(300)
        );
        retries.settled();
        assert_eq!(
            millis(retries.next(Stage::Transformation(1), late)),
            Some(300)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn long_delays_are_a_random_part_of_the_longest() {
        let mut retries = retries(None, 1000);
        let now = Instant::now();
        let delays: Vec<u128> = (0..100)
            .filter_map(|_| millis(retries.next(Stage::ValueConverter, now)))
            .collect();
        assert_eq!((delays.len(), &delays[..2]), (100, &[300, 600][..]));
        assert!(delays[2..].iter().all(|delay| *delay < 1000));
        assert!(delays[2..].windows(2).any(|pair| pair[0] != pair[1]));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_timeout_nothing_is_tried_again() {
        let mut retries = retries(Some(0), 60_000);
        assert!(!retries.are_allowed());
        assert_eq!(retries.next(Stage::KeyConverter, Instant::now()), None);
    }
}
