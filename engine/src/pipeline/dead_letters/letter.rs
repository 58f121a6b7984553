//! One record of a dead letter queue, and the headers that say what happened to it.

use std::sync::Arc;

use bytes::Bytes;
use windlass_api::{OffsetMap, SinkRecord, SourceRecord, TopicPartition, Value};
use windlass_client::consumer;
use windlass_secret::mask::masked;

use crate::pipeline::{Failure, Original, Stage};
use crate::status::TaskId;
use crate::trace::{java_class, trace};

/// A record on its way to the dead letter queue.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(super) body: Body,
    /// What comes after the record's own headers.
    pub(super) context: Vec<Context>,
    /// Where the record was consumed, for offsets wait for it.
    pub(super) place: Option<TopicPartition>,
    /// Whether a task reported it, and must hear of a failure.
    pub(super) errant: bool,
}

/// A header by which a letter says what happened; `None` for a null value.
pub(super) type Context = (&'static str, Option<String>);

/// What of a record is written.
#[derive(Debug)]
pub(super) enum Body {
    /// The bytes as they were consumed; they share the fetched buffer.
    Raw {
        key: Option<Bytes>,
        value: Option<Bytes>,
        headers: Vec<(Bytes, Option<Bytes>)>,
        timestamp: Option<i64>,
    },
    /// Converted back.
    Sink(SinkRecord),
    /// Converted as far as it can be.
    Source(SourceRecord),
}

impl Letter {
    /// `None` when nothing of the record is left to write.
    pub(crate) fn new(
        task: &TaskId,
        failure: Failure<'_>,
        original: Original<'_>,
        with_context: bool,
    ) -> Option<Self> {
        let place = match original {
            Original::Consumed {
                topic, partition, ..
            } => Some((Arc::clone(topic), partition)),
            Original::Sink(record) => Some((
                Arc::clone(&record.original_topic),
                record.original_partition,
            )),
            Original::Source(_) => None,
            Original::Sent { .. } => return None,
        };
        let context = if with_context {
            let mut context = origin(original);
            explain(&mut context, task, failure);
            context
        } else {
            Vec::new()
        };
        Some(Letter {
            body: body(original)?,
            context,
            place: place.map(|(topic, partition)| TopicPartition { topic, partition }),
            errant: failure.stage == Stage::TaskPut,
        })
    }
}

fn body(original: Original<'_>) -> Option<Body> {
    Some(match original {
        Original::Consumed { record, .. } => raw(record),
        Original::Sink(record) => Body::Sink(record.clone()),
        Original::Source(record) => Body::Source(record.clone()),
        Original::Sent { .. } => return None,
    })
}

fn raw(record: &consumer::Record<'_>) -> Body {
    let headers = record.headers.into_iter();
    Body::Raw {
        key: record.key_bytes(),
        value: record.value_bytes(),
        headers: headers
            .map(|(key, value)| (record.share(key), value.map(|value| record.share(value))))
            .collect(),
        timestamp: Some(record.timestamp).filter(|timestamp| *timestamp != NO_TIMESTAMP),
    }
}

/// Where the record came from.
fn origin(original: Original<'_>) -> Vec<Context> {
    let consumed = |topic: &str, partition: i32, offset: i64| {
        vec![
            (TOPIC, Some(topic.to_owned())),
            (PARTITION, Some(partition.to_string())),
            (OFFSET, Some(offset.to_string())),
        ]
    };
    match original {
        Original::Consumed {
            topic,
            partition,
            record,
        } => consumed(topic, partition, record.offset),
        Original::Sink(record) => consumed(
            &record.topic,
            record.partition.unwrap_or(record.original_partition),
            record.kafka_offset,
        ),
        Original::Source(record) => vec![
            (TOPIC, Some(record.topic.to_string())),
            (
                SOURCE_PARTITION,
                record.source_partition.entries().map(json),
            ),
            (
                SOURCE_OFFSET,
                record.source_offset.to_map().as_ref().map(json),
            ),
        ],
        Original::Sent { .. } => Vec::new(),
    }
}

/// What happened to it, in the order of `DeadLetterQueueReporter`.
fn explain(context: &mut Vec<Context>, task: &TaskId, failure: Failure<'_>) {
    let Failure {
        stage,
        class,
        error,
    } = failure;
    let message = error.message();
    context.extend([
        (CONNECTOR, Some(task.connector.to_string())),
        (TASK, Some(task.task.to_string())),
        (STAGE, Some(stage.to_string())),
        (CLASS, Some(class.to_owned())),
        (EXCEPTION, Some(java_class(error.kind()).to_owned())),
        (
            MESSAGE,
            Some(message)
                .filter(|text| !text.is_empty())
                .map(|text| masked(text).into_owned()),
        ),
        (
            STACKTRACE,
            Some(masked(&trace(error, &format!("task({task})"))).into_owned()),
        ),
    ]);
}

/// Source partitions and offsets as the offset topic has them; they hold primitive values only.
fn json(entries: &OffsetMap) -> String {
    let value = |value: &Value| match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(v) => (*v).into(),
        Value::Int8(v) => (*v).into(),
        Value::Int16(v) => (*v).into(),
        Value::Int32(v) => (*v).into(),
        Value::Int64(v) => (*v).into(),
        Value::Float32(v) => (*v).into(),
        Value::Float64(v) => (*v).into(),
        other => other.to_string().into(),
    };
    let entries = entries.iter().map(|(key, v)| (key.clone(), value(v)));
    serde_json::Value::Object(entries.collect()).to_string()
}

