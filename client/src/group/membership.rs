//! The rules of membership, without I/O: what to ask next, and what an answer means.

use bytes::Bytes;
use kafka_protocol::error::ResponseError as E;
use kafka_protocol::messages::{HeartbeatResponse, JoinGroupResponse, SyncGroupResponse};
use tokio::time::Instant;
use windlass_wire::ErrorCode;

use super::requests::Identity;
use super::{Generation, GroupConfig, GroupEvent, MemberMetadata};
use crate::backoff::Backoff;
use crate::error::ClientError;

/// A member's state. Whoever drives it asks [`Membership::next`] whenever nothing is under way, does what it says, and
/// hands the answer back.
#[derive(Debug)]
pub(super) struct Membership {
    config: GroupConfig,
    phase: Phase,
    who: Identity,
    leader_id: String,
    protocol: String,
    next_heartbeat: Instant,
    /// Not before this after a failure.
    retry_at: Option<Instant>,
    backoff: Backoff,
    rng: fastrand::Rng,
}

#[derive(Debug)]
enum Phase {
    /// Not a member, and nobody asked to join.
    Out,
    Joining {
        protocols: Vec<(String, Bytes)>,
        reason: String,
    },
    /// This member leads and its owner makes assignments.
    Electing,
    Syncing {
        assignments: Vec<(String, Bytes)>,
    },
    Stable,
    /// As stable; the owner was told to rejoin and gets ready to.
    Rejoining,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Join,
    Sync,
    Heartbeat,
    /// The owner is stuck: leave the group in its place.
    GiveUp,
    /// Nothing before this time, or before the owner says something.
    Wait(Option<Instant>),
}

impl Membership {
    pub(super) fn new(
        config: GroupConfig,
        backoff: Backoff,
        rng: fastrand::Rng,
        now: Instant,
    ) -> Self {
        Self {
            config,
            phase: Phase::Out,
            who: Identity {
                member_id: String::new(),
                generation: NO_GENERATION,
            },
            leader_id: String::new(),
            protocol: String::new(),
            next_heartbeat: now,
            retry_at: None,
            backoff,
            rng,
        }
    }

    pub(super) fn config(&self) -> &GroupConfig {
        &self.config
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.who
    }

    pub(super) fn protocol(&self) -> &str {
        &self.protocol
    }

    /// What to say in JoinGroup.
    pub(super) fn joining(&self) -> (&[(String, Bytes)], &str) {
        match &self.phase {
            Phase::Joining { protocols, reason } => (protocols, reason),
            _ => (&[], ""),
        }
    }

    /// What to say in SyncGroup.
    pub(super) fn syncing(&self) -> &[(String, Bytes)] {
        match &self.phase {
            Phase::Syncing { assignments } => assignments,
            _ => &[],
        }
    }

    pub(super) fn join(&mut self, protocols: Vec<(String, Bytes)>, reason: String) {
        self.phase = Phase::Joining { protocols, reason };
    }

    /// The leader's assignments; late ones, for a rebalance that is over, are dropped.
    pub(super) fn sync(&mut self, assignments: Vec<(String, Bytes)>) {
        if matches!(self.phase, Phase::Electing) {
            self.phase = Phase::Syncing { assignments };
        }
    }

    /// What to do at `now`, when nothing is under way. `alive` is when the owner last showed itself.
    pub(super) fn next(&self, now: Instant, alive: Instant) -> Next {
        let retry_at = self.retry_at.filter(|at| *at > now);
        match (&self.phase, retry_at) {
            (Phase::Out, _) => Next::Wait(None),
            (Phase::Joining { .. } | Phase::Syncing { .. }, Some(at)) => Next::Wait(Some(at)),
            (Phase::Joining { .. }, None) => Next::Join,
            (Phase::Syncing { .. }, None) => Next::Sync,
            (Phase::Electing | Phase::Stable | Phase::Rejoining, retry_at) => {
                let stuck_at = alive + self.config.rebalance_timeout;
                let heartbeat_at = self
                    .next_heartbeat
                    .max(retry_at.unwrap_or(self.next_heartbeat));
                if stuck_at <= now {
                    Next::GiveUp
                } else if heartbeat_at <= now {
                    Next::Heartbeat
                } else {
                    Next::Wait(Some(heartbeat_at.min(stuck_at)))
                }
            }
        }
    }

