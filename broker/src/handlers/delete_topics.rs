//! DeleteTopics: by name, or from version 6 on by id.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};

use super::{Call, find_topic, text, topic_name};

pub(crate) async fn handle(call: &Call<'_>, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
    let delete = |asked: &DeleteTopicState| {
        let name = asked.name.as_deref().map_or("", |name| name);
        match find_topic(call, name, asked.topic_id) {
            Err(error) => failed(asked, error),
            Ok(topic) => match call.node.delete_topic(&topic) {
                Ok(()) => DeletableTopicResult::default()
                    .with_name(Some(topic_name(&topic.name)))
                    .with_topic_id(topic.id),
                Err(error) => failed(asked, error.answer()),
            },
        }
    };
    let responses = asked(&request).iter().map(delete).collect();
    DeleteTopicsResponse::default().with_responses(responses)
}

pub(crate) fn refuse(request: &DeleteTopicsRequest, error: ResponseError) -> DeleteTopicsResponse {
    let responses = asked(request)
        .iter()
        .map(|asked| failed(asked, error))
        .collect();
    DeleteTopicsResponse::default().with_responses(responses)
}

fn asked(request: &DeleteTopicsRequest) -> Vec<DeleteTopicState> {
    let by_name = |name: &kafka_protocol::messages::TopicName| {
        DeleteTopicState::default().with_name(Some(name.clone()))
    };
    request
        .topics
        .iter()
        .cloned()
        .chain(request.topic_names.iter().map(by_name))
        .collect()
}

fn failed(asked: &DeleteTopicState, error: ResponseError) -> DeletableTopicResult {
    DeletableTopicResult::default()
        .with_name(asked.name.clone())
        .with_topic_id(asked.topic_id)
        .with_error_code(error.code())
        .with_error_message(Some(text(&error.to_string())))
}
