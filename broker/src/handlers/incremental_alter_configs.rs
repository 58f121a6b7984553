//! IncrementalAlterConfigs: of topics; the broker's own settings are fixed at its start.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

use super::describe_configs::{BROKER, TOPIC};
use super::{Call, text};
use crate::node::TopicError;
use crate::topic_config::{self, Key, Kind, TopicConfig};

pub(crate) async fn handle(
    call: &Call<'_>,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let alter = |resource: &AlterConfigsResource| {
        let altered = match resource.resource_type {
            TOPIC => alter(call, resource, request.validate_only),
            BROKER => {
                let why =
                    "the embedded broker's own settings cannot be changed while it runs".to_owned();
                Err((ResponseError::InvalidConfig, why))
            }
            other => Err((
                ResponseError::InvalidRequest,
                format!("resource type {other} has no settings here"),
            )),
        };
        answer(resource, altered)
    };
    let responses = request.resources.iter().map(alter).collect();
    IncrementalAlterConfigsResponse::default().with_responses(responses)
}

pub(crate) fn refuse(
    request: &IncrementalAlterConfigsRequest,
    error: ResponseError,
) -> IncrementalAlterConfigsResponse {
    let failed =
        |resource: &AlterConfigsResource| answer(resource, Err((error, error.to_string())));
    IncrementalAlterConfigsResponse::default()
        .with_responses(request.resources.iter().map(failed).collect())
}

fn alter(
    call: &Call<'_>,
    resource: &AlterConfigsResource,
    validate_only: bool,
) -> Result<(), TopicError> {
    let name = &*resource.resource_name;
    let unknown = || {
        (
            ResponseError::UnknownTopicOrPartition,
            format!("The topic '{name}' does not exist."),
        )
    };
    let topic = call.node.topics.by_name(name).ok_or_else(unknown)?;
    let mut set = topic.config().set().clone();
    for change in &resource.configs {
        apply(&mut set, change).map_err(|why| (ResponseError::InvalidConfig, why))?;
    }
    let config = TopicConfig::new(set).map_err(|why| (ResponseError::InvalidConfig, why))?;
    if validate_only {
        return Ok(());
    }
    call.node
        .configure_topic(&topic, config)
        .map_err(crate::node::storage)
}

fn apply(set: &mut BTreeMap<String, String>, change: &AlterableConfig) -> Result<(), String> {
    let name = &*change.name;
    let key =
        topic_config::key(name).ok_or_else(|| format!("Unknown topic config name: {name}"))?;
    let value = || {
        change
            .value
            .as_deref()
            .ok_or_else(|| format!("Null value not supported for : {name}"))
    };
    match change.config_operation {
        SET => drop(set.insert(name.to_owned(), value()?.to_owned())),
        DELETE => drop(set.remove(name)),
        operation @ (APPEND | SUBTRACT) => {
            if key.kind != Kind::List {
                let verb = if operation == APPEND {
                    "APPEND"
                } else {
                    "SUBTRACT"
                };
                return Err(format!(
                    "Can't {verb} to key {name} because its type is not LIST."
                ));
            }
            let changed = listed(set, key, value()?, operation == APPEND);
            set.insert(name.to_owned(), changed);
        }
        other => return Err(format!("Unknown operation type {other}")),
    }
    Ok(())
}

/// The words of a list with some more, or some fewer.
fn listed(set: &BTreeMap<String, String>, key: &Key, changed: &str, append: bool) -> String {
    let now = set.get(key.name).map_or(key.default, String::as_str);
    let split = |text: &str| -> Vec<String> {
        text.split(',')
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let (mut now, changed) = (split(now), split(changed));
    if append {
        for word in changed {
            if !now.contains(&word) {
                now.push(word);
            }
        }
    } else {
        now.retain(|word| !changed.contains(word));
    }
    now.join(",")
}

fn answer(
    resource: &AlterConfigsResource,
    altered: Result<(), TopicError>,
) -> AlterConfigsResourceResponse {
    let answer = AlterConfigsResourceResponse::default()
        .with_resource_type(resource.resource_type)
        .with_resource_name(resource.resource_name.clone());
    match altered {
        Ok(()) => answer.with_error_message(None),
        Err((error, why)) => answer
            .with_error_code(error.code())
            .with_error_message(Some(text(&why))),
    }
}

/// What is done to a key.
const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;