const NO_TIMESTAMP: i64 = -1;

const TOPIC: &str = "__connect.errors.topic";
const PARTITION: &str = "__connect.errors.partition";
const OFFSET: &str = "__connect.errors.offset";
/// Ours: source records have no partition and offset of Kafka's.
const SOURCE_PARTITION: &str = "__connect.errors.source.partition";
/// Ours.
const SOURCE_OFFSET: &str = "__connect.errors.source.offset";
const CONNECTOR: &str = "__connect.errors.connector.name";
const TASK: &str = "__connect.errors.task.id";
const STAGE: &str = "__connect.errors.stage";
const CLASS: &str = "__connect.errors.class.name";
const EXCEPTION: &str = "__connect.errors.exception.class.name";
const MESSAGE: &str = "__connect.errors.exception.message";
const STACKTRACE: &str = "__connect.errors.exception.stacktrace";

#[cfg(test)]
mod tests {
    use windlass_api::{ConnectError, SourceOffset, SourcePartition, Text};

    use super::*;

    #[test]
    fn headers_stand_in_javas_order() {
        let task = TaskId {
            connector: Arc::from("c"),
            task: 3,
        };
        let error = ConnectError::data("bad");
        let failure = Failure {
            stage: Stage::Transformation(0),
            class: "T$Value",
            error: &error,
        };
        let partition = SourcePartition::named("file", Value::String(Text::from("in")));
        let record = SourceRecord::new(&partition, SourceOffset::position("position", 7), "t");
        let letter = Letter::new(&task, failure, Original::Source(&record), true).unwrap();
        let text: Vec<(&str, &str)> = letter
            .context
            .iter()
            .map(|(name, value)| {
                let name = name.strip_prefix("__connect.errors.").unwrap();
                (name, value.as_deref().unwrap().lines().next().unwrap())
            })
            .collect();
        let data = "org.apache.kafka.connect.errors.DataException";
        let first_line = format!("{data}: bad");
        assert_eq!(
            text,
            [
                ("topic", "t"),
                ("source.partition", r#"{"file":"in"}"#),
                ("source.offset", r#"{"position":7}"#),
                ("connector.name", "c"),
                ("task.id", "3"),
                ("stage", "TRANSFORMATION"),
                ("class.name", "T$Value"),
                ("exception.class.name", data),
                ("exception.message", "bad"),
                ("exception.stacktrace", &first_line),
            ]
        );
        let bare = Letter::new(&task, failure, Original::Source(&record), false).unwrap();
        assert!(bare.context.is_empty() && !bare.errant);
    }

    #[test]
    fn an_error_without_a_message_has_a_null_header() {
        let task = TaskId {
            connector: Arc::from("c"),
            task: 0,
        };
        let error = ConnectError::new(windlass_api::ErrorKind::Internal, "");
        let mut context = Vec::new();
        let failure = Failure {
            stage: Stage::TaskPut,
            class: "C",
            error: &error,
        };
        explain(&mut context, &task, failure);
        assert!(context.contains(&(MESSAGE, None)));
    }
}
