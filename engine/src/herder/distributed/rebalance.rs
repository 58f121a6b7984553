//! Joining, and what comes of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use windlass_client::group::{Generation, GroupEvent};

use super::DistributedHerder;
use crate::group::{Assignment, Protocol, Work, WorkerState};
use crate::invariants::Invariant;
use crate::metrics::Joined;

impl DistributedHerder {
    pub(super) async fn on_group(&mut self, event: GroupEvent) {
        match event {
            GroupEvent::Elected {
                generation,
                protocol,
                members,
                keep,
            } => {
                let decided = self.decide(&generation, &protocol, members, keep).await;
                self.parts.member.sync(decided);
            }
            GroupEvent::Assigned {
                generation,
                assignment,
            } => self.on_assigned(generation, &assignment).await,
            GroupEvent::RejoinNeeded => self.rejoin("the group rebalances").await,
            GroupEvent::Lost { reason } => {
                tracing::warn!(
                    reason,
                    "this worker lost its place in the group: it stops its work"
                );
                self.drop_work("the place in the group was lost").await;
            }
            // It ends the herder.
            GroupEvent::Failed(_) => {}
        }
    }

    /// Stops everything, for others may run it by now, and joins with nothing.
    pub(super) async fn drop_work(&mut self, reason: &str) {
        let all = self.started.clone();
        self.stop_silently(&all).await;
        self.assigned = Work::default();
        Invariant::NoWorkAfterFencing.holds(self.started.is_empty(), || {
            format!("{:?} still runs", self.started)
        });
        self.rejoin(reason).await;
    }

    /// Joins the group, or joins it again, with what is known and done now.
    pub(super) async fn rejoin(&mut self, reason: &str) {
        if self.out_of_sync {
            let read = self.parts.topic.read_to_end(self.parts.config.sync_timeout);
            if read.await.is_err() {
                self.rejoin_at = Some(Instant::now() + self.unsync_pause());
                return;
            }
            self.out_of_sync = false;
        }
        self.parts.worker.metrics().group.rebalance_begins();
        self.absorb_changes().await;
        self.settled = false;
        self.unbalanced = false;
        self.rejoin_at = None;
        self.leading = None;
        if !self.membership.protocol.is_incremental() {
            let all = self.started.clone();
            self.stop(&all).await;
            self.assigned = Work::default();
        }
        let config_offset = self.parts.topic.state(|state| state.offset());
        let state = WorkerState {
            url: Arc::clone(&self.parts.url),
            config_offset,
            assignment: self.holding(config_offset),
        };
        let offered = self.parts.config.protocol.offered();
        let protocols = offered.map(|protocol| {
            let metadata = Bytes::from(state.encode(protocol));
            (protocol.name().to_owned(), metadata)
        });
        self.parts.member.join(protocols.collect(), reason);
    }

    /// What this worker tells it holds; nothing while it holds nothing.
    fn holding(&self, config_offset: i64) -> Option<Assignment> {
        if self.assigned.is_empty() {
            return None;
        }
        Some(Assignment {
            config_mismatch: false,
            leader: Arc::clone(&self.membership.leader_id),
            leader_url: self.membership.leader_url.clone().unwrap_or_default(),
            config_offset,
            assigned: self.assigned.clone(),
            revoked: Work::default(),
            delay: 0,
        })
    }

    async fn on_assigned(&mut self, generation: Generation, assignment: &[u8]) {
        let Some(protocol) = Protocol::from_name(&generation.protocol) else {
            tracing::error!(
                protocol = generation.protocol,
                "the group chose an unknown protocol"
            );
            return self.rejoin("the protocol is unknown").await;
        };
        let assignment = match Assignment::decode(assignment) {
            Ok(assignment) => assignment,
            Err(error) => {
                tracing::error!(%error, "the leader's assignment cannot be read");
                self.rejoin_at = Some(Instant::now() + RETRY);
                return;
            }
        };
        self.note(&generation, protocol, &assignment);
        if protocol.is_incremental() {
            let revoked = assignment.revoked.common(&self.assigned);
            self.take_away(&revoked).await;
            self.assigned.add(&assignment.assigned);
        } else {
            self.assigned = assignment.assigned.clone();
        }
        if assignment.delay > 0 {
            let delay = Duration::from_millis(u64::try_from(assignment.delay).unwrap_or(0));
            self.rejoin_at = Some(Instant::now() + delay);
        }
        if !self.catch_up(&assignment).await {
            return;
        }
        self.absorb_changes().await;
        self.unbalanced = false;
        self.start_assigned();
        if self.is_leader() {
            self.forget_deleted();
        }
        self.tell_metrics();
        if assignment.revoked.is_empty() {
            self.settled = true;
        } else {
            self.rejoin("work was taken away").await;
        }
    }

