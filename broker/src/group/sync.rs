//! SyncGroup: the leader brings the assignment, everybody gets theirs.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

use super::{Answer, Answers, Group, Member, Now, State, SyncAnswer};

/// What a member says when it syncs.
#[derive(Clone, Debug)]
pub(crate) struct Sync {
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) generation: i32,
    /// `None` from members that speak a version without it.
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    /// By member id; empty unless the member leads.
    pub(crate) assignments: BTreeMap<String, Bytes>,
}

impl<T> Group<T> {
    /// A member syncs; its answer goes to `to`, now or when the leader has brought the assignment.
    pub(crate) fn sync(&mut self, now: Now, sync: &Sync, to: T, answers: &mut Answers<T>) {
        if let Err(error) = self.check_sync(sync) {
            let refused = SyncAnswer {
                error: Some(error),
                ..SyncAnswer::default()
            };
            return answers.push((to, Answer::Sync(refused)));
        }
        if let Some(member) = self.members.get_mut(&sync.member_id) {
            member.touch(now);
            member.owes_sync = false;
            if let Some(former) = member.syncing.replace(to) {
                let error = Some(ResponseError::RebalanceInProgress);
                answers.push((
                    former,
                    Answer::Sync(SyncAnswer {
                        error,
                        ..SyncAnswer::default()
                    }),
                ));
            }
        }
        if !self.members.values().any(Member::must_sync) {
            self.sync_deadline = None;
        }
        if self.state == State::CompletingRebalance {
            if self.leader.as_ref() != Some(&sync.member_id) {
                return;
            }
            for (id, member) in &mut self.members {
                member.assignment = sync.assignments.get(id).cloned().unwrap_or_default();
            }
            self.state = State::Stable;
        }
        let (protocol_type, protocol) = (self.protocol_type.clone(), self.protocol.clone());
        for member in self.members.values_mut() {
            let answer = SyncAnswer {
                error: None,
                protocol_type: protocol_type.clone(),
                protocol: protocol.clone(),
                assignment: member.assignment.clone(),
            };
            member.answer_sync(now, answer, answers);
        }
    }

    fn check_sync(&self, sync: &Sync) -> Result<(), ResponseError> {
        self.check_member(&sync.member_id, sync.instance_id.as_deref())?;
        if sync.generation != self.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        let differs = |said: &Option<String>, ours: &Option<String>| said.is_some() && said != ours;
        if differs(&sync.protocol_type, &self.protocol_type)
            || differs(&sync.protocol, &self.protocol)
        {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        match self.state {
            State::PreparingRebalance => Err(ResponseError::RebalanceInProgress),
            State::Empty => Err(ResponseError::UnknownMemberId),
            State::CompletingRebalance | State::Stable => Ok(()),
        }
    }
}
