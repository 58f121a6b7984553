//! CreatePartitions.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};

use super::{Call, text};
use crate::node::TopicError;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: CreatePartitionsRequest,
) -> CreatePartitionsResponse {
    let grow = |asked: &CreatePartitionsTopic| {
        let grown = match call.node.topics.by_name(&asked.name) {
            Some(topic) => call
                .node
                .grow_topic(&topic, asked.count, request.validate_only),
            None => {
                let error = ResponseError::UnknownTopicOrPartition;
                Err((
                    error,
                    "This server does not host this topic-partition.".to_owned(),
                ))
            }
        };
        answer(asked, grown)
    };
    CreatePartitionsResponse::default().with_results(request.topics.iter().map(grow).collect())
}

pub(crate) fn refuse(
    request: &CreatePartitionsRequest,
    error: ResponseError,
) -> CreatePartitionsResponse {
    let failed = |asked: &CreatePartitionsTopic| answer(asked, Err((error, error.to_string())));
    CreatePartitionsResponse::default().with_results(request.topics.iter().map(failed).collect())
}

fn answer(
    asked: &CreatePartitionsTopic,
    grown: Result<(), TopicError>,
) -> CreatePartitionsTopicResult {
    let answer = CreatePartitionsTopicResult::default().with_name(asked.name.clone());
    match grown {
        Ok(()) => answer.with_error_message(None),
        Err((error, why)) => answer
            .with_error_code(error.code())
            .with_error_message(Some(text(&why))),
    }
}
