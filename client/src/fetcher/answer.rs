//! What a Fetch answer means.

use std::time::Duration;

use kafka_protocol::error::ResponseError as E;
use kafka_protocol::messages::FetchResponse;
use kafka_protocol::messages::fetch_response::PartitionData;
use tokio::time::Instant;
use windlass_wire::ErrorCode;
use windlass_wire::batch::Batches;

use super::Fetcher;
use super::aborted::AbortedFilter;
use super::chunk::Chunk;
use super::partition::Stage;
use crate::TopicPartition;
use crate::config::{IsolationLevel, OffsetReset};
use crate::error::ClientError;
use crate::metadata::NodeId;

type Asked = (TopicPartition, u64, i64);

impl Fetcher {
    pub(super) fn on_fetched(
        &mut self,
        node: NodeId,
        asked: &[Asked],
        answer: Result<FetchResponse, ClientError>,
        now: Instant,
    ) {
        let Some(broker) = self.brokers.get_mut(&node) else {
            return;
        };
        broker.under_way = None;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(node, "fetch failed: {error}");
                broker.session.failed();
                broker.not_before = Some(now + broker.backoff.next(&mut self.rng));
                self.stale_metadata = true;
                if !error.is_retriable() {
                    self.fail(error);
                }
                return;
            }
        };
        if let Some(code) = ErrorCode::new(answer.error_code) {
            match code.kind() {
                E::FetchSessionIdNotFound => broker.session.unknown(),
                _ => broker.session.failed(),
            }
            tracing::debug!(node, "fetch session ended: {code}");
            if !matches!(
                code.kind(),
                E::FetchSessionIdNotFound | E::InvalidFetchSessionEpoch
            ) {
                broker.not_before = Some(now + broker.backoff.next(&mut self.rng));
            }
            return;
        }
        broker.session.answered(answer.session_id);
        broker.backoff.reset();
        for topic in answer.responses {
            for data in topic.partitions {
                let of = |a: &&Asked| {
                    *a.0.topic == *topic.topic.0 && a.0.partition == data.partition_index
                };
                if let Some(asked) = asked.iter().find(of) {
                    self.on_partition(node, asked, data, now);
                }
            }
        }
    }

    fn on_partition(
        &mut self,
        node: NodeId,
        (tp, incarnation, offset): &Asked,
        data: PartitionData,
        now: Instant,
    ) {
        let Some(partition) = self.partitions.get_mut(tp) else {
            return;
        };
        let reading_on = partition
            .position()
            .is_some_and(|p| p.fetch_from == *offset);
        if partition.incarnation != *incarnation || !reading_on {
            return;
        }
        if let Some(code) = ErrorCode::new(data.error_code) {
            self.on_error(node, tp, *offset, code, now);
            return;
        }
        if data.preferred_read_replica.0 >= 0 {
            let until = now + self.cluster.config().metadata_max_age;
            partition.preferred = Some((data.preferred_read_replica.0, until));
        }
        let committed = self.config.isolation == IsolationLevel::ReadCommitted;
        let end = if committed {
            data.last_stable_offset
        } else {
            data.high_watermark
        };
        partition.log_end = Some(end).filter(|end| *end >= 0);
        let filter = (self.config.isolation == IsolationLevel::ReadCommitted).then(|| {
            let aborted = data.aborted_transactions.unwrap_or_default();
            AbortedFilter::new(
                aborted
                    .iter()
                    .map(|t| (t.first_offset, t.producer_id.0))
                    .collect(),
            )
        });
        let Some(records) = data.records.filter(|r| !r.is_empty()) else {
            return;
        };
        match Chunk::new(
            tp.clone(),
            *incarnation,
            *offset,
            Batches::new(records),
            filter,
        ) {
            Ok(Some(chunk)) => {
                if let Stage::At(position) = &mut partition.stage {
                    position.fetch_from = chunk.end;
                }
                partition.chunks += 1;
                self.buffered += chunk.size;
                self.chunks.push_back(chunk);
            }
            Ok(None) => {}
            Err(error) => {
                partition.not_before = Some(now + CORRUPT_WAIT);
                self.fail(error);
            }
        }
    }

    fn on_error(
        &mut self,
        node: NodeId,
        tp: &TopicPartition,
        offset: i64,
        code: ErrorCode,
        now: Instant,
    ) {
        let wait = self.backoff.next(&mut self.rng);
        self.backoff.reset();
        let Some(partition) = self.partitions.get_mut(tp) else {
            return;
        };
        partition.not_before = Some(now + wait);
        match code.kind() {
            E::OffsetOutOfRange => {
                // A follower may lag behind; the leader decides.
                if partition
                    .preferred
                    .take_if(|(preferred, _)| *preferred == node)
                    .is_none()
                    && partition.chunks == 0
                {
                    self.out_of_range(tp, offset);
                }
            }
            E::NotLeaderOrFollower
            | E::ReplicaNotAvailable
            | E::KafkaStorageError
            | E::FencedLeaderEpoch
            | E::OffsetNotAvailable
            | E::UnknownTopicOrPartition
            | E::UnknownTopicId
            | E::InconsistentTopicId
            | E::LeaderNotAvailable => {
                partition.preferred = None;
                self.stale_metadata = true;
            }
            E::UnknownLeaderEpoch => {}
            E::UnknownServerError => tracing::warn!(
                topic = &*tp.topic,
                partition = tp.partition,
                "fetch failed: {code}"
            ),
            _ if code.is_retriable() => {}
            _ => self.fail(ClientError::broker(format!("fetching {tp}@{offset}"), code)),
        }
    }

    fn out_of_range(&mut self, tp: &TopicPartition, offset: i64) {
        let (topic, partition) = (&*tp.topic, tp.partition);
        match self.config.offset_reset {
            OffsetReset::None => {
                let what = format!("fetching {tp}@{offset} without a reset policy");
                self.fail(ClientError::broker(what, E::OffsetOutOfRange.into()));
            }
            reset => {
                tracing::info!(
                    topic,
                    partition,
                    "offset {offset} is out of range; resetting to {reset:?}"
                );
                self.restart(tp, Stage::Reset(reset));
            }
        }
    }
}

/// Before bytes that could not be read are asked for again.
const CORRUPT_WAIT: Duration = Duration::from_secs(1);
