//! TxnOffsetCommit: offsets laid aside until the producer's transaction is decided.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::txn_offset_commit_request::TxnOffsetCommitRequestTopic;
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};

use super::Call;
use crate::group::{Committed, Committer};
use crate::transactions::ProducerEpoch;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: TxnOffsetCommitRequest,
) -> TxnOffsetCommitResponse {
    let done = commit(call, &request);
    answer(&request, super::code(done))
}

pub(crate) fn refuse(
    request: &TxnOffsetCommitRequest,
    error: ResponseError,
) -> TxnOffsetCommitResponse {
    answer(request, error.code())
}

fn commit(call: &Call<'_>, request: &TxnOffsetCommitRequest) -> Result<(), ResponseError> {
    let producer = ProducerEpoch {
        id: *request.producer_id,
        epoch: request.producer_epoch,
    };
    call.node
        .transactions
        .may_commit(&request.transactional_id, producer, &request.group_id)?;
    let mut offsets = Vec::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
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
        generation: request.generation_id,
    };
    call.node
        .groups
        .commit(&request.group_id, who, Some(producer.id), offsets)
}

fn answer(request: &TxnOffsetCommitRequest, code: i16) -> TxnOffsetCommitResponse {
    let topic = |topic: &TxnOffsetCommitRequestTopic| {
        let partition = |index| {
            TxnOffsetCommitResponsePartition::default()
                .with_partition_index(index)
                .with_error_code(code)
        };
        let partitions = topic
            .partitions
            .iter()
            .map(|asked| partition(asked.partition_index));
        TxnOffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    };
    TxnOffsetCommitResponse::default().with_topics(request.topics.iter().map(topic).collect())
}
