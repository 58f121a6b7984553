//! JoinGroup: a member comes, comes back, or takes the place of its former self.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

use super::{Answer, Answers, Group, JoinAnswer, Member, Now, State};

/// What a member says when it joins.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    /// Empty when it has none yet.
    pub(crate) member_id: String,
    /// The id it gets if it needs one.
    pub(crate) new_member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout: Duration,
    pub(crate) rebalance_timeout: Duration,
    pub(crate) protocol_type: String,
    /// Name and metadata, in the order the member prefers them.
    pub(crate) protocols: Vec<(String, Bytes)>,
    /// A new dynamic member must come back with the id it is given (KIP-394), so that clients which give up and try
    /// again leave no ghosts.
    pub(crate) id_required: bool,
    /// It understands `skip_assignment` (KIP-814).
    pub(crate) may_skip_assignment: bool,
}

impl<T> Group<T> {
    /// A member joins; its answer goes to `to`, now or when all have joined.
    pub(crate) fn join(&mut self, now: Now, join: Join, to: T, answers: &mut Answers<T>) {
        if !self.supports(&join) {
            let error = ResponseError::InconsistentGroupProtocol;
            return refuse(&join.member_id, error, to, answers);
        }
        if join.member_id.is_empty() {
            self.join_unknown(now, join, to, answers);
        } else {
            self.join_known(now, join, to, answers);
        }
    }

    /// A group has one protocol type, and always a protocol that all its members know.
    fn supports(&self, join: &Join) -> bool {
        if self.members.is_empty() {
            return !join.protocol_type.is_empty() && !join.protocols.is_empty();
        }
        self.protocol_type.as_deref() == Some(join.protocol_type.as_str())
            && self
                .common_protocols()
                .any(|name| join.protocols.iter().any(|(other, _)| other == name))
    }

    fn join_unknown(&mut self, now: Now, join: Join, to: T, answers: &mut Answers<T>) {
        let known = join
            .instance_id
            .as_ref()
            .and_then(|instance| self.instances.get(instance))
            .cloned();
        match known {
            Some(former) => self.replace(now, &former, join, to, answers),
            None if join.id_required && join.instance_id.is_none() => {
                let id = join.new_member_id;
                self.pending.insert(id.clone(), now + join.session_timeout);
                refuse(&id, ResponseError::MemberIdRequired, to, answers);
            }
            None => {
                let id = join.new_member_id.clone();
                self.add(now, id, join, to, answers);
            }
        }
    }

    fn join_known(&mut self, now: Now, join: Join, to: T, answers: &mut Answers<T>) {
        let id = join.member_id.clone();
        if join.instance_id.is_none() && self.pending.remove(&id).is_some() {
            return self.add(now, id, join, to, answers);
        }
        if let Err(error) = self.check_member(&id, join.instance_id.as_deref()) {
            return refuse(&id, error, to, answers);
        }
        let unchanged = self
            .members
            .get(&id)
            .is_some_and(|member| member.protocols == join.protocols);
        let leads = self.leader.as_deref() == Some(&id);
        match self.state {
            State::PreparingRebalance => {
                self.update(&id, join, to, answers);
                self.try_complete_join(now, answers);
            }
            // It may not have had the answer: it is told again.
            State::CompletingRebalance if unchanged => self.answer_again(now, &id, to, answers),
            State::Stable if unchanged && !leads => self.answer_again(now, &id, to, answers),
            State::CompletingRebalance | State::Stable => {
                self.update(&id, join, to, answers);
                self.prepare_rebalance(now, answers);
            }
            State::Empty => refuse(&id, ResponseError::UnknownMemberId, to, answers),
        }
    }

    fn answer_again(&mut self, now: Now, id: &str, to: T, answers: &mut Answers<T>) {
        let answer = self.current_generation(id);
        if let Some(member) = self.members.get_mut(id) {
            member.joining = Some(to);
            member.answer_join(now, answer, answers);
            // Who joins again in a stable group has its assignment waiting and may ask for it, or not.
            member.owes_sync = self.state == State::CompletingRebalance;
        }
    }

    fn add(&mut self, now: Now, id: String, join: Join, to: T, answers: &mut Answers<T>) {
        if let Some(instance) = &join.instance_id {
            self.instances.insert(instance.clone(), id.clone());
        }
        if self.members.is_empty() {
            self.protocol_type = Some(join.protocol_type);
        }
        self.leader.get_or_insert_with(|| id.clone());
        let member = Member {
            instance_id: join.instance_id,
            client_id: join.client_id,
            client_host: join.client_host,
            session_timeout: join.session_timeout,
            rebalance_timeout: join.rebalance_timeout,
            protocols: join.protocols,
            assignment: Bytes::new(),
            joining: Some(to),
            syncing: None,
            owes_sync: false,
            session_deadline: now + join.session_timeout,
        };
        self.members.insert(id, member);
        match self.state {
            State::PreparingRebalance => self.try_complete_join(now, answers),
            _ => self.prepare_rebalance(now, answers),
        }
    }

    fn update(&mut self, id: &str, join: Join, to: T, answers: &mut Answers<T>) {
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        if let Some(former) = member.joining.replace(to) {
            let error = ResponseError::RebalanceInProgress;
            answers.push((former, Answer::Join(JoinAnswer::refused(id, error))));
        }
        member.protocols = join.protocols;
        member.session_timeout = join.session_timeout;
        member.rebalance_timeout = join.rebalance_timeout;
        member.client_id = join.client_id;
        member.client_host = join.client_host;
    }

    /// A static member came back without its member id: it was restarted. It gets a new id and its former self is
    /// fenced. In a stable group that needs no rebalance unless the protocol would change.
    fn replace(&mut self, now: Now, former: &str, join: Join, to: T, answers: &mut Answers<T>) {
        let Some(mut member) = self.members.remove(former) else {
            return;
        };
        member.refuse(former, ResponseError::FencedInstanceId, answers);
        member.touch(now);
        let id = join.new_member_id.clone();
        let may_skip = join.may_skip_assignment;
        if let Some(instance) = &member.instance_id {
            self.instances.insert(instance.clone(), id.clone());
        }
        self.members.insert(id.clone(), member);
        let led = self.leader.as_deref() == Some(former);
        if led {
            self.leader = Some(id.clone());
        }
        self.update(&id, join, to, answers);
        match self.state {
            State::Stable if self.choose_protocol() == self.protocol => {
                let mut answer = self.current_generation(&id);
                if led && may_skip {
                    answer.skip_assignment = true;
                } else if led {
                    // Told that it leads it would assign; so it is told that its former self does.
                    answer.leader = former.to_owned();
                    answer.members = Vec::new();
                }
                if let Some(member) = self.members.get_mut(&id) {
                    member.answer_join(now, answer, answers);
                    member.owes_sync = false;
                }
            }
            State::PreparingRebalance => self.try_complete_join(now, answers),
            _ => self.prepare_rebalance(now, answers),
        }
    }
}

fn refuse<T>(id: &str, error: ResponseError, to: T, answers: &mut Answers<T>) {
    answers.push((to, Answer::Join(JoinAnswer::refused(id, error))));
}
