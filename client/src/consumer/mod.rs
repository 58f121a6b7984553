//! Reading topics, alone or as a member of a consumer group.

#![allow(
    clippy::unimplemented,
    clippy::unused_async,
    clippy::needless_pass_by_value
)]

mod commit;
mod event;
pub(crate) mod fetched;

use std::collections::BTreeMap;
use std::time::Duration;

pub use commit::CommitHandle;
pub use event::{Event, Subscription};
pub use fetched::{Fetched, FetchedPartition, Headers, Record, Records, TimestampType};

use crate::cluster::Cluster;
use crate::config::ConsumerConfig;
use crate::error::ClientError;
use crate::{OffsetAndMetadata, TopicPartition};

/// A reader of topics, owned by one task.
///
/// - Say what to read: [`subscribe`](Self::subscribe) (as a member of the group) or [`assign`](Self::assign) (alone).
/// - Call [`poll`](Self::poll) again and again. It joins the group, fetches, and tells what happened, one event at
///   a time. Dropping its future loses nothing.
/// - Commit with [`commit_async`](Self::commit_async) or [`commit_sync`](Self::commit_sync). Nothing is committed unasked.
/// - [`close`](Self::close) leaves the group.
///
/// Heartbeats run in the background, whether polled or not; a member that is not polled for `max.poll.interval.ms`
/// leaves its group, and the next poll tells `Lost`.
#[derive(Debug)]
pub struct Consumer {
    _cluster: Cluster,
    _config: ConsumerConfig,
}

impl Consumer {
    /// Makes a consumer over the cluster's connections. Does no I/O.
    ///
    /// # Errors
    /// When settings contradict each other.
    pub fn new(cluster: Cluster, config: ConsumerConfig) -> Result<Self, ClientError> {
        Ok(Self {
            _cluster: cluster,
            _config: config,
        })
    }

    /// Lets heartbeats, and the connection to the coordinator, run on this runtime instead of the one that polls first: tasks
    /// that block their runtime then stay in their group.
    #[must_use]
    pub fn heartbeats_on(self, _runtime: tokio::runtime::Handle) -> Self {
        self
    }

    /// Becomes a member of the group with the next poll and reads what the group assigns. Replaces an earlier
    /// subscription.
    ///
    /// # Errors
    /// When there is no `group.id`, or partitions were assigned by hand.
    pub fn subscribe(&mut self, _subscription: Subscription) -> Result<(), ClientError> {
        unimplemented!()
    }

    /// Reads exactly these partitions, without a group's assignment. Keeps the positions of those it read before.
    ///
    /// # Errors
    /// When the consumer is subscribed.
    pub fn assign(&mut self, _partitions: Vec<TopicPartition>) -> Result<(), ClientError> {
        unimplemented!()
    }

    /// Waits for the next event, at most `timeout`. Cancel-safe: what would have been told is told by the next call.
    ///
    /// # Errors
    /// When the group refuses this member for good, offsets are out of range or missing without a reset policy,
    /// authorization fails, or a record batch is corrupt. Retriable trouble is retried within.
    pub async fn poll(&mut self, _timeout: Duration) -> Result<Event, ClientError> {
        unimplemented!()
    }

    /// Gives no records of these partitions until resumed. What was fetched of them is kept. A partition that is revoked
    /// forgets that it was paused.
    ///
    /// # Errors
    /// When one of them is not assigned; then none is paused.
    pub fn pause(&mut self, _partitions: &[TopicPartition]) -> Result<(), ClientError> {
        unimplemented!()
    }

    /// Takes up paused partitions again. Those not paused are passed over.
    ///
    /// # Errors
    /// When one of them is not assigned; then none is resumed.
    pub fn resume(&mut self, _partitions: &[TopicPartition]) -> Result<(), ClientError> {
        unimplemented!()
    }

    /// The paused partitions, in order.
    pub fn paused(&self) -> Vec<TopicPartition> {
        unimplemented!()
    }

    /// The partitions this consumer reads, in order.
    pub fn assignment(&self) -> Vec<TopicPartition> {
        unimplemented!()
    }

    /// Goes on at `offset` with the next poll.
    ///
    /// # Errors
    /// When the partition is not assigned or the offset is negative.
    pub fn seek(&mut self, _partition: &TopicPartition, _offset: i64) -> Result<(), ClientError> {
        unimplemented!()
    }

    /// The offset of the next record to be given: the committed one, or where the reset policy begins, before the first.
    ///
    /// # Errors
    /// When the partition is not assigned, or the offset is not known within `default.api.timeout.ms`.
    pub async fn position(&mut self, _partition: &TopicPartition) -> Result<i64, ClientError> {
        unimplemented!()
    }

    /// What the group has committed; `None` where nothing.
    ///
    /// # Errors
    /// When the coordinator does not answer within `default.api.timeout.ms`.
    pub async fn committed(
        &mut self,
        _partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Option<OffsetAndMetadata>>, ClientError> {
        unimplemented!()
    }

    /// Starts a commit and gives its answer as a future. Commits are sent in the order of the calls.
    pub fn commit_async(
        &mut self,
        _offsets: BTreeMap<TopicPartition, OffsetAndMetadata>,
    ) -> CommitHandle {
        unimplemented!()
    }

    /// Commits, retrying what is retriable for `default.api.timeout.ms`.
    ///
    /// # Errors
    /// When the group has moved on without this member, a rebalance is under way that will give the partitions away,
    /// or the time is over.
    pub async fn commit_sync(
        &mut self,
        _offsets: BTreeMap<TopicPartition, OffsetAndMetadata>,
    ) -> Result<(), ClientError> {
        unimplemented!()
    }

    /// Waits for commits under way, leaves the group if `leave` (a static member stays, as in Java), and gives up its
    /// connections. A member that does not leave is noticed by the group after `session.timeout.ms`.
    pub async fn close(self, _leave: bool) {
        unimplemented!()
    }
}
