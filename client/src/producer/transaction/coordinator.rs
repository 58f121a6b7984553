//! What a transactional producer asks coordinators for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::error::ResponseError as Code;
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, EndTxnRequest, GroupId,
    InitProducerIdRequest, ProducerId, TopicName, TransactionalId, TxnOffsetCommitRequest,
};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;
use windlass_wire::{ErrorCode, Request};

use super::offsets::{self, GroupMember};
use crate::cluster::{Call, Cluster, Coordinator, Lane};
use crate::error::ClientError;
use crate::producer::queue::Identity;
use crate::{OffsetAndMetadata, TopicPartition};

/// The coordinator of one transactional id. Requests are repeated while what fails may pass.
#[derive(Debug, Clone)]
pub(crate) struct TransactionCoordinator {
    pub(crate) cluster: Cluster,
    pub(crate) lane: Lane,
    pub(crate) id: Arc<str>,
    /// How long one call may take, `max.block.ms`.
    pub(crate) limit: Duration,
}

/// What was answered, and whether an attempt before it was sent and not answered: it may still arrive.
#[derive(Debug)]
pub(crate) struct Asked<T> {
    pub(crate) answer: Result<T, ClientError>,
    pub(crate) lost: bool,
}

impl<T> Asked<T> {
    fn map<U>(self, with: impl FnOnce(T) -> U) -> Asked<U> {
        Asked {
            answer: self.answer.map(with),
            lost: self.lost,
        }
    }
}

impl TransactionCoordinator {
    /// Takes the transactional id over: whoever had it is fenced, what they left open is aborted. With `current` only its
    /// epoch is raised, unless somebody else took it over (KIP-360).
    pub(crate) async fn init(
        &self,
        timeout_ms: i32,
        current: Option<Identity>,
    ) -> Result<Identity, ClientError> {
        let (id, epoch) = current.map_or((-1, -1), |current| (current.id, current.epoch));
        let what = format!("initialising transactional id \"{}\"", self.id);
        let build = |version: i16| {
            let request = InitProducerIdRequest::default()
                .with_transactional_id(Some(self.id()))
                .with_transaction_timeout_ms(timeout_ms);
            if version < 3 {
                return request;
            }
            request
                .with_producer_id(ProducerId(id))
                .with_producer_epoch(epoch)
        };
        let least = if current.is_some() { 3 } else { 0 };
        let asked = self
            .ask::<InitProducerIdRequest>(&what, least.., build, |answer| answer.error_code)
            .await;
        asked.answer.map(|answer| Identity {
            id: answer.producer_id.0,
            epoch: answer.producer_epoch,
        })
    }

    /// The cluster's `transaction.version`.
    pub(crate) async fn transaction_version(&self) -> Result<i16, ClientError> {
        let what = format!("looking up the transaction version for \"{}\"", self.id);
        let coordinator = self.coordinator();
        self.cluster
            .retry(&what, self.limit, || async {
                let node = self.cluster.coordinator(&coordinator).await?;
                let connection = self.cluster.connection(self.lane, node).await;
                if connection.is_err() {
                    self.cluster.coordinator_lost(&coordinator, node);
                }
                Ok(connection?.transaction_version())
            })
            .await
    }

    /// Takes partitions into the transaction, which begins with the first.
    pub(crate) async fn add_partitions(
        &self,
        who: Identity,
        partitions: &[(Arc<str>, i32)],
    ) -> Asked<()> {
        let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for (topic, partition) in partitions {
            topics.entry(topic).or_default().push(*partition);
        }
        let topics = topics.into_iter().map(|(name, partitions)| {
            AddPartitionsToTxnTopic::default()
                .with_name(TopicName(text(name)))
                .with_partitions(partitions)
        });
        let request = AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(self.id())
            .with_v3_and_below_producer_id(ProducerId(who.id))
            .with_v3_and_below_producer_epoch(who.epoch)
            .with_v3_and_below_topics(topics.collect());
        let what = format!("adding partitions to the transaction of \"{}\"", self.id);
        let build = |_| request.clone();
        self.ask::<AddPartitionsToTxnRequest>(&what, 0..=3, build, |answer| {
            let codes = answer
                .results_by_topic_v3_and_below
                .iter()
                .flat_map(|topic| &topic.results_by_partition)
                .map(|partition| partition.partition_error_code)
                .filter(|code| *code != 0);
            // Others were not looked at because of one: that one tells why.
            codes
                .min_by_key(|code| *code == Code::OperationNotAttempted.code())
                .unwrap_or(0)
        })
        .await
        .map(drop)
    }

    /// Commits or aborts. Answers the identity for the next transaction, where the cluster gives each its own.
    pub(crate) async fn end(
        &self,
        who: Identity,
        commit: bool,
        version2: bool,
    ) -> Asked<Option<Identity>> {
        let verb = if commit { "committing" } else { "aborting" };
        let what = format!("{verb} the transaction of \"{}\"", self.id);
        let request = EndTxnRequest::default()
            .with_transactional_id(self.id())
            .with_producer_id(ProducerId(who.id))
            .with_producer_epoch(who.epoch)
            .with_committed(commit);
        let versions = if version2 { 5..=i16::MAX } else { 0..=4 };
        let build = |_| request.clone();
        let asked = self
            .ask::<EndTxnRequest>(&what, versions, build, |answer| answer.error_code)
            .await;
        asked.map(|answer| {
            version2.then_some(Identity {
                id: answer.producer_id.0,
                epoch: answer.producer_epoch,
            })
        })
    }