    /// The owner wished to be out of the group for a while, and the group has been left.
    pub(super) fn stepped_out(&mut self) {
        self.lost(true, String::new());
    }

    /// Whether it is a member that waits for an answer that depends on other members.
    pub(super) fn waits_for_others(&self) -> bool {
        let waits = matches!(self.phase, Phase::Joining { .. } | Phase::Syncing { .. });
        waits && self.who.generation != NO_GENERATION
    }

    /// The coordinator does not know this member, whatever it was asked for.
    pub(super) fn forgotten(&mut self) -> GroupEvent {
        self.lost(true, "the coordinator does not know this member".to_owned())
    }

    /// The owner was stuck and the group has been left for it.
    pub(super) fn gave_up(&mut self) -> GroupEvent {
        let seconds = self.config.rebalance_timeout.as_secs_f64();
        self.lost(
            true,
            format!("not polled for {seconds} s (max.poll.interval.ms)"),
        )
    }

    pub(super) fn on_join(
        &mut self,
        now: Instant,
        answer: Result<JoinGroupResponse, ClientError>,
    ) -> Option<GroupEvent> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return self.on_transport(now, error),
        };
        let Some(code) = ErrorCode::new(answer.error_code) else {
            return self.joined(now, answer);
        };
        match code.kind() {
            E::MemberIdRequired => {
                self.who.member_id = answer.member_id.to_string();
                self.succeeded();
                None
            }
            // Nothing was assigned to an id that never finished joining: begin anew without telling.
            E::UnknownMemberId if self.who.generation == NO_GENERATION => {
                self.who.member_id.clear();
                self.back_off(now);
                None
            }
            E::UnknownMemberId => Some(self.forgotten()),
            E::CoordinatorLoadInProgress
            | E::CoordinatorNotAvailable
            | E::NotCoordinator
            | E::RebalanceInProgress => {
                self.back_off(now);
                None
            }
            _ => Some(self.failed("joining", code)),
        }
    }

    pub(super) fn on_sync(
        &mut self,
        now: Instant,
        answer: Result<SyncGroupResponse, ClientError>,
    ) -> Option<GroupEvent> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.is_retriable() => {
                // Whether the coordinator saw it is unknown; joining again settles it.
                self.back_off(now);
                return Some(self.rejoin_needed());
            }
            Err(error) => return self.on_transport(now, error),
        };
        let Some(code) = ErrorCode::new(answer.error_code) else {
            self.succeeded();
            self.phase = Phase::Stable;
            self.next_heartbeat = now + self.config.heartbeat_interval;
            return Some(GroupEvent::Assigned {
                generation: self.generation(),
                assignment: answer.assignment,
            });
        };
        Some(match code.kind() {
            E::RebalanceInProgress => self.rejoin_needed(),
            E::CoordinatorLoadInProgress | E::CoordinatorNotAvailable | E::NotCoordinator => {
                self.back_off(now);
                self.rejoin_needed()
            }
            E::UnknownMemberId => self.forgotten(),
            E::IllegalGeneration => {
                self.lost(false, "the group went on without this member".to_owned())
            }
            _ => self.failed("syncing", code),
        })
    }

    pub(super) fn on_heartbeat(
        &mut self,
        now: Instant,
        answer: Result<HeartbeatResponse, ClientError>,
    ) -> Option<GroupEvent> {
        self.next_heartbeat = now + self.config.heartbeat_interval;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return self.on_transport(now, error),
        };
        let Some(code) = ErrorCode::new(answer.error_code) else {
            self.succeeded();
            return None;
        };
        match code.kind() {
            E::RebalanceInProgress => {
                self.succeeded();
                matches!(self.phase, Phase::Stable | Phase::Electing).then(|| self.rejoin_needed())
            }
            E::CoordinatorLoadInProgress | E::CoordinatorNotAvailable | E::NotCoordinator => {
                self.next_heartbeat = now;
                self.back_off(now);
                None
            }
            E::UnknownMemberId => Some(self.forgotten()),
            E::IllegalGeneration => {
                Some(self.lost(false, "the group went on without this member".to_owned()))
            }
            _ => Some(self.failed("heartbeat", code)),
        }
    }

    fn joined(&mut self, now: Instant, answer: JoinGroupResponse) -> Option<GroupEvent> {
        let theirs = answer
            .protocol_type
            .as_deref()
            .filter(|t| *t != self.config.protocol_type);
        if let Some(theirs) = theirs {
            let what = format!(
                "group is of type \"{theirs}\", expected \"{}\"",
                self.config.protocol_type
            );
            return Some(self.fail(ClientError::Protocol {
                peer: self.config.group_id.as_str().into(),
                what,
            }));
        }
        self.succeeded();
        self.next_heartbeat = now + self.config.heartbeat_interval;
        self.who = Identity {
            member_id: answer.member_id.to_string(),
            generation: answer.generation_id,
        };
        self.leader_id = answer.leader.to_string();
        self.protocol = answer
            .protocol_name
            .map(|p| p.to_string())
            .unwrap_or_default();
        if self.leader_id != self.who.member_id {
            self.phase = Phase::Syncing {
                assignments: Vec::new(),
            };
            return None;
        }
        self.phase = Phase::Electing;
        let members = answer.members.into_iter().map(|m| MemberMetadata {
            id: m.member_id.to_string(),
            instance_id: m.group_instance_id.map(|i| i.to_string()),
            metadata: m.metadata,
        });
        let (protocol, keep) = (self.protocol.clone(), answer.skip_assignment);
        Some(GroupEvent::Elected {
            generation: self.generation(),
            protocol,
            members: members.collect(),
            keep,
        })
    }

    fn on_transport(&mut self, now: Instant, error: ClientError) -> Option<GroupEvent> {
        if error.is_retriable() {
            self.back_off(now);
            return None;
        }
        Some(self.fail(error))
    }

    fn generation(&self) -> Generation {
        Generation {
            id: self.who.generation,
            member_id: self.who.member_id.clone(),
            leader_id: self.leader_id.clone(),
            protocol: self.protocol.clone(),
        }
    }

    fn rejoin_needed(&mut self) -> GroupEvent {
        self.phase = Phase::Rejoining;
        GroupEvent::RejoinNeeded
    }

    fn lost(&mut self, forget_id: bool, reason: String) -> GroupEvent {
        self.phase = Phase::Out;
        self.who.generation = NO_GENERATION;
        if forget_id {
            self.who.member_id.clear();
        }
        GroupEvent::Lost { reason }
    }

    fn failed(&mut self, doing: &str, code: ErrorCode) -> GroupEvent {
        self.fail(ClientError::broker(
            format!("{doing} group \"{}\"", self.config.group_id),
            code,
        ))
    }

    fn fail(&mut self, error: ClientError) -> GroupEvent {
        // The coordinator may well know the id still: a later join goes on with it.
        self.lost(false, String::new());
        GroupEvent::Failed(error)
    }

    fn succeeded(&mut self) {
        self.retry_at = None;
        self.backoff.reset();
    }

    fn back_off(&mut self, now: Instant) {
        self.retry_at = Some(now + self.backoff.next(&mut self.rng));
    }
}

