//! Metadata: the node, and the topics asked for; unknown ones are created if that is wanted.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{BrokerId, MetadataRequest, MetadataResponse};
use uuid::Uuid;

use super::{CLUSTER_OPERATIONS, Call, TOPIC_OPERATIONS, operations, text, topic_name};
use crate::node::NODE_ID;
use crate::topics::Topic;

pub(crate) async fn handle(call: &Call<'_>, request: MetadataRequest) -> MetadataResponse {
    let described = |topic: &Topic| describe(topic, request.include_topic_authorized_operations);
    // Version 0 has no null list: an empty one asks for all.
    let asked = request
        .topics
        .as_ref()
        .filter(|topics| call.version > 0 || !topics.is_empty());
    let topics = match asked {
        None => call
            .node
            .topics
            .all()
            .iter()
            .map(|topic| described(topic))
            .collect(),
        Some(asked) => asked
            .iter()
            .map(|asked| match &asked.name {
                Some(name) => match find_or_create(call, name, request.allow_auto_topic_creation) {
                    Ok(topic) => described(&topic),
                    Err(error) => failed(Some(name), Uuid::nil(), error),
                },
                None => match call.node.topics.by_id(asked.topic_id) {
                    Some(topic) => described(&topic),
                    None => failed(None, asked.topic_id, ResponseError::UnknownTopicId),
                },
            })
            .collect(),
    };
    let (host, port) = &call.node.advertised;
    let broker = MetadataResponseBroker::default()
        .with_node_id(BrokerId(NODE_ID))
        .with_host(text(host))
        .with_port(i32::from(*port));
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_cluster_id(Some(text(&call.node.cluster_id)))
        .with_controller_id(BrokerId(NODE_ID))
        .with_topics(topics)
        .with_cluster_authorized_operations(operations(
            request.include_cluster_authorized_operations,
            CLUSTER_OPERATIONS,
        ))
}

pub(crate) fn refuse(request: &MetadataRequest, error: ResponseError) -> MetadataResponse {
    let topics = request.topics.iter().flatten();
    let topics = topics
        .map(|topic| {
            failed(
                topic.name.as_deref().map(|name| &**name),
                topic.topic_id,
                error,
            )
        })
        .collect();
    MetadataResponse::default()
        .with_topics(topics)
        .with_error_code(error.code())
}

fn find_or_create(
    call: &Call<'_>,
    name: &str,
    create: bool,
) -> Result<std::sync::Arc<Topic>, ResponseError> {
    if let Some(topic) = call.node.topics.by_name(name) {
        return Ok(topic);
    }
    if crate::topics::invalid_name(name).is_some() {
        return Err(ResponseError::InvalidTopicException);
    }
    // Before version 4 the request could not say; it meant yes.
    if !call.node.config.auto_create_topics || !(create || call.version < 4) {
        return Err(ResponseError::UnknownTopicOrPartition);
    }
    match call.node.create_topic(name, -1, -1, BTreeMap::new(), false) {
        Ok(_) | Err((ResponseError::TopicAlreadyExists, _)) => {}
        Err((error, _)) => return Err(error),
    }
    call.node
        .topics
        .by_name(name)
        .ok_or(ResponseError::UnknownTopicOrPartition)
}

fn describe(topic: &Topic, with_operations: bool) -> MetadataResponseTopic {
    let partition = |index| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(BrokerId(NODE_ID))
            .with_leader_epoch(0)
            .with_replica_nodes(vec![BrokerId(NODE_ID)])
            .with_isr_nodes(vec![BrokerId(NODE_ID)])
    };
    MetadataResponseTopic::default()
        .with_name(Some(topic_name(&topic.name)))
        .with_topic_id(topic.id)
        .with_partitions((0..topic.partition_count()).map(partition).collect())
        .with_topic_authorized_operations(operations(with_operations, TOPIC_OPERATIONS))
}

fn failed(name: Option<&str>, id: Uuid, error: ResponseError) -> MetadataResponseTopic {
    MetadataResponseTopic::default()
        .with_error_code(error.code())
        // Null is allowed from version 12 on, where a topic can be asked for by its id.
        .with_name(name.map(topic_name))
        .with_topic_id(id)
}
