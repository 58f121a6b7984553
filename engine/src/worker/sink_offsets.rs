//! Committed offsets of sinks: those of their consumer groups (KIP-875).

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use windlass_api::{ConnectError, OffsetMap, Props, Text, TopicPartition, Value};
use windlass_client::admin::{Admin, Each};
use windlass_client::config::AdminConfig;
use windlass_client::{ClientError, OffsetAndMetadata};

use super::{Worker, client_config, isolated};
use crate::herder::{ConnectorOffset, HerderError};
use crate::plugins::Connector;
use crate::status::TaskId;

type Result<T> = std::result::Result<T, HerderError>;

/// A partition and where to read on; `None` forgets what is committed.
type Change = (TopicPartition, Option<i64>);

impl Worker {
    /// What the group of a sink has committed.
    pub(crate) async fn sink_offsets(
        &self,
        name: &Arc<str>,
        config: &Props,
    ) -> Result<Vec<ConnectorOffset>> {
        let committed = self.committed(name, config).await?;
        Ok(committed
            .into_iter()
            .map(|(partition, offset)| shown(&partition, offset))
            .collect())
    }

    /// Changes the committed offsets of a stopped sink, or removes all of them; answers whether the connector knows its
    /// offsets.
    pub(crate) async fn alter_sink_offsets(
        &self,
        name: &Arc<str>,
        config: Arc<Props>,
        changes: Option<Vec<ConnectorOffset>>,
    ) -> Result<bool> {
        let resets = changes.is_none();
        let changes: Vec<Change> = match changes {
            Some(changes) => changes.iter().map(parse).collect::<Result<_>>()?,
            None => {
                let committed = self.committed(name, &config).await?;
                committed
                    .into_keys()
                    .map(|partition| (partition, None))
                    .collect()
            }
        };
        let knows = self.ask_sink(name, &config, changes.clone()).await?;
        let (admin, group) = (self.admin(name, &config)?, self.group(name, &config));
        let done = if resets {
            reset(&admin, &group).await
        } else {
            alter(&admin, &group, &changes).await
        };
        done.map_err(|error| {
            let what = if resets { "reset" } else { "alter" };
            tracing::error!(connector = %name, group, %error, "offsets could not be changed");
            HerderError::Internal(format!(
                "Failed to {what} consumer group offsets for connector {name}"
            ))
        })?;
        Ok(knows)
    }

    async fn ask_sink(
        &self,
        name: &str,
        config: &Arc<Props>,
        changes: Vec<Change>,
    ) -> Result<bool> {
        let internal = |error: ConnectError| HerderError::Internal(error.message().to_owned());
        let (_, connector) = self.connector(config).map_err(internal)?;
        let Connector::Sink(mut connector) = connector else {
            return Err(HerderError::Internal(format!(
                "connector {name} is no sink"
            )));
        };
        let config = Arc::clone(config);
        let call = async move { connector.alter_offsets(&config, &changes).await };
        isolated(&self.data, call).await.map_err(internal)
    }

    async fn committed(
        &self,
        name: &Arc<str>,
        config: &Props,
    ) -> Result<BTreeMap<TopicPartition, i64>> {
        let (admin, group) = (self.admin(name, config)?, self.group(name, config));
        let offsets = admin.list_group_offsets(&group).await.map_err(|error| {
            tracing::error!(connector = %name, group, %error, "committed offsets could not be read");
            HerderError::Internal(format!("Failed to retrieve consumer group offsets for connector {name}"))
        })?;
        let entry = |(partition, offset): (windlass_client::TopicPartition, OffsetAndMetadata)| {
            let windlass_client::TopicPartition { topic, partition } = partition;
            (TopicPartition { topic, partition }, offset.offset)
        };
        Ok(offsets.into_iter().map(entry).collect())
    }

    fn admin(&self, name: &str, config: &Props) -> Result<Admin> {
        let client_id = format!("connector-worker-adminclient-{name}");
        let properties = client_config::admin(&self.config, config, client_id);
        let parsed =
            AdminConfig::parse(&properties).map_err(|e| HerderError::Internal(e.to_string()))?;
        Ok(Admin::new(self.clusters.cluster(&parsed.config.client)))
    }

