//! How long to wait before trying again.

use std::time::Duration;

/// Kafka's exponential back-off (KIP-580): each failure doubles the wait up to a limit, and a fifth more or less is left
/// to chance, so that clients that failed together do not come back together.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    /// Begins at `first` and never waits (but for the random part) longer than `max`.
    pub fn new(first: Duration, max: Duration) -> Self {
        Self {
            first: first.min(max),
            max,
            failures: 0,
        }
    }

    /// The wait after one more failure.
    pub fn next(&mut self, rng: &mut fastrand::Rng) -> Duration {
        let wait = delay(self.first, self.max, self.failures, rng.f64());
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// Something succeeded: the next wait is the first again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// How many failures there were since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// The wait after `failures` earlier failures; `chance` is in `0.0..1.0`.
fn delay(first: Duration, max: Duration, failures: u32, chance: f64) -> Duration {
    let doubled = 2f64.powi(failures.min(MAX_DOUBLINGS).cast_signed());
    let wait = (first.as_secs_f64() * doubled).min(max.as_secs_f64());
    let random = 1.0 - JITTER + 2.0 * JITTER * chance;
    Duration::try_from_secs_f64(wait * random).unwrap_or(max)
}

const JITTER: f64 = 0.2;
const MAX_DOUBLINGS: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_up_to_the_limit() {
        let (first, max) = (Duration::from_millis(100), Duration::from_secs(1));
        let waits: Vec<u128> = (0..6)
            .map(|failures| delay(first, max, failures, 0.5).as_millis())
            .collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
    }

    #[test]
    fn success_begins_anew() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for _ in 0..5 {
            backoff.next(&mut rng);
        }
        backoff.reset();
        assert!(backoff.next(&mut rng) <= Duration::from_millis(120));
    }

    proptest! {
        #[test]
        fn stays_within_a_fifth_of_the_doubled_wait(first in 0u64..100_000, max in 0u64..100_000, failures: u32, chance in 0.0f64..1.0) {
            let (first, max) = (Duration::from_millis(first), Duration::from_millis(max));
            let wait = delay(first, max, failures, chance);
            prop_assert!(wait <= max.mul_f64(1.2) + Duration::from_micros(1));
            prop_assert!(wait >= first.min(max).mul_f64(0.79));
        }
    }
}
