//! One consumer group on the classic protocol, of any protocol type, as a state machine without I/O and without a clock.
//!
//! Time comes in as the time since the broker started. Answers that may have to wait for other members go to a `T` the
//! caller handed in: a channel in the broker, a number in the tests.
//!
//! ```text
//!            first member joins                     all have joined, or the rebalance timeout
//!   Empty ─────────────────────▶ PreparingRebalance ─────────────────────────▶ CompletingRebalance
//!     ▲                             ▲    ▲   all have gone: back to Empty              │ leader syncs
//!     └─────────────────────────────┘    └──── a member joins, leaves, dies ◀── Stable ◀┘
//! ```

mod coordinator;
mod join;
mod member;
mod offsets;
mod snapshot;
mod sync;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

pub(crate) use coordinator::{Committer, Coordinator};
pub(crate) use join::Join;
pub(crate) use member::Member;
pub(crate) use offsets::{Committed, Offsets, TopicPartition};
pub(crate) use snapshot::Snapshot;
pub(crate) use sync::Sync;

/// Time since the broker started.
pub(crate) type Now = Duration;

/// Where a group is in its cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No members; perhaps committed offsets.
    Empty,
    /// Members are to join again; those that have wait for the others.
    PreparingRebalance,
    /// All have joined; the leader is to bring the assignment.
    CompletingRebalance,
    /// Every member has its assignment.
    Stable,
}

impl State {
    /// As Kafka's tools print it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::PreparingRebalance => "PreparingRebalance",
            State::CompletingRebalance => "CompletingRebalance",
            State::Stable => "Stable",
        }
    }
}

/// An answer that had to wait, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Join(JoinAnswer),
    Sync(SyncAnswer),
}

/// What a joining member is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JoinAnswer {
    pub(crate) error: Option<ResponseError>,
    /// -1 with an error.
    pub(crate) generation: i32,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) leader: String,
    pub(crate) member_id: String,
    /// Member id, instance id and metadata of all; for the leader only.
    pub(crate) members: Vec<(String, Option<String>, Bytes)>,
    /// A static leader came back to a stable group: it learns the members but must not assign (KIP-814).
    pub(crate) skip_assignment: bool,
}

/// What a syncing member is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SyncAnswer {
    pub(crate) error: Option<ResponseError>,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) assignment: Bytes,
}

/// Answers that became due, with where they go.
pub(crate) type Answers<T> = Vec<(T, Answer)>;

/// One group.
#[derive(Debug)]
pub(crate) struct Group<T> {
    state: State,
    generation: i32,
    /// Of the members; the last one's type stays when all have gone.
    protocol_type: Option<String>,
    /// Chosen for this generation.
    protocol: Option<String>,
    leader: Option<String>,
    members: BTreeMap<String, Member<T>>,
    /// Member id of each group instance id.
    instances: BTreeMap<String, String>,
    /// Ids given out to members that have not come back with them, and until when they may.
    pending: BTreeMap<String, Now>,
    /// In PreparingRebalance: when it goes on without those who have not joined.
    join_deadline: Now,
    /// In PreparingRebalance: it does not go on before.
    hold_until: Now,
    /// When members that have joined must have synced; `None` when all have.
    sync_deadline: Option<Now>,
    /// How long the first rebalance of an empty group waits for more members.
    initial_delay: Duration,
}

