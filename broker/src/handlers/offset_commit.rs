//! OffsetCommit.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_commit_request::OffsetCommitRequestTopic;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};

use super::Call;
use crate::group::{Committed, Committer};

pub(crate) async fn handle(call: &Call<'_>, request: OffsetCommitRequest) -> OffsetCommitResponse {
    let exists = |topic: &str, partition| {
        call.node
            .topics
            .by_name(topic)
            .is_some_and(|topic| topic.partition(partition).is_some())
    };
    let mut offsets = Vec::new();
    for topic in &request.topics {
        for partition in topic
            .partitions
            .iter()
            .filter(|partition| exists(&topic.name, partition.partition_index))
        {
            let committed = Committed {
                offset: partition.committed_offset,
                leader_epoch: partition.committed_leader_epoch,
                metadata: partition
                    .committed_metadata
                    .as_deref()
                    .unwrap_or_default()
                    .to_owned(),
            };
            offsets.push((
                (topic.name.to_string(), partition.partition_index),
                committed,
            ));
        }
    }
    let who = Committer {
        member_id: &request.member_id,
        instance_id: request.group_instance_id.as_deref(),
        generation: request.generation_id_or_member_epoch,
    };
    let done = match request.group_id.is_empty() {
        true => Err(ResponseError::InvalidGroupId),
        false => call
            .node
            .groups
            .commit(&request.group_id, who, None, offsets),
    };
    answer(&request, |topic, partition| {
        match exists(topic, partition) {
            true => super::code(done),
            false => ResponseError::UnknownTopicOrPartition.code(),
        }
    })
}

pub(crate) fn refuse(request: &OffsetCommitRequest, error: ResponseError) -> OffsetCommitResponse {
    answer(request, |_, _| error.code())
}

fn answer(request: &OffsetCommitRequest, code: impl Fn(&str, i32) -> i16) -> OffsetCommitResponse {
    let topic = |topic: &OffsetCommitRequestTopic| {
        let partition = |index| {
            OffsetCommitResponsePartition::default()
                .with_partition_index(index)
                .with_error_code(code(&topic.name, index))
        };
        let partitions = topic
            .partitions
            .iter()
            .map(|asked| partition(asked.partition_index));
        OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    };
    OffsetCommitResponse::default().with_topics(request.topics.iter().map(topic).collect())
}