pub(super) const NO_GENERATION: i32 = -1;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
    use kafka_protocol::protocol::StrBytes;

    use super::*;

    const HEARTBEAT: Duration = Duration::from_secs(3);
    const REBALANCE: Duration = Duration::from_secs(60);

    fn member(now: Instant) -> Membership {
        let config = GroupConfig {
            group_id: "g".to_owned(),
            instance_id: None,
            protocol_type: "connect".to_owned(),
            session_timeout: Duration::from_secs(10),
            rebalance_timeout: REBALANCE,
            heartbeat_interval: HEARTBEAT,
        };
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        Membership::new(config, backoff, fastrand::Rng::with_seed(1), now)
    }

    fn joined(leader: &'static str, me: &'static str, generation: i32) -> JoinGroupResponse {
        JoinGroupResponse::default()
            .with_generation_id(generation)
            .with_protocol_type(Some(StrBytes::from_static_str("connect")))
            .with_protocol_name(Some(StrBytes::from_static_str("default")))
            .with_leader(StrBytes::from_static_str(leader))
            .with_member_id(StrBytes::from_static_str(me))
            .with_members(vec![
                JoinGroupResponseMember::default().with_member_id(StrBytes::from_static_str(me)),
            ])
    }

    fn join_error(code: E) -> Result<JoinGroupResponse, ClientError> {
        Ok(JoinGroupResponse::default().with_error_code(code.code()))
    }

    fn heartbeat(code: i16) -> Result<HeartbeatResponse, ClientError> {
        Ok(HeartbeatResponse::default().with_error_code(code))
    }

    /// A follower in generation 5.
    fn stable(now: Instant) -> Membership {
        let mut m = member(now);
        m.join(Vec::new(), String::new());
        assert!(m.on_join(now, Ok(joined("other", "me", 5))).is_none());
        assert_eq!(m.next(now, now), Next::Sync);
        assert!(matches!(
            m.on_sync(now, Ok(SyncGroupResponse::default())),
            Some(GroupEvent::Assigned { .. })
        ));
        m
    }

    fn timeout() -> ClientError {
        ClientError::Timeout {
            what: "test".to_owned(),
            after: HEARTBEAT,
        }
    }

    #[test]
    fn a_new_member_joins_again_with_the_id_it_is_given() {
        let now = Instant::now();
        let mut m = member(now);
        assert_eq!(m.next(now, now), Next::Wait(None));
        m.join(Vec::new(), String::new());
        assert_eq!(m.next(now, now), Next::Join);
        let given = JoinGroupResponse::default()
            .with_error_code(E::MemberIdRequired.code())
            .with_member_id(StrBytes::from_static_str("me"));
        assert!(m.on_join(now, Ok(given)).is_none());
        assert_eq!(
            (m.identity().member_id.as_str(), m.next(now, now)),
            ("me", Next::Join)
        );
        assert!(
            m.on_join(now, join_error(E::UnknownMemberId)).is_none(),
            "an id that timed out is nothing to tell"
        );
        assert_eq!(m.identity().member_id, "");
    }

    #[test]
    fn a_leader_heartbeats_while_its_owner_assigns() {
        let now = Instant::now();
        let mut m = member(now);
        m.join(Vec::new(), String::new());
        let Some(GroupEvent::Elected { members, .. }) = m.on_join(now, Ok(joined("me", "me", 1)))
        else {
            panic!("leader")
        };
        assert_eq!(members.len(), 1);
        assert_eq!(m.next(now, now), Next::Wait(Some(now + HEARTBEAT)));
        let later = now + HEARTBEAT;
        assert_eq!(m.next(later, now), Next::Heartbeat);
        assert!(m.on_heartbeat(later, heartbeat(0)).is_none());
        m.sync(vec![("me".to_owned(), Bytes::new())]);
        assert_eq!((m.next(later, now), m.syncing().len()), (Next::Sync, 1));
    }

    #[test]
    fn a_rebalance_is_told_once_and_heartbeats_go_on_until_the_owner_joins() {
        let now = Instant::now();
        let mut m = stable(now);
        let code = E::RebalanceInProgress.code();
        assert!(matches!(
            m.on_heartbeat(now, heartbeat(code)),
            Some(GroupEvent::RejoinNeeded)
        ));
        assert!(m.on_heartbeat(now, heartbeat(code)).is_none());
        assert_eq!(m.next(now + HEARTBEAT, now), Next::Heartbeat);
        m.join(Vec::new(), String::new());
        assert_eq!((m.next(now, now), m.identity().generation), (Next::Join, 5));
    }

    #[test]
    fn the_id_is_kept_unless_the_coordinator_does_not_know_it() {
        let now = Instant::now();
        for (code, id) in [(E::IllegalGeneration, "me"), (E::UnknownMemberId, "")] {
            let mut m = stable(now);
            assert!(matches!(
                m.on_heartbeat(now, heartbeat(code.code())),
                Some(GroupEvent::Lost { .. })
            ));
            assert_eq!(
                (m.identity().member_id.as_str(), m.identity().generation),
                (id, NO_GENERATION)
            );
            assert_eq!(
                m.next(now, now),
                Next::Wait(None),
                "the owner decides when to join"
            );
        }
    }

    #[test]
    fn a_coordinator_that_moves_costs_no_membership() {
        let now = Instant::now();
        let mut m = stable(now);
        assert!(
            m.on_heartbeat(now, heartbeat(E::NotCoordinator.code()))
                .is_none()
        );
        let Next::Wait(Some(at)) = m.next(now, now) else {
            panic!("backs off")
        };
        assert!(
            at > now && at < now + HEARTBEAT,
            "but not for a whole interval"
        );
        assert_eq!(m.next(at, now), Next::Heartbeat);
        assert!(m.on_heartbeat(at, Err(timeout())).is_none());
        assert_eq!(m.identity().generation, 5);
    }

    #[test]
    fn a_sync_nobody_answers_is_settled_by_joining_again() {
        let now = Instant::now();
        let mut m = member(now);
        m.join(Vec::new(), String::new());
        m.on_join(now, Ok(joined("other", "me", 5)));
        assert!(matches!(
            m.on_sync(now, Err(timeout())),
            Some(GroupEvent::RejoinNeeded)
        ));
    }

    #[test]
    fn what_no_retry_helps_fails() {
        let now = Instant::now();
        for code in [
            E::FencedInstanceId,
            E::InconsistentGroupProtocol,
            E::GroupAuthorizationFailed,
            E::GroupMaxSizeReached,
        ] {
            let mut m = member(now);
            m.join(Vec::new(), String::new());
            assert!(
                matches!(
                    m.on_join(now, join_error(code)),
                    Some(GroupEvent::Failed(_))
                ),
                "{code:?}"
            );
            assert_eq!(m.next(now, now), Next::Wait(None));
        }
        let mut m = member(now);
        m.join(Vec::new(), String::new());
        let consumers =
            joined("me", "me", 1).with_protocol_type(Some(StrBytes::from_static_str("consumer")));
        let Some(GroupEvent::Failed(error)) = m.on_join(now, Ok(consumers)) else {
            panic!("another type")
        };
        assert_eq!(
            error.to_string(),
            "g: group is of type \"consumer\", expected \"connect\""
        );
    }

    #[test]
    fn an_owner_that_is_stuck_gives_its_place_up() {
        let now = Instant::now();
        let mut m = stable(now);
        assert_ne!(m.next(now + REBALANCE, now + HEARTBEAT), Next::GiveUp);
        assert_eq!(m.next(now + REBALANCE, now), Next::GiveUp);
        let GroupEvent::Lost { reason } = m.gave_up() else {
            panic!("lost")
        };
        assert_eq!(reason, "not polled for 60 s (max.poll.interval.ms)");
    }
}
