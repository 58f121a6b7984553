//! The consumer's part in its group: what it says when it joins, what it does when it leads, and how an assignment
//! becomes events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use super::Event;
use crate::TopicPartition;
use crate::assignor::{self, Assignment, Assignor, PartitionCounts};
use crate::config::ConsumerConfig;
use crate::error::ClientError;
use crate::group::{Generation, GroupMember, MemberMetadata};
use crate::metadata::Metadata;

/// One step of a rebalance. They are taken one after the other; what is told is told between two polls.
#[derive(Debug)]
pub(super) enum Step {
    Tell(Event),
    Remove(Vec<TopicPartition>),
    Add(Vec<TopicPartition>),
    Join(&'static str),
}

/// A consumer's membership.
#[derive(Debug)]
pub(super) struct Membership {
    pub(super) member: GroupMember,
    assignors: Vec<Assignor>,
    /// Partitions are kept through a rebalance: only if every assignor can (as in Java).
    cooperative: bool,
    rack: Option<String>,
    /// The last one; `None` when lost.
    generation: Option<Generation>,
    /// Between JoinGroup and its end.
    joining: bool,
    /// What was last assigned; sticky assignors tell it even after it was given back.
    last_assigned: Vec<TopicPartition>,
    /// What was subscribed to when joining.
    joined_with: BTreeSet<Arc<str>>,
    /// As leader: the partitions the assignment was made for.
    assigned_for: Option<PartitionCounts>,
}

/// A member's wish, read by the leader.
pub(super) type Members = Vec<assignor::Member>;

impl Membership {
    pub(super) fn new(
        member: GroupMember,
        assignors: Vec<Assignor>,
        config: &ConsumerConfig,
    ) -> Self {
        Self {
            member,
            cooperative: assignors.iter().all(|a| a.is_cooperative()),
            assignors,
            rack: Some(config.client_rack.clone()).filter(|rack| !rack.is_empty()),
            generation: None,
            joining: false,
            last_assigned: Vec::new(),
            joined_with: BTreeSet::new(),
            assigned_for: None,
        }
    }

    /// The membership to commit in.
    ///
    /// # Errors
    /// While a rebalance is under way (its end decides who may commit), and when the place is lost.
    pub(super) fn to_commit_in(&self, group: &str) -> Result<(i32, String), ClientError> {
        use kafka_protocol::error::ResponseError as E;
        let refuse =
            |code: E| ClientError::broker(format!("committing for group \"{group}\""), code.into());
        match &self.generation {
            _ if self.joining => Err(refuse(E::RebalanceInProgress)),
            Some(generation) => Ok((generation.id, generation.member_id.clone())),
            None => Err(refuse(E::UnknownMemberId)),
        }
    }

    pub(super) fn generation(&self) -> Option<&Generation> {
        self.generation.as_ref()
    }

    pub(super) fn is_joining(&self) -> bool {
        self.joining
    }

    /// What to do before joining: give back everything, or only what is not wanted any more.
    pub(super) fn prepare(
        &mut self,
        owned: Vec<TopicPartition>,
        wanted: &BTreeSet<Arc<str>>,
        why: &'static str,
    ) -> Vec<Step> {
        let given_back = match self.cooperative {
            true => owned
                .into_iter()
                .filter(|tp| !wanted.contains(&tp.topic))
                .collect(),
            false => owned,
        };
        let mut steps = Vec::new();
        push_told(&mut steps, Event::Revoked, &given_back);
        if !given_back.is_empty() {
            steps.push(Step::Remove(given_back));
        }
        steps.push(Step::Join(why));
        steps
    }

    /// What to do when the place in the group is lost.
    pub(super) fn lost(&mut self, owned: Vec<TopicPartition>) -> Vec<Step> {
        self.generation = None;
        self.joining = false;
        self.assigned_for = None;
        let mut steps = Vec::new();
        push_told(&mut steps, Event::Lost, &owned);
        if !owned.is_empty() {
            steps.push(Step::Remove(owned));
        }
        steps
    }

    /// Joins with these topics and partitions.
    pub(super) fn join(
        &mut self,
        topics: &BTreeSet<Arc<str>>,
        owned: &[TopicPartition],
        why: &str,
    ) {
        let generation = self.generation.as_ref().map(|g| g.id);
        let protocols = self.assignors.iter().map(|assignor| {
            let subscription = assignor::Subscription {
                topics: topics.iter().cloned().collect(),
                user_data: assignor.user_data(&self.last_assigned, generation.unwrap_or(-1)),
                owned: owned.to_vec(),
                generation,
                rack: self.rack.clone(),
            };
            (assignor.name().to_owned(), subscription.encode())
        });
        let protocols = protocols.collect();
        self.joined_with.clone_from(topics);
        self.joining = true;
        self.member.join(protocols, why);
    }

