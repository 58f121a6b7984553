//! CreateTopics.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult,
};
use kafka_protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};

use super::{Call, text};
use crate::node::{Created, TopicError};
use crate::topic_config::{KEYS, TopicConfig};

pub(crate) async fn handle(call: &Call<'_>, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let twice = |name: &str| {
        request
            .topics
            .iter()
            .filter(|topic| **topic.name == *name)
            .count()
            > 1
    };
    let create = |topic: &CreatableTopic| {
        let created = match twice(&topic.name) {
            true => Err((
                ResponseError::InvalidRequest,
                "Duplicate topic name.".to_owned(),
            )),
            false => create(call, topic, request.validate_only),
        };
        answer(topic, created)
    };
    CreateTopicsResponse::default().with_topics(request.topics.iter().map(create).collect())
}

pub(crate) fn refuse(request: &CreateTopicsRequest, error: ResponseError) -> CreateTopicsResponse {
    let failed = |topic: &CreatableTopic| answer(topic, Err((error, error.to_string())));
    CreateTopicsResponse::default().with_topics(request.topics.iter().map(failed).collect())
}

fn create(
    call: &Call<'_>,
    topic: &CreatableTopic,
    validate_only: bool,
) -> Result<Created, TopicError> {
    let mut config = BTreeMap::new();
    for entry in &topic.configs {
        let Some(value) = &entry.value else {
            let why = format!(
                "Null value not supported for topic configs: {}",
                &*entry.name
            );
            return Err((ResponseError::InvalidConfig, why));
        };
        config.insert(entry.name.to_string(), value.to_string());
    }
    let (partitions, replicas) = match topic.assignments.is_empty() {
        true => (topic.num_partitions, topic.replication_factor),
        false => assigned(topic)?,
    };
    call.node
        .create_topic(&topic.name, partitions, replicas, config, validate_only)
}

/// Partitions and replicas of a topic whose creator placed them by hand, on the one node there is.
fn assigned(topic: &CreatableTopic) -> Result<(i32, i16), TopicError> {
    let one = |ids: &[kafka_protocol::messages::BrokerId]| {
        ids.len() == 1 && *ids[0] == crate::node::NODE_ID
    };
    let mut indexes: Vec<i32> = topic
        .assignments
        .iter()
        .map(|assignment| assignment.partition_index)
        .collect();
    indexes.sort_unstable();
    let consecutive = indexes
        .iter()
        .enumerate()
        .all(|(expected, index)| *index == expected as i32);
    if !consecutive
        || !topic
            .assignments
            .iter()
            .all(|assignment| one(&assignment.broker_ids))
    {
        let why = "expected partitions from 0 on, each with the one replica of this single node"
            .to_owned();
        return Err((ResponseError::InvalidReplicaAssignment, why));
    }
    Ok((indexes.len() as i32, 1))
}

fn answer(topic: &CreatableTopic, created: Result<Created, TopicError>) -> CreatableTopicResult {
    let answer = CreatableTopicResult::default().with_name(topic.name.clone());
    match created {
        Ok(created) => answer
            .with_topic_id(created.id)
            .with_num_partitions(created.partitions)
            .with_replication_factor(1)
            .with_configs(Some(configs(&created.config))),
        Err((error, why)) => answer
            .with_error_code(error.code())
            .with_error_message(Some(text(&why)))
            .with_num_partitions(-1)
            .with_replication_factor(-1)
            .with_configs(None),
    }
}

fn configs(config: &TopicConfig) -> Vec<CreatableTopicConfigs> {
    let row = |key: &crate::topic_config::Key| {
        let set = config.set().contains_key(key.name);
        CreatableTopicConfigs::default()
            .with_name(text(key.name))
            .with_value(Some(text(config.value(key))))
            .with_config_source(if set {
                DYNAMIC_TOPIC_CONFIG
            } else {
                DEFAULT_CONFIG
            })
    };
    KEYS.iter().map(row).collect()
}

const DYNAMIC_TOPIC_CONFIG: i8 = 1;
const DEFAULT_CONFIG: i8 = 5;
