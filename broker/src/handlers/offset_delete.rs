//! OffsetDelete: a group forgets what it committed.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_delete_request::OffsetDeleteRequestTopic;
use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};

use super::Call;
use crate::group::TopicPartition;

pub(crate) async fn handle(call: &Call<'_>, request: OffsetDeleteRequest) -> OffsetDeleteResponse {
    let groups = &call.node.groups;
    let busy = groups.with(&request.group_id, |held| !held.group.is_deserted());
    let Some(busy) = busy else {
        return refuse(&request, ResponseError::GroupIdNotFound);
    };
    let mut done = Vec::new();
    for topic in &request.topics {
        done.extend(
            topic
                .partitions
                .iter()
                .map(|one| -> TopicPartition { (topic.name.to_string(), one.partition_index) }),
        );
    }
    if !busy && let Err(error) = call.node.store.delete_offsets(&request.group_id, &done) {
        return refuse(&request, error.answer());
    }
    // Members could be following any topic: while there are some, nothing is forgotten.
    let code = if busy {
        ResponseError::GroupSubscribedToTopic.code()
    } else {
        0
    };
    if !busy {
        groups.with(&request.group_id, |held| {
            for at in &done {
                held.offsets.delete(at);
            }
        });
    }
    let topic = |topic: &OffsetDeleteRequestTopic| {
        let partition = |index| {
            OffsetDeleteResponsePartition::default()
                .with_partition_index(index)
                .with_error_code(code)
        };
        OffsetDeleteResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(
                topic
                    .partitions
                    .iter()
                    .map(|one| partition(one.partition_index))
                    .collect(),
            )
    };
    OffsetDeleteResponse::default().with_topics(request.topics.iter().map(topic).collect())
}

pub(crate) fn refuse(_request: &OffsetDeleteRequest, error: ResponseError) -> OffsetDeleteResponse {
    OffsetDeleteResponse::default().with_error_code(error.code())
}
