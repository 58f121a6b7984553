//! Figures over the last samples, as Kafka's metrics have them.

use std::time::Duration;

use tokio::time::Instant;

/// `metrics.sample.window.ms` and `metrics.num.samples`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampling {
    /// How long a sample is.
    pub(crate) window: Duration,
    /// How many samples count, at least one.
    pub(crate) samples: usize,
}

/// What was recorded lately. Nothing is kept, and no memory held, before the first value.
#[derive(Debug, Default)]
pub(crate) struct Window {
    samples: Vec<Sample>,
    current: usize,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    begun: Instant,
    last: Instant,
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

/// What a [`Window`] says at one moment. Mean, least and largest are NaN when nothing was recorded lately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    pub(crate) mean: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// The sum per second.
    pub(crate) rate: f64,
}

impl Window {
    pub(crate) fn record(&mut self, sampling: Sampling, now: Instant, value: f64) {
        match self.samples.get(self.current) {
            None => self.samples.push(Sample::new(now)),
            Some(sample) if now.duration_since(sample.begun) >= sampling.window => {
                self.current = (self.current + 1) % sampling.samples.max(1);
                match self.samples.get_mut(self.current) {
                    Some(oldest) => *oldest = Sample::new(now),
                    None => {
                        self.samples.push(Sample::new(now));
                        self.current = self.samples.len() - 1;
                    }
                }
            }
            Some(_) => {}
        }
        if let Some(sample) = self.samples.get_mut(self.current) {
            sample.last = now;
            sample.count += 1;
            sample.sum += value;
            sample.min = sample.min.min(value);
            sample.max = sample.max.max(value);
        }
    }

    /// What the samples that are not too old say (`SampledStat`, and `Rate` for the time they are taken to cover).
    pub(crate) fn summary(&self, sampling: Sampling, now: Instant) -> Summary {
        let age = sampling.window * u32::try_from(sampling.samples).unwrap_or(u32::MAX);
        let live = || {
            let samples = self.samples.iter();
            samples.filter(|sample| now.duration_since(sample.last) < age)
        };
        let count: u64 = live().map(|sample| sample.count).sum();
        let sum: f64 = live().map(|sample| sample.sum).sum();
        let none = |value: f64| if count == 0 { f64::NAN } else { value };
        #[expect(clippy::cast_precision_loss, reason = "a mean is no exact figure")]
        let mean = sum / count as f64;
        Summary {
            mean,
            min: none(live().map(|s| s.min).fold(f64::INFINITY, f64::min)),
            max: none(live().map(|s| s.max).fold(f64::NEG_INFINITY, f64::max)),
            rate: sum / self.covered(sampling, now).as_secs_f64().max(0.001),
        }
    }

    /// The time since the oldest sample began, with the full windows added that it does not cover yet: a rate of the first
    /// moments would otherwise be far too high.
    fn covered(&self, sampling: Sampling, now: Instant) -> Duration {
        let oldest = self.samples.iter().map(|sample| sample.begun).min();
        let elapsed = oldest.map_or(Duration::ZERO, |begun| now.duration_since(begun));
        let full = elapsed.as_nanos() / sampling.window.as_nanos().max(1);
        let wanted = u128::try_from(sampling.samples.saturating_sub(1)).unwrap_or(0);
        let missing = wanted.saturating_sub(full);
        elapsed + sampling.window * u32::try_from(missing).unwrap_or(u32::MAX)
    }
}

impl Sample {
    fn new(begun: Instant) -> Self {
        Sample {
            begun,
            last: begun,
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLING: Sampling = Sampling {
        window: Duration::from_secs(30),
        samples: 2,
    };

    #[tokio::test(start_paused = true)]
    async fn old_samples_go() {
        let mut window = Window::default();
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert!(window.summary(SAMPLING, begun).max.is_nan());
        assert_eq!(window.summary(SAMPLING, begun).rate, 0.0);
        window.record(SAMPLING, begun, 9.0);
        window.record(SAMPLING, after(1), 1.0);
        window.record(SAMPLING, after(31), 2.0);
        let all = window.summary(SAMPLING, after(40));
        assert_eq!((all.mean, all.min, all.max), (4.0, 1.0, 9.0));
        assert_eq!(all.rate, 12.0 / 40.0);
        window.record(SAMPLING, after(62), 5.0);
        let later = window.summary(SAMPLING, after(62));
        assert_eq!((later.mean, later.max), (3.5, 5.0));
        assert!(window.summary(SAMPLING, after(200)).mean.is_nan());
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_rate_is_over_a_whole_window() {
        let mut window = Window::default();
        let begun = Instant::now();
        window.record(SAMPLING, begun, 62.0);
        let rate = window
            .summary(SAMPLING, begun + Duration::from_secs(1))
            .rate;
        assert_eq!(rate, 2.0);
    }
}
