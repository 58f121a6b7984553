//! One member of a group.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

use super::{Answer, Answers, JoinAnswer, Now, SyncAnswer};

/// One member of a group.
#[derive(Debug)]
pub(crate) struct Member<T> {
    /// `group.instance.id` of a static member.
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout: Duration,
    pub(crate) rebalance_timeout: Duration,
    /// Name and metadata, in the order the member prefers them.
    pub(crate) protocols: Vec<(String, Bytes)>,
    pub(crate) assignment: Bytes,
    /// Where the answer goes while it waits for others to join.
    pub(super) joining: Option<T>,
    /// Where the answer goes while it waits for the leader's assignment.
    pub(super) syncing: Option<T>,
    /// It has joined this generation and not yet asked for its assignment.
    pub(super) owes_sync: bool,
    /// When it counts as dead.
    pub(super) session_deadline: Now,
}

impl<T> Member<T> {
    /// What it said of the protocol of this name; `None` when it does not know it.
    pub(crate) fn metadata(&self, protocol: &str) -> Option<Bytes> {
        self.protocols
            .iter()
            .find(|(name, _)| name == protocol)
            .map(|(_, metadata)| metadata.clone())
    }

    pub(super) fn has_joined(&self) -> bool {
        self.joining.is_some()
    }

    pub(super) fn must_sync(&self) -> bool {
        self.owes_sync
    }

    pub(super) fn touch(&mut self, now: Now) {
        self.session_deadline = now + self.session_timeout;
    }

    /// Who waits for an answer cannot send heartbeats, and lives.
    pub(super) fn deadline(&self) -> Option<Now> {
        (self.joining.is_none() && self.syncing.is_none()).then_some(self.session_deadline)
    }

    pub(super) fn is_dead(&self, now: Now) -> bool {
        self.deadline().is_some_and(|deadline| now >= deadline)
    }

    pub(super) fn answer_join(&mut self, now: Now, answer: JoinAnswer, answers: &mut Answers<T>) {
        if let Some(to) = self.joining.take() {
            self.owes_sync = true;
            self.touch(now);
            answers.push((to, Answer::Join(answer)));
        }
    }

    pub(super) fn answer_sync(&mut self, now: Now, answer: SyncAnswer, answers: &mut Answers<T>) {
        if let Some(to) = self.syncing.take() {
            self.touch(now);
            answers.push((to, Answer::Sync(answer)));
        }
    }

    pub(super) fn refuse_sync(&mut self, error: ResponseError, answers: &mut Answers<T>) {
        self.owes_sync = false;
        if let Some(to) = self.syncing.take() {
            answers.push((
                to,
                Answer::Sync(SyncAnswer {
                    error: Some(error),
                    ..SyncAnswer::default()
                }),
            ));
        }
    }

    /// Whatever it waits for fails.
    pub(super) fn refuse(&mut self, id: &str, error: ResponseError, answers: &mut Answers<T>) {
        self.refuse_sync(error, answers);
        if let Some(to) = self.joining.take() {
            answers.push((to, Answer::Join(JoinAnswer::refused(id, error))));
        }
    }
}

impl JoinAnswer {
    pub(crate) fn refused(member_id: &str, error: ResponseError) -> JoinAnswer {
        JoinAnswer {
            error: Some(error),
            generation: -1,
            member_id: member_id.to_owned(),
            ..JoinAnswer::default()
        }
    }
}
