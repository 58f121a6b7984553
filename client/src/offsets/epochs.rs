//! Where leader epochs end: how a reader tells that the log was truncated under it (KIP-320).

use std::sync::Arc;

use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::{BrokerId, OffsetForLeaderEpochRequest};
use windlass_wire::ErrorCode;

use super::{PerPartition, by_topic, epoch, topic_name};
use crate::TopicPartition;
use crate::cluster::{Call, Cluster};
use crate::error::ClientError;
use crate::metadata::NodeId;

/// The largest epoch not above the one asked for, and where it ends; `None`s when the broker knows none such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EpochEnd {
    pub(crate) epoch: Option<i32>,
    pub(crate) end_offset: Option<i64>,
}

/// Asks a leader. `partitions` come with the leader epoch of our metadata and the epoch of the last record read.
///
/// # Errors
/// When the broker does not answer. Failures of single partitions are in the answer.
pub(crate) async fn epoch_ends(
    cluster: &Cluster,
    call: Call,
    node: NodeId,
    partitions: &[(TopicPartition, i32, i32)],
) -> Result<PerPartition<EpochEnd>, ClientError> {
    let topics = by_topic(
        partitions
            .iter()
            .map(|(tp, current, read)| (tp, (*current, *read))),
    );
    let topics = topics.into_iter().map(|(topic, list)| {
        let partitions = list.into_iter().map(|(number, (current, read))| {
            OffsetForLeaderPartition::default()
                .with_partition(number)
                .with_current_leader_epoch(current)
                .with_leader_epoch(read)
        });
        OffsetForLeaderTopic::default()
            .with_topic(topic_name(topic))
            .with_partitions(partitions.collect())
    });
    let topics: Vec<_> = topics.collect();
    let build = |version: i16| {
        let request = OffsetForLeaderEpochRequest::default().with_topics(topics);
        if version >= 3 {
            request.with_replica_id(BrokerId(-1))
        } else {
            request
        }
    };
    let (_, answer) = cluster
        .send_with::<OffsetForLeaderEpochRequest, _>(call, node, build)
        .await?;
    let mut found = PerPartition::new();
    for topic in &answer.topics {
        let name: Arc<str> = Arc::from(topic.topic.as_str());
        for p in &topic.partitions {
            let end = ErrorCode::check(p.error_code).map(|()| EpochEnd {
                epoch: epoch(p.leader_epoch),
                end_offset: (p.end_offset >= 0).then_some(p.end_offset),
            });
            found.insert(TopicPartition::new(name.clone(), p.partition), end);
        }
    }
    Ok(found)
}
