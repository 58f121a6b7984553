//! Membership in a group by the classic protocol, for any protocol type: consumers, Connect workers, anything else.
//!
//! A [`GroupMember`] keeps its place in the group in the background: it heartbeats, finds the coordinator again when that
//! moves, and joins and syncs when told to. What the members say to each other (metadata, assignments) are bytes that
//! only its owner understands.
//!
//! ```text
//! owner: join(protocols) ──► JoinGroup ──► Elected (leader only) ──► owner: sync(assignments) ──► SyncGroup ──► Assigned
//!          ▲                                                                                                     │
//!          └──────────────── RejoinNeeded: give back what must be given back first ◄── heartbeat ────────────────┤
//!          └──────────────── Lost: the place is gone, and with it everything assigned ◄──────────────────────────┘
//! ```

mod driver;
mod lease;
mod membership;
mod requests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

pub use self::lease::Lease;
use crate::cluster::{Call, Cluster, Coordinator, OwnedLane};
use crate::error::ClientError;

/// Who joins which group, and how patient the group is with it.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// `group.id`
    pub group_id: String,
    /// `group.instance.id`: makes the member static (KIP-345).
    pub instance_id: Option<String>,
    /// What kind of group it is, such as `consumer` or `connect`; the same for all members.
    pub protocol_type: String,
    /// The coordinator removes a member it has not heard of for so long.
    pub session_timeout: Duration,
    /// How long a rebalance waits for members to rejoin; also how long the owner may go without [`GroupMember::alive`]
    /// before the member leaves.
    pub rebalance_timeout: Duration,
    /// Time between heartbeats.
    pub heartbeat_interval: Duration,
}

/// What happened in the group.
#[derive(Clone, Debug)]
pub enum GroupEvent {
    /// This member leads: it must answer with [`GroupMember::sync`].
    Elected {
        /// The membership that begins.
        generation: Generation,
        /// The protocol all members share.
        protocol: String,
        /// Every member, in the coordinator's order.
        members: Vec<MemberMetadata>,
        /// The group keeps its assignment (a static leader came back): answer with no assignments.
        keep: bool,
    },
    /// The rebalance is over.
    Assigned {
        /// The membership it is for.
        generation: Generation,
        /// What the leader assigned to this member.
        assignment: Bytes,
    },
    /// The group rebalances: give back what must be given back, then [`GroupMember::join`]. The membership holds on.
    RejoinNeeded,
    /// The membership is gone. [`GroupMember::join`] begins a new one.
    Lost {
        /// Why.
        reason: String,
    },
    /// The coordinator refuses this member for good. [`GroupMember::join`] would try once more.
    Failed(ClientError),
}

/// A member as it presents itself to the leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberMetadata {
    /// The id the coordinator gave it.
    pub id: String,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<String>,
    /// What it says under the chosen protocol.
    pub metadata: Bytes,
}

/// A membership: what the coordinator knows this member by between two rebalances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Counts the rebalances of the group.
    pub id: i32,
    /// The id the coordinator gave this member.
    pub member_id: String,
    /// The member that leads the group.
    pub leader_id: String,
    /// The protocol all members share.
    pub protocol: String,
}

/// A place in a group, held in the background until left or dropped. Who drops it has no time to wait: the group is told
/// in the background, if it still can be.
#[derive(Debug)]
pub struct GroupMember {
    commands: mpsc::UnboundedSender<Command>,
    events: mpsc::UnboundedReceiver<GroupEvent>,
    /// Received and not yet told.
    queue: VecDeque<GroupEvent>,
    alive: Arc<Mutex<Instant>>,
    lease: Lease,
    lane: Arc<OwnedLane>,
}

#[derive(Debug)]
enum Command {
    Join {
        protocols: Vec<(String, Bytes)>,
        reason: String,
    },
    Sync {
        assignments: Vec<(String, Bytes)>,
    },
    StepOut {
        reason: String,
    },
    Leave {
        reason: String,
        left: oneshot::Sender<()>,
    },
}

impl GroupMember {
    /// Prepares membership; nothing is sent before the first [`GroupMember::join`]. Its background task, and with it the
    /// connection to the coordinator, run on `runtime`.
    pub fn new(cluster: &Cluster, config: GroupConfig, runtime: &Handle) -> Self {
        let (commands, command_queue) = mpsc::unbounded_channel();
        let (event_queue, events) = mpsc::unbounded_channel();
        let alive = Arc::new(Mutex::new(Instant::now()));
        let lease = Lease::new(config.session_timeout);
        let lane = Arc::new(cluster.group_lane());
        let driver = driver::Driver::new(
            cluster,
            config,
            Arc::clone(&lane),
            Arc::clone(&alive),
            lease.clone(),
            event_queue,
        );
        runtime.spawn(driver.run(command_queue));
        Self {
            commands,
            events,
            queue: VecDeque::new(),
            alive,
            lease,
            lane,
        }
    }

    /// Joins, or rejoins, with what this member says under each protocol it knows, best first. `reason` is for the
    /// broker's log (KIP-800).
    pub fn join(&self, protocols: Vec<(String, Bytes)>, reason: &str) {
        self.alive();
        let _ = self.commands.send(Command::Join {
            protocols,
            reason: reason.to_owned(),
        });
    }

    /// Answers [`GroupEvent::Elected`]: what each member shall get, by member id.
    pub fn sync(&self, assignments: Vec<(String, Bytes)>) {
        let _ = self.commands.send(Command::Sync { assignments });
    }

    /// Tells that the owner is at work. Without it for the rebalance timeout, the member leaves its group.
    pub fn alive(&self) {
        *self.alive.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long the place is surely held. A member whose lease has ended must take its place for lost, whether it is told
    /// so or not.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The next event. Cancel-safe.
    pub async fn next(&mut self) -> GroupEvent {
        if let Some(event) = self.try_newest() {
            return event;
        }
        match self.events.recv().await {
            Some(event) => event,
            None => GroupEvent::Failed(ClientError::Closed),
        }
    }

    /// The next event if there is one already. When the membership has been lost meanwhile, what came before that is
    /// passed over: it was about a membership that is no more.
    pub fn try_newest(&mut self) -> Option<GroupEvent> {
        while let Ok(event) = self.events.try_recv() {
            self.queue.push_back(event);
        }
        let ends = |e: &GroupEvent| matches!(e, GroupEvent::Lost { .. } | GroupEvent::Failed(_));
        if let Some(end) = self.queue.iter().rposition(ends) {
            self.queue.drain(..end);
        }
        self.queue.pop_front()
    }

    /// Where requests go that the coordinator shall see in order with this member's own, such as commits.
    pub fn call(&self) -> Call {
        Call::from(&*self.lane)
    }

    /// Leaves the group without an answer, to join it later: the others need not wait for this member meanwhile.
    pub fn step_out(&self, reason: &str) {
        let reason = reason.to_owned();
        let _ = self.commands.send(Command::StepOut { reason });
    }

    /// Leaves the group. A static member's place stays (as in Java) until the session times out. Ends when the
    /// coordinator has answered, at most after `limit`.
    pub async fn leave(self, reason: &str, limit: Duration) {
        let (left, answer) = oneshot::channel();
        if self
            .commands
            .send(Command::Leave {
                reason: reason.to_owned(),
                left,
            })
            .is_ok()
        {
            let _ = tokio::time::timeout(limit, answer).await;
        }
    }
}

/// The coordinator's name for the group.
pub(crate) fn coordinator_of(group_id: &str) -> Coordinator {
    Coordinator::Group(group_id.into())
}
