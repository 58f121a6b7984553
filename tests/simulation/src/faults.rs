//! What breaks, and when: all of it from the seed.

use std::sync::Arc;
use std::time::Duration;

use turmoil::Sim;

use crate::broker;
use crate::journal::Journal;
use crate::worker::Workers;

/// Breaks things and mends them.
pub(crate) struct Faults {
    rng: fastrand::Rng,
    journal: Arc<Journal>,
    workers: Arc<Workers>,
    hosts: Vec<String>,
    active: Vec<(Duration, Fault)>,
    next: Duration,
}

#[derive(Clone, Debug, PartialEq)]
enum Fault {
    /// The process dies: its peers see their connections reset.
    Crash(String),
    /// The machine dies: its peers see nothing.
    Vanish(String),
    /// What two hosts send each other comes late, all of it.
    Hold(String, String),
    /// What two hosts send each other is lost; connections that were open stay silent for ever.
    Cut(String, String),
    /// The same in one direction.
    CutOneWay(String, String),
    /// What two hosts send each other is slow.
    Slow(String, String, Duration),
}

impl Faults {
    pub(crate) fn new(
        rng: fastrand::Rng,
        journal: Arc<Journal>,
        workers: Arc<Workers>,
        hosts: Vec<String>,
    ) -> Self {
        Faults {
            rng,
            journal,
            workers,
            hosts,
            active: Vec::new(),
            next: Duration::ZERO,
        }
    }

    /// Mends what is due, and breaks something now and then.
    pub(crate) fn step(&mut self, sim: &mut Sim<'_>, now: Duration) {
        let (due, active) = self.active.drain(..).partition(|(end, _)| *end <= now);
        self.active = active;
        let due: Vec<(Duration, Fault)> = due;
        for (_, fault) in due {
            self.mend(sim, &fault);
        }
        if self.next > now {
            return;
        }
        self.next = now + Duration::from_millis(self.rng.u64(1000..6000));
        if self.active.len() >= AT_ONCE {
            return;
        }
        let fault = self.choose();
        let touched = |host: &str| self.active.iter().any(|(_, other)| other.touches(host));
        if fault.hosts().into_iter().any(touched) {
            return;
        }
        let length = Duration::from_millis(if self.rng.bool() {
            self.rng.u64(100..3000)
        } else {
            self.rng.u64(3000..15_000)
        });
        self.journal
            .note(format!("fault: {fault:?} for {length:?}"));
        self.inflict(sim, &fault);
        self.active.push((now + length, fault));
    }

    /// Mends everything.
    pub(crate) fn end(&mut self, sim: &mut Sim<'_>) {
        for (_, fault) in std::mem::take(&mut self.active) {
            self.mend(sim, &fault);
        }
        self.journal.note("nothing is broken any more");
    }

    fn choose(&mut self) -> Fault {
        let worker = self.hosts[self.rng.usize(..self.hosts.len())].clone();
        let other = self.hosts[self.rng.usize(..self.hosts.len())].clone();
        let peer = if other == worker || self.rng.u32(..4) > 0 {
            broker::NAME.to_owned()
        } else {
            other
        };
        match self.rng.u32(..10) {
            0 | 1 => Fault::Crash(worker),
            2 => Fault::Vanish(worker),
            3 => Fault::Crash(broker::NAME.to_owned()),
            4 | 5 => Fault::Hold(worker, peer),
            6 | 7 => Fault::Cut(worker, peer),
            8 if self.rng.bool() => Fault::CutOneWay(peer, worker),
            8 => Fault::CutOneWay(worker, peer),
            _ => Fault::Slow(worker, peer, Duration::from_millis(self.rng.u64(200..2000))),
        }
    }

    fn inflict(&self, sim: &mut Sim<'_>, fault: &Fault) {
        match fault {
            Fault::Crash(host) => self.crash(sim, host),
            Fault::Vanish(host) => {
                for other in self.others(host) {
                    sim.partition(host.as_str(), other);
                }
                self.crash(sim, host);
            }
            Fault::Hold(a, b) => sim.hold(a.as_str(), b.as_str()),
            Fault::Cut(a, b) => sim.partition(a.as_str(), b.as_str()),
            Fault::CutOneWay(a, b) => sim.partition_oneway(a.as_str(), b.as_str()),
            Fault::Slow(a, b, latency) => sim.set_link_latency(a.as_str(), b.as_str(), *latency),
        }
    }

    fn mend(&self, sim: &mut Sim<'_>, fault: &Fault) {
        self.journal.note(format!("mended: {fault:?}"));
        match fault {
            Fault::Crash(host) => sim.bounce(host.as_str()),
            Fault::Vanish(host) => {
                for other in self.others(host) {
                    sim.repair(host.as_str(), other);
                }
                sim.bounce(host.as_str());
            }
            Fault::Hold(a, b) => sim.release(a.as_str(), b.as_str()),
            Fault::Cut(a, b) => sim.repair(a.as_str(), b.as_str()),
            Fault::CutOneWay(a, b) => sim.repair_oneway(a.as_str(), b.as_str()),
            Fault::Slow(a, b, _) => sim.set_link_latency(a.as_str(), b.as_str(), LATENCY),
        }
    }

    fn crash(&self, sim: &mut Sim<'_>, host: &str) {
        self.workers.forget(host);
        sim.crash(host);
    }

    fn others<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.hosts.iter().map(String::as_str);
        all.chain([broker::NAME])
            .filter(move |other| *other != host)
    }
}

impl Fault {
    fn hosts(&self) -> Vec<&str> {
        match self {
            Fault::Crash(host) | Fault::Vanish(host) => vec![host],
            // The broker is at the other end of most, and may be at several.
            Fault::Hold(a, b)
            | Fault::Cut(a, b)
            | Fault::CutOneWay(a, b)
            | Fault::Slow(a, b, _) => [a, b]
                .into_iter()
                .map(String::as_str)
                .filter(|host| *host != broker::NAME)
                .collect(),
        }
    }

    fn touches(&self, host: &str) -> bool {
        self.hosts().contains(&host)
    }
}

/// How many faults there are at a time.
const AT_ONCE: usize = 2;
/// How long messages are under way while nothing is wrong.
pub(crate) const LATENCY: Duration = Duration::from_millis(5);