    /// Takes the offsets of a group into the transaction.
    pub(crate) async fn add_group(&self, who: Identity, group: &str) -> Asked<()> {
        let what = format!(
            "adding group \"{group}\" to the transaction of \"{}\"",
            self.id
        );
        let request = AddOffsetsToTxnRequest::default()
            .with_transactional_id(self.id())
            .with_producer_id(ProducerId(who.id))
            .with_producer_epoch(who.epoch)
            .with_group_id(GroupId(text(group)));
        let build = |_| request.clone();
        self.ask::<AddOffsetsToTxnRequest>(&what, 0.., build, |answer| answer.error_code)
            .await
            .map(drop)
    }

    /// Stores offsets of a group with the transaction, at the group's coordinator.
    pub(crate) async fn commit_offsets(
        &self,
        who: Identity,
        member: &GroupMember,
        stored: &BTreeMap<TopicPartition, OffsetAndMetadata>,
        version2: bool,
    ) -> Asked<()> {
        let what = format!(
            "storing offsets of group \"{}\" with the transaction of \"{}\"",
            member.group_id, self.id
        );
        let versions = if version2 { 5..=i16::MAX } else { 0..=4 };
        let build = |version| offsets::request(self.id(), who, member, stored, version);
        let of = Coordinator::Group(Arc::clone(&member.group_id));
        self.ask_at::<TxnOffsetCommitRequest>(&of, &what, versions, build, offsets::code)
            .await
            .map(drop)
    }

    async fn ask<R: Request>(
        &self,
        what: &str,
        versions: impl std::ops::RangeBounds<i16>,
        build: impl Fn(i16) -> R,
        code: impl Fn(&R::Response) -> i16,
    ) -> Asked<R::Response> {
        self.ask_at(&self.coordinator(), what, versions, build, code)
            .await
    }

    async fn ask_at<R: Request>(
        &self,
        of: &Coordinator,
        what: &str,
        versions: impl std::ops::RangeBounds<i16>,
        build: impl Fn(i16) -> R,
        code: impl Fn(&R::Response) -> i16,
    ) -> Asked<R::Response> {
        let started = Instant::now();
        let (mut backoff, mut rng) = (self.cluster.backoff(), self.cluster.rng());
        let (mut lost, mut busy) = (false, BUSY_PAUSE);
        loop {
            let error = match self.attempt(of, what, &versions, &build, &mut lost).await {
                Ok(answer) => match ErrorCode::check(code(&answer)) {
                    Ok(()) => {
                        let answer = Ok(answer);
                        return Asked { answer, lost };
                    }
                    Err(code) => ClientError::broker(what, as_java(code)),
                },
                Err(error) => error,
            };
            let pause = if error.code().is_some_and(is_busy) {
                let pause = busy;
                busy = (busy * 2).min(LONGEST_BUSY_PAUSE);
                pause
            } else {
                backoff.next(&mut rng)
            };
            if error.code().is_some_and(moved)
                && let Some(node) = self.cluster.known_coordinator(of)
            {
                self.cluster.coordinator_lost(of, node);
            }
            let over = started.elapsed().saturating_add(pause) >= self.limit;
            if !error.is_retriable() || over {
                let answer = Err(error);
                return Asked { answer, lost };
            }
            tracing::debug!("{what}: {error}; trying again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt<R: Request>(
        &self,
        of: &Coordinator,
        what: &str,
        versions: &impl std::ops::RangeBounds<i16>,
        build: &impl Fn(i16) -> R,
        lost: &mut bool,
    ) -> Result<R::Response, ClientError> {
        let node = self.cluster.coordinator(of).await?;
        let connection = self.cluster.connection(self.lane, node).await;
        if connection.is_err() {
            self.cluster.coordinator_lost(of, node);
        }
        let max = match versions.end_bound() {
            std::ops::Bound::Included(max) => *max,
            _ => i16::MAX,
        };
        let version = connection?.version::<R>(max)?;
        if !versions.contains(&version) {
            return Err(ClientError::Unsupported {
                peer: format!("broker {node}").into(),
                what: format!("{what}: version {version} of the request is too old"),
            });
        }
        let call = Call::from(self.lane).max_version(max);
        let sent = self.cluster.send_with::<R, R>(call, node, build).await;
        if sent.is_err() {
            *lost = true;
            self.cluster.coordinator_lost(of, node);
        }
        sent.map(|(_, answer)| answer)
    }

    fn coordinator(&self) -> Coordinator {
        Coordinator::Transaction(Arc::clone(&self.id))
    }

    fn id(&self) -> TransactionalId {
        TransactionalId(text(&self.id))
    }
}

/// Coordinators of old say that the epoch is invalid where newer ones say that the producer is fenced; leaders of
/// partitions mean something else by the former (KIP-588).
fn as_java(code: ErrorCode) -> ErrorCode {
    match code.kind() {
        Code::InvalidProducerEpoch => Code::ProducerFenced.into(),
        _ => code,
    }
}

/// The transaction before this one is being ended, which takes milliseconds.
fn is_busy(code: ErrorCode) -> bool {
    code == Code::ConcurrentTransactions
}

fn moved(code: ErrorCode) -> bool {
    matches!(
        code.kind(),
        Code::NotCoordinator | Code::CoordinatorNotAvailable
    )
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

const BUSY_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_BUSY_PAUSE: Duration = Duration::from_millis(100);
