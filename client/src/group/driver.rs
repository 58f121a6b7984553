//! The background task behind a member: sends what the rules say, and answers to the owner.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kafka_protocol::error::ResponseError as E;
use kafka_protocol::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupResponse, LeaveGroupRequest, SyncGroupRequest,
    SyncGroupResponse,
};
use tokio::sync::mpsc;
use tokio::time::Instant;
use windlass_wire::{ErrorCode, Request};

use super::membership::{Membership, Next};
use super::{Command, GroupConfig, GroupEvent, Lease, coordinator_of, requests};
use crate::cluster::{Call, Cluster, Coordinator, Lane, OwnedLane};
use crate::error::ClientError;

pub(super) struct Driver {
    cluster: Cluster,
    coordinator: Coordinator,
    membership: Membership,
    lane: Arc<OwnedLane>,
    alive: Arc<Mutex<Instant>>,
    lease: Lease,
    /// When the request under way was sent.
    asked: Instant,
    events: mpsc::UnboundedSender<GroupEvent>,
    under_way: Option<UnderWay>,
    /// A heartbeat beside a JoinGroup or SyncGroup whose answer others hold back: the silence alone does not tell whether
    /// this member is still one.
    probe: Option<UnderWay>,
    probed: Instant,
}

type Leaving = Pin<Box<dyn Future<Output = Result<(), ClientError>> + Send>>;
type UnderWay = Pin<Box<dyn Future<Output = Answer> + Send>>;

enum Answer {
    Join(Result<JoinGroupResponse, ClientError>),
    Sync(Result<SyncGroupResponse, ClientError>),
    Heartbeat(Result<HeartbeatResponse, ClientError>),
    GaveUp,
}

impl Answer {
    /// Whether the coordinator answered, whatever it said.
    fn is_heard(&self) -> bool {
        match self {
            Answer::Join(answer) => answer.is_ok(),
            Answer::Sync(answer) => answer.is_ok(),
            Answer::Heartbeat(answer) => answer.is_ok(),
            Answer::GaveUp => false,
        }
    }
}

impl Driver {
    pub(super) fn new(
        cluster: &Cluster,
        config: GroupConfig,
        lane: Arc<OwnedLane>,
        alive: Arc<Mutex<Instant>>,
        lease: Lease,
        events: mpsc::UnboundedSender<GroupEvent>,
    ) -> Self {
        let coordinator = coordinator_of(&config.group_id);
        let membership = Membership::new(config, cluster.backoff(), cluster.rng(), Instant::now());
        Self {
            cluster: cluster.clone(),
            coordinator,
            membership,
            lane,
            alive,
            lease,
            asked: Instant::now(),
            events,
            under_way: None,
            probe: None,
            probed: Instant::now(),
        }
    }

