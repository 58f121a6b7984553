//! Keeping a task within the limits of its connector.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Limits;

/// What a task may still take in. One batch may go beyond a limit; the next waits until the mean is right again.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes_in_flight: Option<u64>,
    records: Option<Account>,
    bytes: Option<Account>,
}

/// Why a task must not take more in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Too many bytes wait for their end: until some have come to it.
    Bytes,
    /// It was too fast: until then.
    Until(Instant),
}

/// So much per second; what was taken before its time is a debt.
#[derive(Debug)]
struct Account {
    per_second: f64,
    settled: Instant,
}

impl Pace {
    /// The pace of one of `tasks` tasks, which share their connector's limits equally: they may run on several workers.
    pub(crate) fn new(limits: Limits, tasks: usize) -> Self {
        let tasks = u64::try_from(tasks).unwrap_or(1).max(1);
        let share = |limit: Option<u64>| limit.map(|limit| (limit / tasks).max(1));
        let now = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "a rate is no exact figure")]
        let account = |limit| {
            share(limit).map(|limit| Account {
                per_second: limit as f64,
                settled: now,
            })
        };
        Pace {
            bytes_in_flight: share(limits.bytes_in_flight),
            records: account(limits.records_per_second),
            bytes: account(limits.bytes_per_second),
        }
    }

    /// Whether there is no limit.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        self.bytes_in_flight.is_none() && self.records.is_none() && self.bytes.is_none()
    }

    /// Records or bytes were taken in.
    pub(crate) fn took(&mut self, records: u64, bytes: u64) {
        if self.is_free() {
            return;
        }
        let now = Instant::now();
        for (account, count) in [(&mut self.records, records), (&mut self.bytes, bytes)] {
            if let Some(account) = account {
                account.spend(now, count);
            }
        }
    }

    /// Whether more may be taken in while so many bytes are in flight.
    pub(crate) fn hold(&self, in_flight: u64) -> Option<Hold> {
        if self.bytes_in_flight.is_some_and(|limit| in_flight >= limit) {
            return Some(Hold::Bytes);
        }
        let now = Instant::now();
        let accounts = [&self.records, &self.bytes].into_iter().flatten();
        let settled = accounts.map(|account| account.settled).max()?;
        (settled > now).then_some(Hold::Until(settled))
    }
}

impl Account {
    #[expect(clippy::cast_precision_loss, reason = "a rate is no exact figure")]
    fn spend(&mut self, now: Instant, count: u64) {
        let worth = (count as f64 / self.per_second).min(LONGEST.as_secs_f64());
        self.settled = self.settled.max(now) + Duration::from_secs_f64(worth);
    }
}

/// What one batch can cost at most, so that no moment is beyond what the clock can say.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Limits = Limits {
        bytes_in_flight: None,
        records_per_second: None,
        bytes_per_second: None,
    };

    #[tokio::test(start_paused = true)]
    async fn the_mean_stays_below_the_limit() {
        let limits = Limits {
            records_per_second: Some(300),
            ..NONE
        };
        let begun = Instant::now();
        let mut pace = Pace::new(limits, 3);
        let mut taken = 0;
        while begun.elapsed() < Duration::from_secs(60) {
            match pace.hold(0) {
                Some(Hold::Until(at)) => tokio::time::sleep_until(at).await,
                _ => {
                    pace.took(500, 1_000_000);
                    taken += 500;
                }
            }
        }
        assert_eq!(taken, 6000);
    }

    #[tokio::test(start_paused = true)]
    async fn the_strictest_limit_counts_and_none_holds_nobody() {
        let limits = Limits {
            bytes_in_flight: Some(10),
            records_per_second: Some(1),
            bytes_per_second: Some(1),
        };
        let mut pace = Pace::new(limits, 1);
        assert_eq!(pace.hold(9), None);
        assert_eq!(pace.hold(10), Some(Hold::Bytes));
        pace.took(2, 5);
        let at = Instant::now() + Duration::from_secs(5);
        assert_eq!(pace.hold(0), Some(Hold::Until(at)));
        pace.took(u64::MAX, u64::MAX);
        let mut free = Pace::new(NONE, 1);
        free.took(u64::MAX, u64::MAX);
        assert_eq!((free.is_free(), free.hold(u64::MAX)), (true, None));
    }
}
