//! How long a task has been in which state.

use std::time::Duration;

use tokio::time::Instant;

use crate::status::State;

/// The states of a task since it was made (`StateTracker`).
#[derive(Debug)]
pub(super) struct States {
    made: Instant,
    current: State,
    since: Instant,
    running: Duration,
    paused: Duration,
}

impl States {
    pub(super) fn new(now: Instant) -> Self {
        States {
            made: now,
            current: State::Unassigned,
            since: now,
            running: Duration::ZERO,
            paused: Duration::ZERO,
        }
    }

    pub(super) fn current(&self) -> State {
        self.current
    }

    pub(super) fn enter(&mut self, state: State, now: Instant) {
        let spent = now.duration_since(self.since);
        match self.current {
            State::Running => self.running += spent,
            State::Paused => self.paused += spent,
            _ => {}
        }
        (self.current, self.since) = (state, now);
    }

    /// The share of the time in this state, which is `Running` or `Paused`.
    pub(super) fn ratio(&self, state: State, now: Instant) -> f64 {
        let before = match state {
            State::Running => self.running,
            State::Paused => self.paused,
            _ => Duration::ZERO,
        };
        let current = if self.current == state {
            now.duration_since(self.since)
        } else {
            Duration::ZERO
        };
        let all = now.duration_since(self.made).as_secs_f64();
        if all == 0.0 {
            return 0.0;
        }
        (before + current).as_secs_f64() / all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ratios_are_shares_of_the_whole_time() {
        let made = Instant::now();
        let after = |seconds| made + Duration::from_secs(seconds);
        let mut states = States::new(made);
        states.enter(State::Running, after(2));
        states.enter(State::Paused, after(6));
        assert_eq!(states.ratio(State::Running, after(8)), 0.5);
        assert_eq!(states.ratio(State::Paused, after(8)), 0.25);
        states.enter(State::Running, after(8));
        assert_eq!(states.ratio(State::Running, after(10)), 0.6);
    }
}
