//! The figures of the workers' group, as this worker sees it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::task::float;
use super::text::{Family, Text, labels};
use super::window::{Sampling, Window};

/// What the herder of a cluster tells of its group. Empty in a standalone worker, which shows none of it.
#[derive(Debug, Default)]
pub(crate) struct GroupMetrics(Mutex<Figures>);

#[derive(Debug, Default)]
struct Figures {
    protocol: Option<&'static str>,
    leader: String,
    generation: i32,
    completed: u64,
    assigned_connectors: usize,
    assigned_tasks: usize,
    begun: Option<Instant>,
    last_ended: Option<Instant>,
    last_heard: Option<Instant>,
    millis: Window,
}

/// Where the group stands after a rebalance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joined<'a> {
    pub(crate) protocol: &'static str,
    pub(crate) leader: &'a str,
    pub(crate) generation: i32,
    pub(crate) connectors: usize,
    pub(crate) tasks: usize,
}

impl GroupMetrics {
    /// A rebalance begins, unless one is under way.
    pub(crate) fn rebalance_begins(&self) {
        self.lock().begun.get_or_insert_with(Instant::now);
    }

    /// The rebalance has come to its end here.
    pub(crate) fn rebalance_ended(&self, joined: Joined<'_>, sampling: Sampling) {
        let mut figures = self.lock();
        let now = Instant::now();
        figures.protocol = Some(joined.protocol);
        joined.leader.clone_into(&mut figures.leader);
        figures.generation = joined.generation;
        figures.assigned_connectors = joined.connectors;
        figures.assigned_tasks = joined.tasks;
        figures.completed += 1;
        figures.last_ended = Some(now);
        if let Some(begun) = figures.begun.take() {
            let millis = now.duration_since(begun).as_secs_f64() * 1e3;
            figures.millis.record(sampling, now, millis);
        }
    }

    /// When the group's coordinator last answered.
    pub(crate) fn heard(&self, at: Instant) {
        self.lock().last_heard = Some(at);
    }

    pub(super) fn write(&self, text: &mut Text, sampling: Sampling) {
        let figures = self.lock();
        let Some(protocol) = figures.protocol else {
            return;
        };
        let now = Instant::now();
        let millis = figures.millis.summary(sampling, now);
        text.family(PROTOCOL);
        text.sample(PROTOCOL, &labels(&[("connect_protocol", protocol)]), 1.0);
        text.family(LEADER);
        text.sample(LEADER, &labels(&[("leader_name", &figures.leader)]), 1.0);
        text.single(EPOCH, f64::from(figures.generation));
        text.single(COMPLETED, float(figures.completed));
        text.single(REBALANCING, f64::from(u8::from(figures.begun.is_some())));
        text.single(MAX, millis.max);
        text.single(MEAN, millis.mean);
        let since = |at: Option<Instant>| {
            at.map_or(f64::INFINITY, |at| now.duration_since(at).as_secs_f64())
        };
        text.single(SINCE, (since(figures.last_ended) * 1e3).floor());
        text.single(CONNECTORS, float(figures.assigned_connectors as u64));
        text.single(TASKS, float(figures.assigned_tasks as u64));
        text.single(HEARD, since(figures.last_heard));
    }

    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PROTOCOL: Family = Family::gauge(
    "kafka_connect_worker_rebalance_connect_protocol",
    "The group's protocol, in the label.",
);
const LEADER: Family = Family::gauge(
    "kafka_connect_worker_rebalance_leader_name",
    "The URL of the group's leader, in the label.",
);
const EPOCH: Family = Family::gauge(
    "kafka_connect_worker_rebalance_epoch",
    "The generation of the group.",
);
const COMPLETED: Family = Family::counter(
    "kafka_connect_worker_rebalance_completed_rebalances_total",
    "Rebalances that came to their end here.",
);
const REBALANCING: Family = Family::gauge(
    "kafka_connect_worker_rebalance_rebalancing",
    "1 during a rebalance.",
);
const MAX: Family = Family::gauge(
    "kafka_connect_worker_rebalance_rebalance_max_time_ms",
    "The longest rebalance lately.",
);
const MEAN: Family = Family::gauge(
    "kafka_connect_worker_rebalance_rebalance_avg_time_ms",
    "The mean time of rebalances lately.",
);
const SINCE: Family = Family::gauge(
    "kafka_connect_worker_rebalance_time_since_last_rebalance_ms",
    "Since the last rebalance.",
);
const CONNECTORS: Family = Family::gauge(
    "kafka_connect_coordinator_assigned_connectors",
    "Connectors that the leader gave to this worker.",
);
const TASKS: Family = Family::gauge(
    "kafka_connect_coordinator_assigned_tasks",
    "Tasks that the leader gave to this worker.",
);
const HEARD: Family = Family::gauge(
    "kafka_connect_coordinator_last_heartbeat_seconds_ago",
    "Since the coordinator last answered.",
);
