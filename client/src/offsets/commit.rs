//! Storing a group's offsets.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError as E;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::{GroupId, OffsetCommitRequest, OffsetCommitResponse};
use kafka_protocol::protocol::StrBytes;
use windlass_wire::ErrorCode;

use super::{by_topic, topic_name};
use crate::cluster::{Call, Cluster};
use crate::error::ClientError;
use crate::group::coordinator_of;
use crate::{OffsetAndMetadata, TopicPartition};

/// In whose name offsets are committed.
#[derive(Clone, Debug)]
pub(crate) struct Committer {
    pub(crate) group_id: String,
    pub(crate) instance_id: Option<String>,
    /// Generation and member id; `None` outside of a group's membership.
    pub(crate) member: Option<(i32, String)>,
}

/// Commits once.
///
/// # Errors
/// The first partition's failure; retriable ones are worth another attempt, all others tell that the commit is lost.
pub(crate) async fn commit(
    cluster: &Cluster,
    call: Call,
    who: &Committer,
    offsets: &BTreeMap<TopicPartition, OffsetAndMetadata>,
) -> Result<(), ClientError> {
    if offsets.is_empty() {
        return Ok(());
    }
    let coordinator = coordinator_of(&who.group_id);
    let node = cluster.coordinator(&coordinator).await?;
    let answer = cluster
        .send_with::<OffsetCommitRequest, _>(call, node, |version| request(who, offsets, version))
        .await
        .map(|(_, answer)| answer)
        .and_then(|answer| failure(&who.group_id, &answer).map_or(Ok(()), Err));
    if answer.as_ref().is_err_and(coordinator_is_gone) {
        cluster.coordinator_lost(&coordinator, node);
    }
    answer
}

/// Whether the failure says that the coordinator is to be looked for again.
pub(super) fn coordinator_is_gone(error: &ClientError) -> bool {
    match error {
        ClientError::Broker { code, .. } => {
            matches!(
                code.kind(),
                E::NotCoordinator | E::CoordinatorNotAvailable | E::RequestTimedOut
            )
        }
        _ => true,
    }
}

fn failure(group: &str, answer: &OffsetCommitResponse) -> Option<ClientError> {
    let partitions = answer
        .topics
        .iter()
        .flat_map(|t| t.partitions.iter().map(move |p| (t, p)));
    partitions
        .filter_map(|(topic, partition)| {
            let code = ErrorCode::new(partition.error_code)?;
            let what = format!(
                "committing {}-{} for group \"{group}\"",
                topic.name.as_str(),
                partition.partition_index
            );
            Some(ClientError::broker(what, code))
        })
        // What no retry helps is told before what one may.
        .min_by_key(ClientError::is_retriable)
}

fn request(
    who: &Committer,
    offsets: &BTreeMap<TopicPartition, OffsetAndMetadata>,
    version: i16,
) -> OffsetCommitRequest {
    let topics = by_topic(offsets).into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter().map(|(number, offset)| {
            let partition = OffsetCommitRequestPartition::default()
                .with_partition_index(number)
                .with_committed_offset(offset.offset)
                .with_committed_metadata(Some(StrBytes::from_string(offset.metadata.clone())));
            let epoch = if version >= 6 {
                offset.leader_epoch.unwrap_or(-1)
            } else {
                -1
            };
            partition.with_committed_leader_epoch(epoch)
        });
        OffsetCommitRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(partitions.collect())
    });
    let (generation, member_id) = who.member.clone().unwrap_or((-1, String::new()));
    let request = OffsetCommitRequest::default()
        .with_group_id(GroupId(StrBytes::from_string(who.group_id.clone())))
        .with_generation_id_or_member_epoch(generation)
        .with_member_id(StrBytes::from_string(member_id))
        .with_topics(topics.collect());
    let instance = who
        .instance_id
        .clone()
        .filter(|_| version >= 7 && who.member.is_some());
    request.with_group_instance_id(instance.map(StrBytes::from_string))
}
