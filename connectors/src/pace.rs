//! A steady rate.

use tokio::time::{Duration, Instant};

/// Lets a number of records a second pass, counted from its making (Kafka's `ThroughputThrottler`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Records a second; none for as many as there are.
    rate: Option<f64>,
    begun: Instant,
    passed: u64,
}

impl Pace {
    /// A rate of 0 or less does not limit.
    pub(crate) fn new(records_per_second: i64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = (records_per_second > 0).then_some(records_per_second as f64);
        Pace {
            rate,
            begun: Instant::now(),
            passed: 0,
        }
    }

    /// Waits until at least one record may pass; how many may, at most `most`. Cancel safe: only
    /// [`pass`](Self::pass) counts.
    pub(crate) async fn due(&self, most: u64) -> u64 {
        let Some(rate) = self.rate else { return most };
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "exact for centuries"
        )]
        loop {
            let allowed = (self.begun.elapsed().as_secs_f64() * rate) as u64 + 1;
            if allowed > self.passed {
                return (allowed - self.passed).min(most);
            }
            // A millisecond more than needed, lest rounding make it spin.
            let next = Duration::from_secs_f64(self.passed as f64 / rate);
            tokio::time::sleep_until(self.begun + next + Duration::from_millis(1)).await;
        }
    }

    /// Records have passed.
    pub(crate) fn pass(&mut self, records: u64) {
        self.passed += records;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_a_second_pass() {
        let mut pace = Pace::new(50);
        let mut passed = 0;
        while pace.begun.elapsed() < Duration::from_secs(10) {
            let due = pace.due(7).await;
            assert!((1..=7).contains(&due));
            pace.pass(due);
            passed += due;
        }
        assert!((500..=508).contains(&passed), "{passed}");
        assert_eq!(Pace::new(-1).due(7).await, 7);
    }
}