    /// Ends when the owner has left or is gone.
    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        loop {
            let wake_at = if self.under_way.is_none() {
                self.begin_next()
            } else {
                None
            };
            let probe_at = self.probe_at();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Leave { reason, left }) => {
                        self.leave(&reason).await;
                        let _ = left.send(());
                        return;
                    }
                    Some(Command::StepOut { reason }) => {
                        self.leave(&reason).await;
                        self.membership.stepped_out();
                        self.lease.set(Instant::now());
                    }
                    Some(command) => self.obey(command),
                    // The owner is gone without a word: the others need not wait for its session to end.
                    None => return self.leave("the member was dropped").await,
                },
                answer = finished(&mut self.under_way) => self.digest(answer),
                answer = finished(&mut self.probe) => self.on_probe(&answer),
                () = sleep_until(wake_at) => {}
                () = sleep_until(probe_at) => {
                    self.probed = Instant::now();
                    self.probe = Some(self.heartbeat(Call::from(Lane::Shared)));
                }
            }
        }
    }

    /// A word of the owner supersedes what is under way, which can only be a heartbeat or an older join.
    fn obey(&mut self, command: Command) {
        match command {
            Command::Join { protocols, reason } => {
                self.under_way = None;
                self.membership.join(protocols, reason);
            }
            Command::Sync { assignments } => {
                self.under_way = None;
                self.membership.sync(assignments);
            }
            Command::Leave { .. } | Command::StepOut { .. } => {}
        }
    }

    /// Starts what is due; otherwise tells when something will be.
    fn begin_next(&mut self) -> Option<Instant> {
        let alive = *self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let next = self.membership.next(now, alive);
        if matches!(next, Next::Join | Next::Sync) && !self.membership.waits_for_others() {
            // A member already keeps its lease by heartbeats beside its question; a new one has none to lose.
            self.lease
                .set(now + self.membership.config().rebalance_timeout + JOIN_MARGIN);
        }
        self.asked = now;
        self.under_way = Some(match next {
            Next::Wait(at) => return at,
            Next::Join => self.join(),
            Next::Sync => self.sync(),
            Next::Heartbeat => self.heartbeat(Call::from(&*self.lane)),
            Next::GiveUp => self.give_up(),
        });
        None
    }

    /// When to look whether the coordinator still knows this member, which waits for its answer.
    fn probe_at(&self) -> Option<Instant> {
        let waits = self.under_way.is_some() && self.membership.waits_for_others();
        let interval = self.membership.config().heartbeat_interval;
        (waits && self.probe.is_none()).then(|| self.probed + interval)
    }

    fn on_probe(&mut self, answer: &Answer) {
        let Answer::Heartbeat(Ok(answer)) = answer else {
            return;
        };
        self.lease
            .set(self.probed + self.membership.config().session_timeout);
        self.lease.heard(Instant::now());
        let code = ErrorCode::new(answer.error_code);
        // Any other code tells no more than that the rebalance goes on, or has ended a moment ago.
        let forgotten = code.is_some_and(|code| code.kind() == E::UnknownMemberId);
        if forgotten && self.membership.waits_for_others() {
            self.under_way = None;
            let event = self.membership.forgotten();
            self.tell(event);
        }
    }

    fn digest(&mut self, answer: Answer) {
        let now = Instant::now();
        let session = self.membership.config().session_timeout;
        match &answer {
            Answer::Join(Ok(_)) | Answer::Sync(Ok(_)) => self.lease.set(now + session),
            // The session counts from when the coordinator got the heartbeat, which was after this.
            Answer::Heartbeat(Ok(_)) => self.lease.set(self.asked + session),
            _ => {}
        }
        if answer.is_heard() {
            self.lease.heard(now);
        }
        let event = match answer {
            Answer::Join(answer) => self.membership.on_join(now, answer),
            Answer::Sync(answer) => self.membership.on_sync(now, answer),
            Answer::Heartbeat(answer) => self.membership.on_heartbeat(now, answer),
            Answer::GaveUp => Some(self.membership.gave_up()),
        };
        if let Some(event) = event {
            self.tell(event);
        }
    }

    fn tell(&self, event: GroupEvent) {
        let group = self.membership.config().group_id.as_str();
        match &event {
            GroupEvent::Lost { reason } => {
                self.lease.set(Instant::now());
                tracing::warn!(group, "lost its place in the group: {reason}");
            }
            GroupEvent::RejoinNeeded => tracing::info!(group, "the group rebalances"),
            GroupEvent::Failed(error) => tracing::warn!(group, "membership failed: {error}"),
            GroupEvent::Elected { .. } | GroupEvent::Assigned { .. } => {}
        }
        // The owner may have left.
        let _ = self.events.send(event);
    }

    fn join(&self) -> UnderWay {
        let config = self.membership.config().clone();
        let who = self.membership.identity().clone();
        let (protocols, reason) = self.membership.joining();
        let (protocols, reason) = (protocols.to_vec(), reason.to_owned());
        // The coordinator holds the answer back until every member has joined.
        let patience = self
            .cluster
            .config()
            .request_timeout
            .max(config.rebalance_timeout + JOIN_MARGIN);
        let ask = self.ask(self.call(patience), code_of_join, move |version| {
            requests::join(&config, &who, &protocols, &reason, version)
        });
        Box::pin(async move { Answer::Join(ask.await) })
    }

    fn sync(&self) -> UnderWay {
        let config = self.membership.config().clone();
        let who = self.membership.identity().clone();
        let protocol = self.membership.protocol().to_owned();
        let assignments = self.membership.syncing().to_vec();
        // A follower's answer waits for the leader's assignments.
        let patience = self
            .cluster
            .config()
            .request_timeout
            .max(config.rebalance_timeout + JOIN_MARGIN);
        let ask = self.ask::<SyncGroupRequest>(
            self.call(patience),
            |answer| answer.error_code,
            move |version| requests::sync(&config, &who, &protocol, &assignments, version),
        );
        Box::pin(async move { Answer::Sync(ask.await) })
    }

    fn heartbeat(&self, call: Call) -> UnderWay {
        let config = self.membership.config().clone();
        let who = self.membership.identity().clone();
        let patience = self
            .cluster
            .config()
            .request_timeout
            .min(config.session_timeout);
        let ask = self.ask::<HeartbeatRequest>(
            call.timeout(patience),
            |answer| answer.error_code,
            move |version| requests::heartbeat(&config, &who, version),
        );
        Box::pin(async move { Answer::Heartbeat(ask.await) })
    }

    fn give_up(&self) -> UnderWay {
        let leave = self.leave_request("consumer poll timeout has expired.");
        Box::pin(async move {
            if let Some(leave) = leave {
                let _ = leave.await;
            }
            Answer::GaveUp
        })
    }

    async fn leave(&mut self, reason: &str) {
        self.under_way = None;
        if let Some(leave) = self.leave_request(reason)
            && let Err(error) = leave.await
        {
            tracing::debug!(
                group = self.membership.config().group_id,
                "leaving the group: {error}"
            );
        }
    }

    /// A static member keeps its place for its next life.
    fn leave_request(&self, reason: &str) -> Option<Leaving> {
        let config = self.membership.config().clone();
        let who = self.membership.identity().clone();
        if config.instance_id.is_some() || who.member_id.is_empty() {
            return None;
        }
        let reason = reason.to_owned();
        // Not behind a JoinGroup of this member's own, which may wait for minutes.
        let call = Call::from(Lane::Shared);
        let ask = self.ask::<LeaveGroupRequest>(
            call,
            |answer| answer.error_code,
            move |version| requests::leave(&config, &who, &reason, version),
        );
        Some(Box::pin(async move { ask.await.map(drop) }))
    }

    fn call(&self, patience: Duration) -> Call {
        Call::from(&*self.lane).timeout(patience)
    }

    /// One request to the coordinator, found first if need be. A coordinator that is none any more, or cannot be
    /// reached, is forgotten.
    fn ask<R: Request + Send + Sync + 'static>(
        &self,
        call: Call,
        code: impl Fn(&R::Response) -> i16 + Send + 'static,
        build: impl FnOnce(i16) -> R + Send + 'static,
    ) -> impl Future<Output = Result<R::Response, ClientError>> + Send + 'static {
        let (cluster, coordinator) = (self.cluster.clone(), self.coordinator.clone());
        async move {
            let node = cluster.coordinator(&coordinator).await?;
            let answer = cluster
                .send_with::<R, R>(call, node, build)
                .await
                .map(|(_, answer)| answer);
            let moved = match &answer {
                Ok(answer) => is_not_coordinator(code(answer)),
                Err(_) => true,
            };
            if moved {
                cluster.coordinator_lost(&coordinator, node);
            }
            answer
        }
    }
}

/// Whether the code says that another broker coordinates the group now.
pub(crate) fn is_not_coordinator(code: i16) -> bool {
    ErrorCode::new(code)
        .is_some_and(|c| matches!(c.kind(), E::NotCoordinator | E::CoordinatorNotAvailable))
}

fn code_of_join(answer: &JoinGroupResponse) -> i16 {
    answer.error_code
}

async fn finished(under_way: &mut Option<UnderWay>) -> Answer {
    match under_way {
        Some(work) => {
            let answer = work.await;
            *under_way = None;
            answer
        }
        None => std::future::pending().await,
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// How much longer than the rebalance timeout Java waits for JoinGroup's answer.
const JOIN_MARGIN: Duration = Duration::from_secs(5);