    fn group(&self, name: &Arc<str>, config: &Props) -> String {
        let task = TaskId {
            connector: Arc::clone(name),
            task: 0,
        };
        let mut properties = client_config::consumer(&self.config, config, &task);
        properties.remove("group.id").unwrap_or_default()
    }
}

async fn alter(
    admin: &Admin,
    group: &str,
    changes: &[Change],
) -> std::result::Result<(), ClientError> {
    let client = |partition: &TopicPartition| {
        windlass_client::TopicPartition::new(Arc::clone(&partition.topic), partition.partition)
    };
    let mut set = BTreeMap::new();
    let mut forget = Vec::new();
    for (partition, offset) in changes {
        match offset {
            Some(offset) => drop(set.insert(client(partition), OffsetAndMetadata::new(*offset))),
            None => forget.push(client(partition)),
        }
    }
    if !set.is_empty() {
        all(admin.alter_group_offsets(group, &set).await?)?;
    }
    if !forget.is_empty() {
        match admin.delete_group_offsets(group, &forget).await {
            Ok(each) => all(each)?,
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn reset(admin: &Admin, group: &str) -> std::result::Result<(), ClientError> {
    let each = admin.delete_groups(&[group.to_owned()]).await?;
    match all(each) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}

fn all<K>(each: Each<K, ()>) -> std::result::Result<(), ClientError> {
    each.into_values().collect()
}

/// A group that does not exist has no offsets either.
fn is_missing(error: &ClientError) -> bool {
    error
        .code()
        .is_some_and(|code| code.code() == GROUP_ID_NOT_FOUND)
}

fn shown(partition: &TopicPartition, offset: i64) -> ConnectorOffset {
    let topic = Value::String(Text::from(&*partition.topic));
    ConnectorOffset {
        partition: Some(OffsetMap::from([
            (TOPIC.to_owned(), topic),
            (PARTITION.to_owned(), Value::Int32(partition.partition)),
        ])),
        offset: Some(OffsetMap::from([(OFFSET.to_owned(), Value::Int64(offset))])),
    }
}

/// `SinkUtils.parseSinkConnectorOffsets`
fn parse(change: &ConnectorOffset) -> Result<Change> {
    let bad = |text: &str| HerderError::BadRequest(text.to_owned());
    let partition = change.partition.as_ref().ok_or_else(|| {
        bad("The partition for a sink connector offset cannot be null or missing")
    })?;
    let (Some(topic), Some(number)) = (partition.get(TOPIC), partition.get(PARTITION)) else {
        return Err(bad(
            "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
        ));
    };
    let topic = text(topic)
        .ok_or_else(|| bad("Kafka topic names must be valid strings and may not be null"))?;
    let number = text(number)
        .ok_or_else(|| bad("Kafka partitions must be valid numbers and may not be null"))?;
    let partition = TopicPartition {
        topic: Arc::from(topic),
        partition: parse_number(&number, "partition", "Partition")?,
    };
    let Some(offset) = &change.offset else {
        return Ok((partition, None));
    };
    let offset = offset.get(OFFSET).ok_or_else(|| {
        bad("The offset for a sink connector should either be null or contain the key 'kafka_offset'")
    })?;
    let offset = text(offset)
        .ok_or_else(|| bad("Kafka offsets must be valid numbers and may not be null"))?;
    Ok((partition, Some(parse_number(&offset, "offset", "Offset")?)))
}

fn parse_number<T: FromStr>(text: &str, what: &str, capital: &str) -> Result<T> {
    text.parse().map_err(|_| {
        HerderError::BadRequest(format!(
            "Failed to parse the following Kafka {what} value in the provided offsets: '{text}'. {capital} values for \
             sink connectors need to be integers."
        ))
    })
}

/// As Java's `String.valueOf`; `None` for null.
fn text(value: &Value) -> Option<String> {
    let show = |value: &dyn Display| Some(value.to_string());
    match value {
        Value::Null => None,
        Value::String(text) => show(text),
        Value::Int32(number) => show(number),
        Value::Int64(number) => show(number),
        Value::Float64(number) => show(number),
        Value::Boolean(flag) => show(flag),
        other => Some(format!("{other:?}")),
    }
}

const TOPIC: &str = "kafka_topic";
const PARTITION: &str = "kafka_partition";
const OFFSET: &str = "kafka_offset";

const GROUP_ID_NOT_FOUND: i16 = 69;