    fn note(&mut self, generation: &Generation, protocol: Protocol, assignment: &Assignment) {
        let before = self.membership.protocol;
        if before != protocol && self.membership.generation >= 0 {
            tracing::warn!(
                before = before.name(),
                now = protocol.name(),
                "the group's protocol changed: requests between workers are signed under \"sessioned\" only"
            );
        }
        self.membership.protocol = protocol;
        self.membership.generation = generation.id;
        self.membership.member_id = Arc::from(generation.member_id.as_str());
        self.membership.leader_id = Arc::clone(&assignment.leader);
        self.membership.leader_url = Some(Arc::clone(&assignment.leader_url));
        self.parts
            .worker
            .generation()
            .store(generation.id, Ordering::Relaxed);
        tracing::info!(
            generation = generation.id, leader = %assignment.leader_url, offset = assignment.config_offset,
            connectors = assignment.assigned.connectors.len(), tasks = assignment.assigned.tasks.len(),
            revoked_connectors = assignment.revoked.connectors.len(), revoked_tasks = assignment.revoked.tasks.len(),
            delay_ms = assignment.delay, "joined the group"
        );
    }

    fn tell_metrics(&self) {
        let metrics = self.parts.worker.metrics();
        let joined = Joined {
            protocol: shown_protocol(self.membership.protocol),
            leader: self.membership.leader_url.as_deref().unwrap_or_default(),
            generation: self.membership.generation,
            connectors: self.assigned.connectors.len(),
            tasks: self.assigned.tasks.len(),
        };
        metrics.group.rebalance_ended(joined, metrics.sampling);
    }

    /// Reads as far as the leader had read. Only then may work be started: not before, and not when this worker knows
    /// more (B-021). When it is not so, the group is joined again.
    async fn catch_up(&mut self, assignment: &Assignment) -> bool {
        let own = || self.parts.topic.state(|state| state.offset());
        let behind = own() < assignment.config_offset;
        if behind || (assignment.config_mismatch && self.is_leader()) {
            let read = self.parts.topic.read_to_end(self.parts.config.sync_timeout);
            if let Err(error) = read.await {
                tracing::warn!(%error, "this worker cannot catch up with the config topic; it leaves the group until it can");
                let all = self.started.clone();
                self.stop(&all).await;
                self.assigned = Work::default();
                self.parts
                    .member
                    .step_out("taking too long to read the log");
                self.out_of_sync = true;
                self.rejoin_at = Some(Instant::now() + self.unsync_pause());
                return false;
            }
        }
        if assignment.config_mismatch || own() != assignment.config_offset {
            self.rejoin("this worker and the leader know different configurations")
                .await;
            return false;
        }
        true
    }

    /// Between two tries to read the config topic.
    fn unsync_pause(&self) -> Duration {
        self.parts.config.unsync_backoff.min(RETRY)
    }

    /// Statuses of what is no longer configured go once nobody can write them again (B-040).
    fn forget_deleted(&self) {
        let (configs, statuses) = (self.parts.worker.configs(), self.parts.worker.statuses());
        for name in statuses.connectors() {
            let Some(entry) = configs.connector(&name) else {
                statuses.remove_connector(&name);
                continue;
            };
            for (task, _) in statuses.tasks(&name) {
                if usize::try_from(task).map_or(true, |task| task >= entry.tasks.len()) {
                    let connector = Arc::clone(&name);
                    statuses.remove_task(&crate::status::TaskId { connector, task });
                }
            }
        }
    }
}

/// The name that Java's metric has for a protocol.
fn shown_protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Eager => "EAGER",
        Protocol::Compatible => "COMPATIBLE",
        Protocol::Sessioned => "SESSIONED",
    }
}

const RETRY: Duration = Duration::from_secs(1);