    /// What the end of a rebalance brings.
    pub(super) fn assigned(
        &mut self,
        generation: Generation,
        assignment: &Bytes,
        owned: &[TopicPartition],
    ) -> Result<Vec<Step>, ClientError> {
        self.joining = false;
        let assignment = Assignment::decode(assignment).map_err(|error| ClientError::Protocol {
            peer: format!("leader {}", generation.leader_id).into(),
            what: error.to_string(),
        })?;
        let assigned: BTreeSet<TopicPartition> = assignment.partitions.into_iter().collect();
        let owned: BTreeSet<TopicPartition> = owned.iter().cloned().collect();
        let revoked: Vec<TopicPartition> = owned.difference(&assigned).cloned().collect();
        let added: Vec<TopicPartition> = assigned.difference(&owned).cloned().collect();
        if generation.leader_id != generation.member_id {
            self.assigned_for = None;
        }
        tracing::info!(
            generation = generation.id,
            protocol = generation.protocol,
            "assigned {} partitions: {} new, {} revoked",
            assigned.len(),
            added.len(),
            revoked.len()
        );
        self.last_assigned = assigned.into_iter().collect();
        self.generation = Some(generation);
        let mut steps = Vec::new();
        push_told(&mut steps, Event::Revoked, &revoked);
        if !revoked.is_empty() {
            steps.push(Step::Remove(revoked.clone()));
        }
        if !added.is_empty() {
            steps.push(Step::Add(added.clone()));
        }
        push_told(&mut steps, Event::Assigned, &added);
        if self.cooperative && !revoked.is_empty() {
            // Only now may others have what was given back.
            steps.push(Step::Join("need to revoke partitions and re-join"));
        }
        Ok(steps)
    }

    /// Reads what the members want. A member whose bytes cannot be read gets nothing.
    pub(super) fn read_members(members: Vec<MemberMetadata>) -> Members {
        let read = |m: MemberMetadata| {
            let subscription =
                assignor::Subscription::decode(&m.metadata).unwrap_or_else(|error| {
                    tracing::warn!(member = m.id, "subscription not readable: {error}");
                    assignor::Subscription::default()
                });
            assignor::Member {
                id: m.id,
                instance_id: m.instance_id,
                subscription,
            }
        };
        members.into_iter().map(read).collect()
    }

    /// As leader: spreads the partitions and sends everyone theirs.
    pub(super) fn assign(&mut self, protocol: &str, members: &Members, metadata: &Metadata) {
        let topics: BTreeSet<&Arc<str>> = members
            .iter()
            .flat_map(|m| &m.subscription.topics)
            .collect();
        let counts = counts_of(topics.into_iter(), metadata);
        let Some(assignor) = self
            .assignors
            .iter()
            .copied()
            .find(|a| a.name() == protocol)
        else {
            // The coordinator picks among what every member offered, this one too.
            tracing::warn!(
                protocol,
                "the group chose a protocol this member did not offer"
            );
            return;
        };
        let assignments = assignor.assign(&counts, members);
        let encoded = assignments.into_iter().map(|(id, partitions)| {
            (
                id,
                Assignment {
                    partitions,
                    user_data: None,
                }
                .encode(),
            )
        });
        self.member.sync(encoded.collect());
        self.assigned_for = Some(counts);
    }

    /// As leader: the group keeps the assignment it has (KIP-814).
    pub(super) fn keep(&mut self, members: &Members, metadata: &Metadata) {
        let topics: BTreeSet<&Arc<str>> = members
            .iter()
            .flat_map(|m| &m.subscription.topics)
            .collect();
        self.assigned_for = Some(counts_of(topics.into_iter(), metadata));
        self.member.sync(Vec::new());
    }

    /// Topics the leader watches for the whole group.
    pub(super) fn group_topics(&self) -> impl Iterator<Item = &Arc<str>> {
        self.assigned_for.iter().flat_map(BTreeMap::keys)
    }

    /// Why the group must rebalance, given what is subscribed to now and the newest metadata.
    pub(super) fn outdated(
        &self,
        topics: &BTreeSet<Arc<str>>,
        metadata: &Metadata,
    ) -> Option<&'static str> {
        if self.joining || self.generation.is_none() {
            return None;
        }
        if *topics != self.joined_with {
            return Some("the subscribed topics have changed");
        }
        let assigned_for = self.assigned_for.as_ref()?;
        let now = counts_of(assigned_for.keys(), metadata);
        (now != *assigned_for).then_some("partitions of a subscribed topic have changed")
    }
}

/// Partition counts; 0 for topics that do not exist, so that their coming is seen.
fn counts_of<'a>(
    topics: impl Iterator<Item = &'a Arc<str>>,
    metadata: &Metadata,
) -> PartitionCounts {
    topics
        .map(|t| {
            (
                t.clone(),
                metadata.topic(t).map_or(0, |topic| topic.partition_count()),
            )
        })
        .collect()
}

fn push_told(
    steps: &mut Vec<Step>,
    event: fn(Vec<TopicPartition>) -> Event,
    partitions: &[TopicPartition],
) {
    if !partitions.is_empty() {
        steps.push(Step::Tell(event(partitions.to_vec())));
    }
}
