//! The herder of a worker in a cluster: one actor that follows the config topic and the group, and has run here what the
//! leader says.
//!
//! ```text
//! config topic ──► changes ──┐                       ┌──► loops of the connectors that run here
//! group ──────────► events ──┼──► DistributedHerder ─┼──► config topic (leader; target states: any worker)
//! REST, other workers ───────┘                       └──► the leader over HTTP (tasks that connectors want)
//! ```

mod changes;
mod fencing;
mod internal;
mod lead;
mod rebalance;
mod requests;
mod work;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use windlass_client::group::{GroupEvent, GroupMember};

use self::fencing::Fencing;
use self::lead::Leading;
use super::handle::Herder;
use super::message::{Message, Request};
use crate::config::DistributedConfig;
use crate::group::assignor::IncrementalAssignor;
use crate::group::{Protocol, Work};
use crate::peer::PeerClient;
use crate::storage::config_state::ConfigChange;
use crate::storage::config_topic::{ConfigTopic, ConfigWriteError};
use crate::worker::Worker;

/// What a herder is made of.
pub(crate) struct DistributedParts {
    pub(crate) worker: Arc<Worker>,
    pub(crate) config: DistributedConfig,
    /// The URL of this worker's REST server, for others, with a slash at its end.
    pub(crate) url: Arc<str>,
    pub(crate) topic: ConfigTopic,
    pub(crate) changes: mpsc::UnboundedReceiver<ConfigChange>,
    pub(crate) member: GroupMember,
    pub(crate) peers: PeerClient,
    /// Sets the level of a logger of this worker.
    pub(crate) log_level: LogLevel,
}

/// Sets a logger's level, both by name.
pub type LogLevel = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// See the module.
pub(crate) struct DistributedHerder {
    parts: DistributedParts,
    requests: mpsc::UnboundedReceiver<Request>,
    /// For loops that have something to tell; weak, lest the herder keep itself alive.
    own: mpsc::WeakUnboundedSender<Request>,
    locals: BTreeMap<Arc<str>, mpsc::UnboundedSender<Message>>,
    /// What the leader gave to this worker, and what of it was started.
    assigned: Work,
    started: Work,
    membership: Membership,
    /// Whether the last rebalance has come to its end here: work was started for the state that the leader saw.
    settled: bool,
    /// Something changed that the group has to divide anew.
    unbalanced: bool,
    /// This worker has left the group, because it could not read the config topic.
    out_of_sync: bool,
    /// When to join again without being asked to.
    rejoin_at: Option<Instant>,
    assignor: IncrementalAssignor,
    leading: Option<Leading>,
    /// Rounds of fencing under way, by connector; only the leader has any.
    fencings: BTreeMap<Arc<str>, Fencing>,
    /// Requests that wait for the end of a rebalance.
    waiting: VecDeque<Request>,
    begun: Instant,
}

/// What this worker knows of its group.
#[derive(Clone, Debug)]
struct Membership {
    protocol: Protocol,
    member_id: Arc<str>,
    leader_id: Arc<str>,
    /// `None` before the first assignment.
    leader_url: Option<Arc<str>>,
    /// The last generation that came to its end for this worker.
    generation: i32,
}

enum Woken {
    Group(GroupEvent),
    Change(ConfigChange),
    Request(Option<Request>),
    Time,
}

impl DistributedHerder {
    /// Starts the herder on the runtime of the caller. It ends with [`Herder::shutdown`] or with its last handle.
    pub(crate) fn spawn(parts: DistributedParts) -> Herder {
        let (sender, requests) = mpsc::unbounded_channel();
        let handle = Herder::new(sender.clone(), Arc::clone(&parts.worker));
        let membership = Membership {
            protocol: parts.config.protocol,
            member_id: Arc::from(""),
            leader_id: Arc::from(""),
            leader_url: None,
            generation: -1,
        };
        let herder = DistributedHerder {
            requests,
            own: sender.downgrade(),
            locals: BTreeMap::new(),
            assigned: Work::default(),
            started: Work::default(),
            membership,
            settled: false,
            unbalanced: false,
            out_of_sync: false,
            rejoin_at: None,
            assignor: IncrementalAssignor::new(parts.config.max_rebalance_delay).guests_first(),
            leading: None,
            fencings: BTreeMap::new(),
            waiting: VecDeque::new(),
            begun: Instant::now(),
            parts,
        };
        tokio::spawn(herder.run());
        handle
    }