impl<T> Group<T> {
    pub(crate) fn new(initial_delay: Duration) -> Group<T> {
        Group {
            state: State::Empty,
            generation: 0,
            protocol_type: None,
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            instances: BTreeMap::new(),
            pending: BTreeMap::new(),
            join_deadline: Duration::ZERO,
            hold_until: Duration::ZERO,
            sync_deadline: None,
            initial_delay,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn protocol_type(&self) -> Option<&str> {
        self.protocol_type.as_deref()
    }

    pub(crate) fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// By member id.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&String, &Member<T>)> {
        self.members.iter()
    }

    /// A group nobody is in or about to join.
    pub(crate) fn is_deserted(&self) -> bool {
        self.state == State::Empty && self.pending.is_empty()
    }

    /// A sign of life.
    pub(crate) fn heartbeat(
        &mut self,
        now: Now,
        member_id: &str,
        instance_id: Option<&str>,
        generation: i32,
    ) -> Result<(), ResponseError> {
        self.check_member(member_id, instance_id)?;
        if generation != self.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        self.touch(now, member_id);
        match self.state {
            State::PreparingRebalance => Err(ResponseError::RebalanceInProgress),
            State::Empty | State::CompletingRebalance | State::Stable => Ok(()),
        }
    }

    /// Whether this member may commit offsets now. Who uses a group only to commit has no member id and generation -1,
    /// and may while the group is empty.
    pub(crate) fn may_commit(
        &mut self,
        now: Now,
        member_id: &str,
        instance_id: Option<&str>,
        generation: i32,
    ) -> Result<(), ResponseError> {
        if generation < 0
            && member_id.is_empty()
            && instance_id.is_none()
            && self.state == State::Empty
        {
            return Ok(());
        }
        if generation >= 0 || !member_id.is_empty() || instance_id.is_some() {
            self.check_member(member_id, instance_id)?;
        } else {
            return Err(ResponseError::UnknownMemberId);
        }
        if generation != self.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        self.touch(now, member_id);
        match self.state {
            State::CompletingRebalance => Err(ResponseError::RebalanceInProgress),
            State::Empty | State::PreparingRebalance | State::Stable => Ok(()),
        }
    }

    /// As [`may_commit`](Group::may_commit) for offsets within a transaction, which a producer may send without saying
    /// for which member.
    pub(crate) fn may_commit_in_transaction(
        &mut self,
        now: Now,
        member_id: &str,
        instance_id: Option<&str>,
        generation: i32,
    ) -> Result<(), ResponseError> {
        if generation < 0 && member_id.is_empty() && instance_id.is_none() {
            return Ok(());
        }
        self.may_commit(now, member_id, instance_id, generation)
    }

    /// Removes a member by its id, or by its instance id when the member id is empty. Returns the member's id.
    pub(crate) fn leave(
        &mut self,
        now: Now,
        member_id: &str,
        instance_id: Option<&str>,
        answers: &mut Answers<T>,
    ) -> Result<String, ResponseError> {
        if self.pending.remove(member_id).is_some() {
            self.try_complete_join(now, answers);
            return Ok(member_id.to_owned());
        }
        let member_id = match instance_id {
            Some(instance) if member_id.is_empty() => self
                .instances
                .get(instance)
                .cloned()
                .ok_or(ResponseError::UnknownMemberId)?,
            _ => {
                self.check_member(member_id, instance_id)?;
                member_id.to_owned()
            }
        };
        self.remove(now, &member_id, answers);
        Ok(member_id)
    }

    /// Does what time has made due.
    pub(crate) fn tick(&mut self, now: Now, answers: &mut Answers<T>) {
        let pending = self.pending.len();
        self.pending.retain(|_, deadline| *deadline > now);
        if self.pending.len() < pending {
            self.try_complete_join(now, answers);
        }
        if self.state == State::PreparingRebalance {
            if now >= self.join_deadline {
                self.complete_join(now, answers);
            } else {
                self.try_complete_join(now, answers);
            }
        }
        let late_to_sync = self.sync_deadline.is_some_and(|deadline| now >= deadline);
        if late_to_sync {
            self.sync_deadline = None;
        }
        let dead = |member: &Member<T>| member.is_dead(now) || (late_to_sync && member.must_sync());
        let dead: Vec<String> = self
            .members
            .iter()
            .filter(|(_, member)| dead(member))
            .map(|(id, _)| id.clone())
            .collect();
        for id in dead {
            tracing::debug!(
                member = id,
                "member removed: its session or the rebalance timed out"
            );
            self.remove(now, &id, answers);
        }
    }

    /// When [`tick`](Group::tick) next has something to do; `None` while nobody is here.
    pub(crate) fn next_deadline(&self) -> Option<Now> {
        let preparing = self.state == State::PreparingRebalance;
        let joining = preparing.then_some(self.join_deadline);
        let held = (preparing && self.all_joined()).then_some(self.hold_until);
        let sessions = self.members.values().filter_map(Member::deadline);
        let pending = self.pending.values().copied();
        joining
            .into_iter()
            .chain(held)
            .chain(self.sync_deadline)
            .chain(sessions)
            .chain(pending)
            .min()
    }

    fn touch(&mut self, now: Now, member_id: &str) {
        if let Some(member) = self.members.get_mut(member_id) {
            member.touch(now);
        }
    }

    fn check_member(
        &self,
        member_id: &str,
        instance_id: Option<&str>,
    ) -> Result<(), ResponseError> {
        if let Some(instance) = instance_id {
            match self.instances.get(instance) {
                Some(owner) if owner != member_id => return Err(ResponseError::FencedInstanceId),
                Some(_) => {}
                None => return Err(ResponseError::UnknownMemberId),
            }
        }
        match self.members.contains_key(member_id) {
            true => Ok(()),
            false => Err(ResponseError::UnknownMemberId),
        }
    }

    fn remove(&mut self, now: Now, member_id: &str, answers: &mut Answers<T>) {
        let Some(mut member) = self.members.remove(member_id) else {
            return;
        };
        if let Some(instance) = &member.instance_id {
            self.instances.remove(instance);
        }
        member.refuse(member_id, ResponseError::UnknownMemberId, answers);
        if self.leader.as_deref() == Some(member_id) {
            self.leader = None;
        }
        match self.state {
            State::Stable | State::CompletingRebalance => self.prepare_rebalance(now, answers),
            State::PreparingRebalance => self.try_complete_join(now, answers),
            State::Empty => {}
        }
    }

    fn prepare_rebalance(&mut self, now: Now, answers: &mut Answers<T>) {
        for member in self.members.values_mut() {
            member.refuse_sync(ResponseError::RebalanceInProgress, answers);
            member.assignment = Bytes::new();
        }
        self.sync_deadline = None;
        let timeout = self.rebalance_timeout();
        let hold = if self.state == State::Empty {
            self.initial_delay.min(timeout)
        } else {
            Duration::ZERO
        };
        self.state = State::PreparingRebalance;
        self.hold_until = now + hold;
        self.join_deadline = now + timeout;
        self.try_complete_join(now, answers);
    }

    fn all_joined(&self) -> bool {
        self.pending.is_empty() && self.members.values().all(Member::has_joined)
    }

    fn try_complete_join(&mut self, now: Now, answers: &mut Answers<T>) {
        if self.state == State::PreparingRebalance && self.all_joined() && now >= self.hold_until {
            self.complete_join(now, answers);
        }
    }

    /// Goes on with those who have joined. Static members keep their place until their session ends.
    fn complete_join(&mut self, now: Now, answers: &mut Answers<T>) {
        self.members
            .retain(|_, member| member.has_joined() || member.instance_id.is_some());
        if !self.members.is_empty() && !self.members.values().any(Member::has_joined) {
            self.join_deadline = now + self.rebalance_timeout();
            return;
        }
        self.generation += 1;
        if self.members.is_empty() {
            self.state = State::Empty;
            self.protocol = None;
            self.leader = None;
            return;
        }
        let joined = |id: &String| self.members.get(id).is_some_and(Member::has_joined);
        if !self.leader.as_ref().is_some_and(joined) {
            let first = self.members.iter().find(|(_, member)| member.has_joined());
            self.leader = first.map(|(id, _)| id.clone());
        }
        self.protocol = self.choose_protocol();
        self.state = State::CompletingRebalance;
        self.sync_deadline = Some(now + self.rebalance_timeout());
        let told: Vec<(String, JoinAnswer)> = self
            .members
            .keys()
            .map(|id| (id.clone(), self.current_generation(id)))
            .collect();
        for ((_, told), member) in told.into_iter().zip(self.members.values_mut()) {
            member.answer_join(now, told, answers);
        }
    }

    /// What this member is told about the generation there is.
    fn current_generation(&self, member_id: &str) -> JoinAnswer {
        let leads = self.leader.as_deref() == Some(member_id);
        JoinAnswer {
            error: None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            member_id: member_id.to_owned(),
            members: if leads {
                self.members_for_leader()
            } else {
                Vec::new()
            },
            skip_assignment: false,
        }
    }

    fn members_for_leader(&self) -> Vec<(String, Option<String>, Bytes)> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let row = |(id, member): (&String, &Member<T>)| {
            (
                id.clone(),
                member.instance_id.clone(),
                member.metadata(protocol).unwrap_or_default(),
            )
        };
        self.members.iter().map(row).collect()
    }

