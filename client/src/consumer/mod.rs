//! Reading topics, alone or as a member of a consumer group.

mod commit;
mod event;
pub(crate) mod fetched;
mod poll;
mod rebalance;
mod topics;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

pub use commit::CommitHandle;
pub use event::{Event, Subscription};
pub use fetched::{Fetched, FetchedPartition, Headers, Record, Records, TimestampType};

use crate::assignor::Assignor;
use crate::cluster::{Call, Cluster, Lane};
use crate::config::{ConfigError, ConsumerConfig};
use crate::error::ClientError;
use crate::fetcher::Fetcher;
use crate::group::{GroupConfig, GroupMember};
use crate::jobs::Jobs;
use crate::offsets::{self, Committer};
use crate::{OffsetAndMetadata, TopicPartition};

use commit::{Commit, CommitQueue};
use poll::Work;
use rebalance::{Membership, Step};
use topics::{Interest, TopicWatch, topics_of};

/// A reader of topics, owned by one task.
///
/// - Say what to read: [`subscribe`](Self::subscribe) (as a member of the group) or [`assign`](Self::assign) (alone).
/// - Call [`poll`](Self::poll) again and again. It joins the group, fetches, and tells what happened, one event at
///   a time. Dropping its future loses nothing.
/// - Commit with [`commit_async`](Self::commit_async) or [`commit_sync`](Self::commit_sync). Nothing is committed unasked:
///   `enable.auto.commit` and its interval are the caller's business.
/// - [`close`](Self::close) leaves the group.
///
/// Heartbeats run in the background, whether polled or not; a member that is not polled for `max.poll.interval.ms`
/// leaves its group, and the next poll tells `Lost`.
#[derive(Debug)]
pub struct Consumer {
    cluster: Cluster,
    config: Arc<ConsumerConfig>,
    assignors: Vec<Assignor>,
    /// Where heartbeats and commits run; the runtime of the first call that needs one unless told.
    runtime: Option<Handle>,
    topics: TopicWatch,
    membership: Option<Membership>,
    /// Metadata or membership have changed since it was last looked whether the group's assignment is out of date.
    recheck: bool,
    /// What is left of the rebalance under way.
    steps: VecDeque<Step>,
    fetcher: Fetcher,
    jobs: Jobs<Work>,
    fetches: Jobs<crate::fetcher::Done>,
    commits: CommitQueue,
}

impl Consumer {
    /// Makes a consumer over the cluster's connections. Does no I/O.
    ///
    /// # Errors
    /// When settings contradict each other, or name an assignor that is not one of Kafka's.
    pub fn new(cluster: Cluster, config: ConsumerConfig) -> Result<Self, ClientError> {
        if config.heartbeat_interval >= config.session_timeout {
            let text = "heartbeat.interval.ms must be lower than session.timeout.ms";
            return Err(ConfigError::Conflict(text.to_owned()).into());
        }
        let assignors = config.assignors.iter().map(|name| {
            Assignor::from_name(name).ok_or_else(|| {
                let text = format!(
                    "partition.assignment.strategy: {name} is not one of Kafka's assignors"
                );
                ClientError::from(ConfigError::Conflict(text))
            })
        });
        let assignors = assignors.collect::<Result<_, _>>()?;
        let config = Arc::new(config);
        Ok(Self {
            assignors,
            runtime: None,
            topics: TopicWatch::new(&cluster),
            membership: None,
            recheck: false,
            steps: VecDeque::new(),
            fetcher: Fetcher::new(&cluster, Arc::clone(&config)),
            jobs: Jobs::default(),
            fetches: Jobs::default(),
            commits: CommitQueue::new(&cluster),
            cluster,
            config,
        })
    }

