//! One round after the other: what `poll` does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::rebalance::{Members, Membership, Step};
use super::topics::{Interest, Question};
use super::{Consumer, Event};
use crate::error::ClientError;
use crate::fetcher::Done;
use crate::group::{GroupEvent, GroupMember};
use crate::metadata::Metadata;

/// What came of a question that is not the fetcher's.
pub(super) enum Work {
    /// For the topics of interest.
    Metadata(Result<Arc<Metadata>, ClientError>),
    /// As leader, for the topics of the whole group.
    Elected {
        protocol: String,
        members: Members,
        keep: bool,
        metadata: Result<Arc<Metadata>, ClientError>,
    },
}

/// What ended a wait.
enum Woken {
    Fetch(Done),
    Work(Work),
    Group(GroupEvent),
    Time,
}

impl Consumer {
    /// Waits for the next event, at most `timeout`. Cancel-safe: what would have been told is told by the next call.
    ///
    /// # Errors
    /// When the group refuses this member for good, offsets are out of range or missing without a reset policy,
    /// authorization fails, or a record batch is corrupt. Retriable trouble is retried within.
    pub async fn poll(&mut self, timeout: Duration) -> Result<Event, ClientError> {
        let deadline = Instant::now() + timeout;
        if let Some(membership) = &self.membership {
            membership.member.alive();
        }
        loop {
            while let Some(done) = self.fetches.ready().await {
                self.fetcher.digest(done, Instant::now());
            }
            if let Some(event) = self.advance()? {
                return Ok(event);
            }
            if let Some(fetched) = self.fetcher.take(self.config.max_poll_records)? {
                // The next fetch goes out before the caller works on this one.
                self.begin();
                if let Some(done) = self.fetches.ready().await {
                    self.fetcher.digest(done, Instant::now());
                }
                return Ok(Event::Records(fetched));
            }
            let wake_at = self.begin().map_or(deadline, |at| at.min(deadline));
            let woken = self.wait(wake_at, true).await;
            if self.handle(woken)? && Instant::now() >= deadline {
                return Ok(self.advance()?.unwrap_or(Event::Idle));
            }
        }
    }

    /// Drives what is needed to find offsets, and nothing of the group, until something comes of it or `deadline`.
    pub(super) async fn look_up(&mut self, deadline: Instant) -> Result<(), ClientError> {
        self.look_at_metadata();
        let wake_at = self.begin().map_or(deadline, |at| at.min(deadline));
        let woken = self.wait(wake_at, false).await;
        self.handle(woken)?;
        self.fetcher.take_failure().map_or(Ok(()), Err)
    }

    /// Goes on with the rebalance, if there is one, up to what the caller must be told.
    fn advance(&mut self) -> Result<Option<Event>, ClientError> {
        loop {
            self.look_at_metadata();
            match self.steps.pop_front() {
                Some(Step::Tell(event)) => return Ok(Some(event)),
                Some(Step::Remove(partitions)) => self.fetcher.remove(&partitions),
                Some(Step::Add(partitions)) => self.fetcher.add(&partitions),
                Some(Step::Join(why)) => self.join(why)?,
                None => match self.membership.as_mut().and_then(|m| m.member.try_newest()) {
                    Some(event) => self.on_group(event)?,
                    None => {
                        self.join_if_needed()?;
                        if self.steps.is_empty() {
                            return Ok(None);
                        }
                    }
                },
            }
        }
    }

    fn look_at_metadata(&mut self) {
        let metadata = self.cluster.metadata();
        if self.topics.look(&metadata, &self.config) {
            self.fetcher.metadata_changed();
            self.recheck = true;
        }
    }

    /// Begins what requests are due; tells when to come again.
    fn begin(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let fetcher_at = self.fetcher.begin(&mut self.fetches, now);
        if self.fetcher.take_stale_metadata() {
            self.topics.is_stale();
        }
        let others = self.membership.iter().flat_map(Membership::group_topics);
        if let Some(question) = self.topics.due(&self.config, others, now) {
            let cluster = self.cluster.clone();
            self.jobs
                .start(async move { Work::Metadata(question.ask(cluster).await) });
        }
        [fetcher_at, self.topics.wake_at(&self.config, now)]
            .into_iter()
            .flatten()
            .min()
    }

    async fn wait(&mut self, until: Instant, group: bool) -> Woken {
        let member = self
            .membership
            .as_mut()
            .map(|m| &mut m.member)
            .filter(|_| group);
        tokio::select! {
            biased;
            event = next_event(member) => Woken::Group(event),
            done = self.fetches.next() => Woken::Fetch(done),
            work = self.jobs.next() => Woken::Work(work),
            () = tokio::time::sleep_until(until) => Woken::Time,
        }
    }