    async fn run(mut self) {
        self.rejoin("the worker starts").await;
        loop {
            let wake = Instant::now() + TICK;
            let wake = self.rejoin_at.map_or(wake, |at| at.min(wake));
            let woken = tokio::select! {
                biased;
                event = self.parts.member.next() => Woken::Group(event),
                Some(change) = self.parts.changes.recv() => Woken::Change(change),
                request = self.requests.recv() => Woken::Request(request),
                () = tokio::time::sleep_until(wake) => Woken::Time,
            };
            self.parts.member.alive();
            let heard = self.parts.member.lease().last_heard();
            self.parts.worker.metrics().group.heard(heard);
            match woken {
                Woken::Group(GroupEvent::Failed(error)) => {
                    tracing::error!(%error, "the group refuses this worker: it ends");
                    return self.end().await;
                }
                Woken::Group(event) => self.on_group(event).await,
                Woken::Change(change) => self.on_changes(change).await,
                Woken::Request(Some(Request::Shutdown(reply))) => {
                    self.end().await;
                    let _ = reply.send(());
                    return;
                }
                Woken::Request(Some(request)) => self.on_request(request).await,
                Woken::Request(None) => return self.end().await,
                Woken::Time => {}
            }
            self.tick().await;
        }
    }

    /// Does what is due after anything happened.
    async fn tick(&mut self) {
        if self.rejoin_at.is_some_and(|at| at <= Instant::now()) {
            self.rejoin("the scheduled rebalance is due").await;
        }
        if !self.started.is_empty() && self.is_cut_off() {
            tracing::warn!(
                "the group's coordinator does not answer: this worker stops its work, which others may have"
            );
            self.drop_work("the coordinator did not answer").await;
        }
        if self.settled && self.unbalanced {
            self.rejoin("configurations changed").await;
        }
        if self.settled {
            self.parts.topic.follow_leadership(self.is_leader()).await;
            self.renew_session_key().await;
            while let Some(request) = self.waiting.pop_front() {
                self.on_request(request).await;
            }
        }
    }

    async fn end(mut self) {
        let all = self.started.clone();
        self.stop(&all).await;
        let DistributedParts {
            worker,
            topic,
            member,
            ..
        } = self.parts;
        worker.statuses().flush().await;
        member.leave("the worker stops", LEAVE).await;
        topic.stop().await;
        worker.stop_stores().await;
    }

    /// Whether the group must take this worker for gone (B-028).
    fn is_cut_off(&self) -> bool {
        !self.parts.member.lease().holds()
    }

    /// Waits for an answer of Kafka's, but no longer than the group takes this worker for one of its own: what it runs must
    /// end with its session, whatever the herder is about.
    async fn unless_cut_off<T>(
        &self,
        answer: impl Future<Output = std::result::Result<T, ConfigWriteError>>,
    ) -> std::result::Result<T, ConfigWriteError> {
        let cut_off = async {
            while !self.is_cut_off() {
                tokio::time::sleep(LOOK).await;
            }
            if self.started.is_empty() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            answer = answer => answer,
            () = cut_off => Err(ConfigWriteError::Timeout),
        }
    }

    fn is_leader(&self) -> bool {
        // One that was frozen would lead on until it is told that others do.
        self.membership.leader_id == self.membership.member_id
            && self.membership.leader_url.is_some()
            && !self.is_cut_off()
    }
}

/// At least as often the herder shows that it is alive, and looks at the clock.
const TICK: Duration = Duration::from_secs(1);
/// How often it looks at its lease while it waits for Kafka.
const LOOK: Duration = Duration::from_millis(200);
/// How long leaving the group may take.
const LEAVE: Duration = Duration::from_secs(5);