    /// Lets heartbeats, and the connection to the coordinator, run on this runtime instead of the one that polls first: tasks
    /// that block their runtime then stay in their group.
    #[must_use]
    pub fn heartbeats_on(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Becomes a member of the group with the next poll and reads what the group assigns. Replaces an earlier
    /// subscription.
    ///
    /// # Errors
    /// When there is no `group.id`, or partitions were assigned by hand.
    pub fn subscribe(&mut self, subscription: Subscription) -> Result<(), ClientError> {
        if self.config.group_id.is_none() {
            return Err(misuse("subscribing needs a group.id"));
        }
        if matches!(self.topics.interest, Interest::Partitions(_)) {
            return Err(misuse(
                "subscribing and assigning by hand exclude each other",
            ));
        }
        self.topics.set(Interest::Subscribed(subscription));
        Ok(())
    }

    /// Reads exactly these partitions, without a group's assignment. Keeps the positions of those it read before.
    ///
    /// # Errors
    /// When the consumer is subscribed.
    pub fn assign(&mut self, partitions: &[TopicPartition]) -> Result<(), ClientError> {
        if matches!(self.topics.interest, Interest::Subscribed(_)) {
            return Err(misuse(
                "subscribing and assigning by hand exclude each other",
            ));
        }
        let gone: Vec<_> = self
            .fetcher
            .assignment()
            .filter(|tp| !partitions.contains(tp))
            .cloned()
            .collect();
        self.fetcher.remove(&gone);
        self.fetcher.add(partitions);
        self.topics.set(Interest::Partitions(topics_of(partitions)));
        Ok(())
    }

    /// Gives no records of these partitions until resumed. What was fetched of them is kept. A partition that is revoked
    /// forgets that it was paused.
    ///
    /// # Errors
    /// When one of them is not assigned; then none is paused.
    pub fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), ClientError> {
        self.set_paused(partitions, true)
    }