    /// Works in what ended the wait; answers whether it was only time.
    fn handle(&mut self, woken: Woken) -> Result<bool, ClientError> {
        let now = Instant::now();
        match woken {
            Woken::Fetch(done) => self.fetcher.digest(done, now),
            Woken::Work(Work::Metadata(answer)) => {
                self.topics.answered(&answer, now);
                self.fetcher.metadata_changed();
            }
            Woken::Work(Work::Elected {
                protocol,
                members,
                keep,
                metadata,
            }) => {
                let metadata = metadata.inspect_err(|_| {
                    // Without assignments the whole group waits: let it elect again.
                    self.steps.push_back(Step::Join(
                        "the leader could not look up the topics of the group",
                    ));
                })?;
                if let Some(membership) = &mut self.membership {
                    match keep {
                        true => membership.keep(&members, &metadata),
                        false => membership.assign(&protocol, &members, &metadata),
                    }
                }
            }
            Woken::Group(event) => self.on_group(event)?,
            Woken::Time => return Ok(true),
        }
        Ok(false)
    }

    fn on_group(&mut self, event: GroupEvent) -> Result<(), ClientError> {
        let owned = self.assignment();
        let Some(membership) = &mut self.membership else {
            return Ok(());
        };
        match event {
            GroupEvent::Elected {
                protocol,
                members,
                keep,
                ..
            } => self.on_elected(protocol, members, keep),
            GroupEvent::Assigned {
                generation,
                assignment,
            } => {
                let steps = membership.assigned(generation, &assignment, &owned)?;
                self.steps.extend(steps);
                self.recheck = true;
            }
            GroupEvent::RejoinNeeded => {
                let steps = membership.prepare(
                    owned,
                    &self.topics.subscribed,
                    "group is already rebalancing",
                );
                self.steps.extend(steps);
            }
            GroupEvent::Lost { .. } => self.on_lost(owned),
            GroupEvent::Failed(error) => {
                self.on_lost(owned);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whatever was planned in the old membership is void.
    fn on_lost(&mut self, owned: Vec<crate::TopicPartition>) {
        let planned = std::mem::take(&mut self.steps);
        // What was told as revoked is gone for the caller; the rest of the plan would have been about this membership.
        for step in planned {
            if let Step::Remove(partitions) = step {
                self.fetcher.remove(&partitions);
            }
        }
        let owned = owned
            .into_iter()
            .filter(|tp| self.fetcher.is_assigned(tp))
            .collect();
        if let Some(membership) = &mut self.membership {
            self.steps.extend(membership.lost(owned));
        }
    }

    fn on_elected(
        &mut self,
        protocol: String,
        members: Vec<crate::group::MemberMetadata>,
        keep: bool,
    ) {
        let members = Membership::read_members(members);
        let topics: BTreeSet<Arc<str>> = members
            .iter()
            .flat_map(|m| m.subscription.topics.iter().cloned())
            .collect();
        let create = self.config.auto_create_topics;
        let cluster = self.cluster.clone();
        let limit = self.config.client.api_timeout;
        self.jobs.start(async move {
            let ask = || Question::Named(topics.clone(), create).ask(cluster.clone());
            let metadata = cluster
                .retry("looking up the topics of the group", limit, ask)
                .await;
            Work::Elected {
                protocol,
                members,
                keep,
                metadata,
            }
        });
    }

    /// Joins for the first time, after the place was lost, or because the group's assignment is out of date.
    fn join_if_needed(&mut self) -> Result<(), ClientError> {
        if !matches!(self.topics.interest, Interest::Subscribed(_)) || !self.topics.is_known() {
            return Ok(());
        }
        self.ensure_membership()?;
        let Some(membership) = self.membership.as_mut().filter(|m| !m.is_joining()) else {
            return Ok(());
        };
        if membership.generation().is_none() {
            self.steps
                .push_back(Step::Join("first join of a membership"));
        } else if std::mem::take(&mut self.recheck)
            && let Some(why) =
                membership.outdated(&self.topics.subscribed, &self.cluster.metadata())
        {
            let owned = self.fetcher.assignment().cloned().collect();
            self.steps
                .extend(membership.prepare(owned, &self.topics.subscribed, why));
        }
        Ok(())
    }

    fn join(&mut self, why: &str) -> Result<(), ClientError> {
        let owned = self.assignment();
        let topics = self.topics.subscribed.clone();
        self.ensure_membership()?.join(&topics, &owned, why);
        Ok(())
    }
}

async fn next_event(member: Option<&mut GroupMember>) -> GroupEvent {
    match member {
        Some(member) => member.next().await,
        None => std::future::pending().await,
    }
}
