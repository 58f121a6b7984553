//! A group's offsets as a part of a transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::{
    GroupId, ProducerId, TransactionalId, TxnOffsetCommitRequest, TxnOffsetCommitResponse,
};
use kafka_protocol::protocol::StrBytes;
use windlass_wire::ErrorCode;

use crate::offsets::{by_topic, topic_name};
use crate::producer::queue::Identity;
use crate::{OffsetAndMetadata, TopicPartition};

/// In whose name offsets are stored with a transaction (KIP-447).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// The group.
    pub group_id: Arc<str>,
    /// Generation and member id of the consumer that read; `None` when it is no member, and then nothing fences it.
    pub member: Option<(i32, Arc<str>)>,
    /// Its `group.instance.id`.
    pub instance_id: Option<Arc<str>>,
}

pub(super) fn request(
    id: TransactionalId,
    who: Identity,
    member: &GroupMember,
    offsets: &BTreeMap<TopicPartition, OffsetAndMetadata>,
    version: i16,
) -> TxnOffsetCommitRequest {
    let text = |text: &str| StrBytes::from_string(text.to_owned());
    let topics = by_topic(offsets).into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter().map(|(number, offset)| {
            let epoch = offset.leader_epoch.filter(|_| version >= 2);
            TxnOffsetCommitRequestPartition::default()
                .with_partition_index(number)
                .with_committed_offset(offset.offset)
                .with_committed_leader_epoch(epoch.unwrap_or(-1))
                .with_committed_metadata(Some(text(&offset.metadata)))
        });
        TxnOffsetCommitRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(partitions.collect())
    });
    let request = TxnOffsetCommitRequest::default()
        .with_transactional_id(id)
        .with_group_id(GroupId(text(&member.group_id)))
        .with_producer_id(ProducerId(who.id))
        .with_producer_epoch(who.epoch)
        .with_topics(topics.collect());
    let Some((generation, id)) = member.member.as_ref().filter(|_| version >= 3) else {
        return request;
    };
    request
        .with_generation_id(*generation)
        .with_member_id(text(id))
        .with_group_instance_id(member.instance_id.as_deref().map(text))
}

/// The first partition's failure; what no retry helps is told before what one may.
pub(super) fn code(answer: &TxnOffsetCommitResponse) -> i16 {
    let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
    partitions
        .filter_map(|partition| ErrorCode::new(partition.error_code))
        .min_by_key(|code| code.is_retriable())
        .map_or(0, ErrorCode::code)
}