    /// Takes up paused partitions again. Those not paused are passed over.
    ///
    /// # Errors
    /// When one of them is not assigned; then none is resumed.
    pub fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), ClientError> {
        self.set_paused(partitions, false)
    }

    /// The paused partitions, in order.
    pub fn paused(&self) -> Vec<TopicPartition> {
        self.fetcher.paused().cloned().collect()
    }

    /// The partitions this consumer reads, in order.
    pub fn assignment(&self) -> Vec<TopicPartition> {
        self.fetcher.assignment().cloned().collect()
    }

    /// Goes on at `offset` with the next poll.
    ///
    /// # Errors
    /// When the partition is not assigned or the offset is negative.
    pub fn seek(&mut self, partition: &TopicPartition, offset: i64) -> Result<(), ClientError> {
        self.check_assigned(partition)?;
        if offset < 0 {
            return Err(misuse(&format!(
                "seek to offset {offset} of {partition}, expected 0 or more"
            )));
        }
        self.fetcher.seek(partition, offset);
        Ok(())
    }

    /// The offset of the next record to be given: the committed one, or where the reset policy begins, before the first.
    ///
    /// # Errors
    /// When the partition is not assigned, or the offset is not known within `default.api.timeout.ms`.
    pub async fn position(&mut self, partition: &TopicPartition) -> Result<i64, ClientError> {
        self.check_assigned(partition)?;
        let limit = self.config.client.api_timeout;
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if let Some((offset, _)) = self.fetcher.position(partition) {
                return Ok(offset);
            }
            self.look_up(deadline).await?;
        }
        Err(ClientError::Timeout {
            what: format!("position of {partition}"),
            after: limit,
        })
    }

    /// How many records of an assigned partition are still to be given, as of the last answer about it; holes that
    /// compaction and transactions left are counted too. `None` before the first answer.
    pub fn lag(&self, partition: &TopicPartition) -> Option<i64> {
        self.fetcher.lag(partition)
    }

    /// What the group has committed; `None` where nothing.
    ///
    /// # Errors
    /// When there is no `group.id`, or the coordinator does not answer within `default.api.timeout.ms`.
    pub async fn committed(
        &mut self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Option<OffsetAndMetadata>>, ClientError> {
        let group = self
            .config
            .group_id
            .as_deref()
            .ok_or_else(|| misuse("committed offsets need a group.id"))?;
        let stable = self.config.isolation == crate::config::IsolationLevel::ReadCommitted;
        let attempt = || {
            offsets::committed(
                &self.cluster,
                Lane::Shared.into(),
                group,
                partitions,
                stable,
            )
        };
        self.cluster
            .retry(
                "reading committed offsets",
                self.config.client.api_timeout,
                attempt,
            )
            .await
    }

    /// Starts a commit and gives its answer as a future. Commits are sent in the order of the calls; a failed one is not
    /// retried.
    pub fn commit_async(
        &mut self,
        offsets: BTreeMap<TopicPartition, OffsetAndMetadata>,
    ) -> CommitHandle {
        self.commit(offsets, None)
    }

    /// Commits, retrying what is retriable for `default.api.timeout.ms`. Waits for earlier commits first.
    ///
    /// # Errors
    /// When the group has moved on without this member, a rebalance is under way that will give the partitions away,
    /// or the time is over.
    pub async fn commit_sync(
        &mut self,
        offsets: BTreeMap<TopicPartition, OffsetAndMetadata>,
    ) -> Result<(), ClientError> {
        let limit = self.config.client.api_timeout;
        self.commit(offsets, Some(limit)).await
    }

    /// The generation and member id of this consumer in its group, while it has a place there.
    pub fn generation(&self) -> Option<(i32, &str)> {
        self.membership
            .as_ref()?
            .generation()
            .map(|g| (g.id, g.member_id.as_str()))
    }

    /// Waits for commits under way, leaves the group if `leave` (a static member stays, as in Java), and gives up its
    /// connections. A member that does not leave is noticed by the group after `session.timeout.ms`. Takes at most
    /// `default.api.timeout.ms`.
    pub async fn close(self, leave: bool) {
        let limit = self.config.client.api_timeout;
        let started = Instant::now();
        self.commits.finish(limit).await;
        if let Some(membership) = self.membership.filter(|_| leave) {
            let left = limit.saturating_sub(started.elapsed());
            membership
                .member
                .leave("the consumer is being closed", left)
                .await;
        }
    }

    fn commit(
        &mut self,
        offsets: BTreeMap<TopicPartition, OffsetAndMetadata>,
        retry_for: Option<Duration>,
    ) -> CommitHandle {
        let Some(group_id) = self.config.group_id.clone() else {
            return CommitHandle::refused(misuse("committing needs a group.id"));
        };
        let member = match &self.membership {
            Some(membership) => match membership.to_commit_in(&group_id) {
                Ok(member) => Some(member),
                Err(error) => return CommitHandle::refused(error),
            },
            None => None,
        };
        let runtime = match self.runtime() {
            Ok(runtime) => runtime,
            Err(error) => return CommitHandle::refused(error),
        };
        let call = self
            .membership
            .as_ref()
            .map_or(Call::from(Lane::Shared), |m| m.member.call());
        let who = Committer {
            group_id,
            instance_id: self.config.group_instance_id.clone(),
            member,
        };
        self.commits.push(
            Commit {
                offsets,
                who,
                call,
                retry_for,
            },
            &runtime,
        )
    }

    fn set_paused(
        &mut self,
        partitions: &[TopicPartition],
        paused: bool,
    ) -> Result<(), ClientError> {
        partitions
            .iter()
            .try_for_each(|tp| self.check_assigned(tp))?;
        partitions
            .iter()
            .for_each(|tp| self.fetcher.set_paused(tp, paused));
        Ok(())
    }

    /// As [`Self::position`], if it is known without asking.
    pub(crate) fn known_position(&self, partition: &TopicPartition) -> Option<i64> {
        self.fetcher.position(partition).map(|(offset, _)| offset)
    }

    fn check_assigned(&self, partition: &TopicPartition) -> Result<(), ClientError> {
        if self.fetcher.is_assigned(partition) {
            return Ok(());
        }
        Err(misuse(&format!(
            "no current assignment for partition {partition}"
        )))
    }

    fn runtime(&mut self) -> Result<Handle, ClientError> {
        if let Some(runtime) = &self.runtime {
            return Ok(runtime.clone());
        }
        let runtime = Handle::try_current().map_err(|_| ClientError::Closed)?;
        Ok(self.runtime.insert(runtime).clone())
    }

    /// The membership of a subscribed consumer, begun if need be.
    fn ensure_membership(&mut self) -> Result<&mut Membership, ClientError> {
        if self.membership.is_none() {
            let runtime = self.runtime()?;
            let group = GroupConfig {
                group_id: self.config.group_id.clone().unwrap_or_default(),
                instance_id: self.config.group_instance_id.clone(),
                protocol_type: "consumer".to_owned(),
                session_timeout: self.config.session_timeout,
                rebalance_timeout: self.config.max_poll_interval,
                heartbeat_interval: self.config.heartbeat_interval,
            };
            let member = GroupMember::new(&self.cluster, group, &runtime);
            self.membership = Some(Membership::new(
                member,
                self.assignors.clone(),
                &self.config,
            ));
        }
        self.membership.as_mut().ok_or(ClientError::Closed)
    }
}

/// The caller broke the rules of this API.
fn misuse(what: &str) -> ClientError {
    ConfigError::Conflict(what.to_owned()).into()
}
