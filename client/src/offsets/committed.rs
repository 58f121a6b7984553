//! Reading a group's offsets.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{GroupId, OffsetFetchRequest, OffsetFetchResponse};
use kafka_protocol::protocol::StrBytes;
use windlass_wire::ErrorCode;

use super::commit::coordinator_is_gone;
use super::{PerPartition, by_topic, epoch, topic_name};
use crate::cluster::{Call, Cluster};
use crate::error::ClientError;
use crate::group::coordinator_of;
use crate::{OffsetAndMetadata, TopicPartition};

/// What the group has committed; `None` where nothing. With `stable` the broker tells no offset that a transaction under
/// way is about to change (KIP-447).
///
/// # Errors
/// The group's failure, or the first partition's.
pub(crate) async fn committed(
    cluster: &Cluster,
    call: Call,
    group_id: &str,
    partitions: &[TopicPartition],
    stable: bool,
) -> Result<BTreeMap<TopicPartition, Option<OffsetAndMetadata>>, ClientError> {
    if partitions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let coordinator = coordinator_of(group_id);
    let node = cluster.coordinator(&coordinator).await?;
    let answer = cluster
        .send_with::<OffsetFetchRequest, _>(call, node, |version| {
            request(group_id, partitions, stable, version)
        })
        .await
        .and_then(|(version, answer)| told(group_id, &answer, version));
    if answer.as_ref().is_err_and(coordinator_is_gone) {
        cluster.coordinator_lost(&coordinator, node);
    }
    let mut found = BTreeMap::new();
    for (tp, offset) in answer? {
        let what = || format!("offset of {tp} for group \"{group_id}\"");
        let offset = offset.map_err(|code| ClientError::broker(what(), code))?;
        found.insert(tp, offset);
    }
    Ok(found)
}

fn request(
    group_id: &str,
    partitions: &[TopicPartition],
    stable: bool,
    version: i16,
) -> OffsetFetchRequest {
    let group = GroupId(StrBytes::from_string(group_id.to_owned()));
    let topics = by_topic(partitions.iter().map(|tp| (tp, ())));
    let topics = topics.into_iter().map(|(topic, list)| {
        (
            topic_name(topic),
            list.into_iter()
                .map(|(number, ())| number)
                .collect::<Vec<i32>>(),
        )
    });
    let request = OffsetFetchRequest::default().with_require_stable(stable && version >= 7);
    if version >= 8 {
        let topic = |(name, numbers)| {
            OffsetFetchRequestTopics::default()
                .with_name(name)
                .with_partition_indexes(numbers)
        };
        let mut asked = OffsetFetchRequestGroup::default()
            .with_group_id(group)
            .with_topics(Some(topics.map(topic).collect()));
        if version >= 9 {
            asked = asked.with_member_epoch(-1);
        }
        return request.with_groups(vec![asked]);
    }
    let topic = |(name, numbers)| {
        OffsetFetchRequestTopic::default()
            .with_name(name)
            .with_partition_indexes(numbers)
    };
    request
        .with_group_id(group)
        .with_topics(Some(topics.map(topic).collect()))
}

fn told(
    group_id: &str,
    answer: &OffsetFetchResponse,
    version: i16,
) -> Result<PerPartition<Option<OffsetAndMetadata>>, ClientError> {
    let group = answer.groups.first().filter(|_| version >= 8);
    let code = group.map_or(answer.error_code, |g| g.error_code);
    if let Some(code) = ErrorCode::new(code) {
        return Err(ClientError::broker(
            format!("offsets of group \"{group_id}\""),
            code,
        ));
    }
    let mut found = PerPartition::new();
    let mut tell = |topic: &Arc<str>,
                    partition,
                    code,
                    offset: i64,
                    leader_epoch,
                    metadata: &Option<StrBytes>| {
        let offset = ErrorCode::check(code).map(|()| {
            (offset >= 0).then(|| OffsetAndMetadata {
                offset,
                leader_epoch: epoch(leader_epoch),
                metadata: metadata.as_ref().map(|m| m.to_string()).unwrap_or_default(),
            })
        });
        found.insert(TopicPartition::new(topic.clone(), partition), offset);
    };
    match group {
        Some(group) => {
            for topic in &group.topics {
                let name = Arc::from(topic.name.as_str());
                for p in &topic.partitions {
                    tell(
                        &name,
                        p.partition_index,
                        p.error_code,
                        p.committed_offset,
                        p.committed_leader_epoch,
                        &p.metadata,
                    );
                }
            }
        }
        None => {
            for topic in &answer.topics {
                let name = Arc::from(topic.name.as_str());
                for p in &topic.partitions {
                    tell(
                        &name,
                        p.partition_index,
                        p.error_code,
                        p.committed_offset,
                        p.committed_leader_epoch,
                        &p.metadata,
                    );
                }
            }
        }
    }
    Ok(found)
}
