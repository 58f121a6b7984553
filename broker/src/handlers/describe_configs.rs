//! DescribeConfigs: all of a topic's keys, and the few of the broker that clients ask for.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

use super::{Call, text};
use crate::config::BrokerConfig;
use crate::node::NODE_ID;
use crate::topic_config::{KEYS, Key, Kind, TopicConfig};

pub(crate) async fn handle(
    call: &Call<'_>,
    request: DescribeConfigsRequest,
) -> DescribeConfigsResponse {
    let describe = |resource: &DescribeConfigsResource| {
        let rows = match resource.resource_type {
            TOPIC => topic(call, &resource.resource_name, request.include_synonyms),
            BROKER => broker(&call.node.config, &resource.resource_name),
            GROUP | CLIENT_METRICS | BROKER_LOGGER => Ok(Vec::new()),
            _ => Err(ResponseError::InvalidRequest),
        };
        let wanted = |row: &DescribeConfigsResourceResult| {
            resource
                .configuration_keys
                .as_ref()
                .is_none_or(|keys| keys.is_empty() || keys.contains(&row.name))
        };
        let answer = result(resource);
        match rows {
            Ok(rows) => answer.with_configs(rows.into_iter().filter(wanted).collect()),
            Err(error) => answer
                .with_error_code(error.code())
                .with_error_message(Some(text(&error.to_string()))),
        }
    };
    DescribeConfigsResponse::default()
        .with_results(request.resources.iter().map(describe).collect())
}

pub(crate) fn refuse(
    request: &DescribeConfigsRequest,
    error: ResponseError,
) -> DescribeConfigsResponse {
    let failed =
        |resource: &DescribeConfigsResource| result(resource).with_error_code(error.code());
    DescribeConfigsResponse::default().with_results(request.resources.iter().map(failed).collect())
}

fn result(resource: &DescribeConfigsResource) -> DescribeConfigsResult {
    DescribeConfigsResult::default()
        .with_resource_type(resource.resource_type)
        .with_resource_name(resource.resource_name.clone())
}

fn topic(
    call: &Call<'_>,
    name: &str,
    synonyms: bool,
) -> Result<Vec<DescribeConfigsResourceResult>, ResponseError> {
    if crate::topics::invalid_name(name).is_some() {
        return Err(ResponseError::InvalidTopicException);
    }
    let topic = call
        .node
        .topics
        .by_name(name)
        .ok_or(ResponseError::UnknownTopicOrPartition)?;
    let config = topic.config();
    Ok(KEYS
        .iter()
        .map(|key| topic_row(&config, key, synonyms))
        .collect())
}

fn topic_row(
    config: &TopicConfig,
    key: &Key,
    with_synonyms: bool,
) -> DescribeConfigsResourceResult {
    let set = config.set().get(key.name);
    let synonym = |name: &str, value: &str, source| {
        DescribeConfigsSynonym::default()
            .with_name(text(name))
            .with_value(Some(text(value)))
            .with_source(source)
    };
    let mut synonyms = Vec::new();
    if with_synonyms {
        synonyms.extend(set.map(|value| synonym(key.name, value, DYNAMIC_TOPIC_CONFIG)));
        if !key.synonym.is_empty() {
            synonyms.push(synonym(key.synonym, key.default, DEFAULT_CONFIG));
        }
    }
    DescribeConfigsResourceResult::default()
        .with_name(text(key.name))
        .with_value(Some(text(config.value(key))))
        .with_config_source(if set.is_some() {
            DYNAMIC_TOPIC_CONFIG
        } else {
            DEFAULT_CONFIG
        })
        .with_synonyms(synonyms)
        .with_config_type(kind_number(key.kind))
}

/// The broker's own settings, and none when the name is that of no broker or of all.
fn broker(
    config: &BrokerConfig,
    name: &str,
) -> Result<Vec<DescribeConfigsResourceResult>, ResponseError> {
    if name.is_empty() {
        return Ok(Vec::new());
    }
    if name.parse() != Ok(NODE_ID) {
        return Err(ResponseError::InvalidRequest);
    }
    let row = |(name, kind, value): (&str, Kind, String)| {
        DescribeConfigsResourceResult::default()
            .with_name(text(name))
            .with_value(Some(text(&value)))
            .with_read_only(true)
            .with_config_source(STATIC_BROKER_CONFIG)
            .with_config_type(kind_number(kind))
    };
    let millis = |duration: std::time::Duration| duration.as_millis().to_string();
    let rows = [
        (
            "auto.create.topics.enable",
            Kind::Boolean,
            config.auto_create_topics.to_string(),
        ),
        ("default.replication.factor", Kind::Int, "1".to_owned()),
        (
            "group.initial.rebalance.delay.ms",
            Kind::Int,
            millis(config.group_initial_rebalance_delay),
        ),
        (
            "group.max.session.timeout.ms",
            Kind::Int,
            millis(config.group_max_session_timeout),
        ),
        (
            "group.min.session.timeout.ms",
            Kind::Int,
            millis(config.group_min_session_timeout),
        ),
        ("log.cleanup.policy", Kind::List, "delete".to_owned()),
        ("message.max.bytes", Kind::Int, "1048588".to_owned()),
        ("min.insync.replicas", Kind::Int, "1".to_owned()),
        ("node.id", Kind::Int, NODE_ID.to_string()),
        (
            "num.partitions",
            Kind::Int,
            config.default_partitions.to_string(),
        ),
        (
            "socket.request.max.bytes",
            Kind::Int,
            config.max_request_bytes.to_string(),
        ),
        (
            "transaction.max.timeout.ms",
            Kind::Int,
            millis(config.transaction_max_timeout),
        ),
    ];
    Ok(rows.into_iter().map(row).collect())
}

fn kind_number(kind: Kind) -> i8 {
    match kind {
        Kind::Boolean => 1,
        Kind::String => 2,
        Kind::Int => 3,
        Kind::Long => 5,
        Kind::Double => 6,
        Kind::List => 7,
    }
}

/// Kinds of resources.
pub(super) const TOPIC: i8 = 2;
pub(super) const BROKER: i8 = 4;
const BROKER_LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;
/// Where a value comes from.
const DYNAMIC_TOPIC_CONFIG: i8 = 1;
const STATIC_BROKER_CONFIG: i8 = 4;
const DEFAULT_CONFIG: i8 = 5;