    fn rebalance_timeout(&self) -> Duration {
        self.members
            .values()
            .map(|member| member.rebalance_timeout)
            .max()
            .unwrap_or_default()
    }

    /// The names that every member knows, as the leader (or the first member) ranks them.
    fn common_protocols(&self) -> impl Iterator<Item = &str> {
        let leader = self.leader.as_ref().and_then(|id| self.members.get(id));
        let ranking = leader.or_else(|| self.members.values().next());
        let names = ranking
            .into_iter()
            .flat_map(|member| &member.protocols)
            .map(|(name, _)| name.as_str());
        names.filter(|name| {
            self.members
                .values()
                .all(|member| member.metadata(name).is_some())
        })
    }

    /// Each member votes for the first it knows of those all know; the leader's ranking breaks a tie.
    fn choose_protocol(&self) -> Option<String> {
        let common: Vec<&str> = self.common_protocols().collect();
        let mut votes = vec![0_usize; common.len()];
        for member in self.members.values() {
            let vote = member
                .protocols
                .iter()
                .find_map(|(name, _)| common.iter().position(|other| other == name));
            if let Some(vote) = vote {
                votes[vote] += 1;
            }
        }
        let most = votes.iter().max()?;
        votes
            .iter()
            .position(|count| count == most)
            .map(|index| common[index].to_owned())
    }
}
