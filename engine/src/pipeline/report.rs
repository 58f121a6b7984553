//! Telling of records that could not be processed: in the log, and in the dead letter queue.

use std::fmt;
use std::sync::Arc;

use windlass_api::{ConnectError, SinkRecord, SourceRecord, TimestampType};
use windlass_client::consumer;

use super::dead_letters::{DeadLetters, Letter, Written};
use super::{ErrorCounters, Stage};
use crate::config::ErrorPolicy;
use crate::status::TaskId;
use crate::trace::chain;

/// Where the errors of one task are told of (`ErrorReporter`).
#[derive(Debug)]
pub(crate) struct Reporter {
    task: TaskId,
    log: bool,
    log_details: bool,
    counters: Arc<ErrorCounters>,
    dead_letters: Option<DeadLetters>,
}

/// What failed.
#[derive(Clone, Copy)]
pub(crate) struct Failure<'f> {
    pub(crate) stage: Stage,
    /// The Java name of the class that failed.
    pub(crate) class: &'f str,
    pub(crate) error: &'f ConnectError,
}

/// The record that could not be processed, as it was before anything was done to it.
#[derive(Clone, Copy)]
pub(crate) enum Original<'r> {
    /// As it was consumed.
    Consumed {
        topic: &'r Arc<str>,
        partition: i32,
        record: &'r consumer::Record<'r>,
    },
    /// As a sink task has it, when what was consumed is gone.
    Sink(&'r SinkRecord),
    /// As a source task gave it.
    Source(&'r SourceRecord),
    /// Nothing is left of it but where it went.
    Sent { topic: &'r str, partition: i32 },
}

impl Reporter {
    pub(crate) fn new(
        task: TaskId,
        policy: &ErrorPolicy,
        counters: Arc<ErrorCounters>,
        dead_letters: Option<DeadLetters>,
    ) -> Self {
        Reporter {
            task,
            log: policy.log,
            log_details: policy.log_details,
            counters,
            dead_letters,
        }
    }

    pub(crate) fn counters(&self) -> &Arc<ErrorCounters> {
        &self.counters
    }

    pub(crate) fn dead_letters(&self) -> Option<&DeadLetters> {
        self.dead_letters.as_ref()
    }

    /// Tells of a failure. What is given back ends when it is written to the dead letter queue.
    pub(crate) fn report(&self, failure: Failure<'_>, original: Original<'_>) -> Option<Written> {
        if self.log {
            self.log(failure, original);
        }
        let dead_letters = self.dead_letters.as_ref()?;
        self.counters.dead_letters.add(1);
        let Some(letter) = Letter::new(
            &self.task,
            failure,
            original,
            dead_letters.context_headers(),
        ) else {
            self.counters.lost_letters.add(1);
            return None;
        };
        Some(dead_letters.send(letter))
    }

    /// In Java's words, which people look for.
    fn log(&self, failure: Failure<'_>, original: Original<'_>) {
        let TaskId { connector, task } = &self.task;
        let Failure {
            stage,
            class,
            error,
        } = failure;
        let id = &self.task;
        let error = chain(error);
        if self.log_details {
            tracing::error!(
                %connector, task, error,
                "Error encountered in task {id}. Executing stage '{stage}' with class '{class}', {original}."
            );
        } else {
            tracing::error!(
                %connector, task, error,
                "Error encountered in task {id}. Executing stage '{stage}' with class '{class}'."
            );
        }
        self.counters.logged.add(1);
    }
}

impl Original<'_> {
    /// Where the record is, without what is in it: topic, partition and offset, or partition and offset in the source.
    pub(crate) fn place(&self) -> String {
        match *self {
            Original::Consumed {
                topic,
                partition,
                record,
            } => format!("{topic}-{partition}@{}", record.offset),
            Original::Sink(record) => format!(
                "{}-{}@{}",
                record.original_topic, record.original_partition, record.kafka_offset
            ),
            Original::Source(record) => SourcePlace(record).to_string(),
            Original::Sent { topic, partition } => format!("to {topic}-{partition}"),
        }
    }
}

struct SourcePlace<'r>(&'r SourceRecord);

impl fmt::Display for SourcePlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        entries(f, self.0.source_partition.entries())?;
        f.write_str("@")?;
        entries(f, self.0.source_offset.to_map().as_ref())
    }
}

/// What Java's log says of the record.
impl fmt::Display for Original<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Original::Consumed {
                topic,
                partition,
                record,
            } => {
                let kind = match record.timestamp_type() {
                    consumer::TimestampType::CreateTime => TimestampType::CreateTime,
                    consumer::TimestampType::LogAppendTime => TimestampType::LogAppendTime,
                };
                consumed(f, topic, partition, record.offset, kind, record.timestamp)
            }
            Original::Sink(record) => consumed(
                f,
                &record.topic,
                record.partition.unwrap_or(record.original_partition),
                record.kafka_offset,
                record.timestamp_type,
                record.timestamp.unwrap_or(-1),
            ),
            Original::Source(record) => write!(f, "where source record is = {}", Given(record)),
            Original::Sent { topic, partition } => {
                write!(f, "where source record went to {topic}-{partition}")
            }
        }
    }
}

fn consumed(
    f: &mut fmt::Formatter<'_>,
    topic: &str,
    partition: i32,
    offset: i64,
    kind: TimestampType,
    timestamp: i64,
) -> fmt::Result {
    write!(
        f,
        "where consumed record is {{topic='{topic}', partition={partition}, offset={offset}"
    )?;
    match kind {
        TimestampType::NoTimestampType => {}
        TimestampType::CreateTime => {
            write!(f, ", timestamp={timestamp}, timestampType=CreateTime")?;
        }
        TimestampType::LogAppendTime => {
            write!(f, ", timestamp={timestamp}, timestampType=LogAppendTime")?;
        }
    }
    f.write_str("}")
}

/// A source record's text (`SourceRecord.toString`), without the schemas.
struct Given<'r>(&'r SourceRecord);

impl fmt::Display for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.0;
        f.write_str("SourceRecord{sourcePartition=")?;
        entries(f, record.source_partition.entries())?;
        f.write_str(", sourceOffset=")?;
        entries(f, record.source_offset.to_map().as_ref())?;
        write!(
            f,
            "}} ConnectRecord{{topic='{}', kafkaPartition=",
            record.topic
        )?;
        optional(f, record.partition)?;
        write!(
            f,
            ", key={}, value={}, timestamp=",
            record.key, record.value
        )?;
        optional(f, record.timestamp)?;
        f.write_str("}")
    }
}

fn entries(f: &mut fmt::Formatter<'_>, map: Option<&windlass_api::OffsetMap>) -> fmt::Result {
    let Some(map) = map else {
        return f.write_str("null");
    };
    f.write_str("{")?;
    for (index, (key, value)) in map.iter().enumerate() {
        let separator = if index > 0 { ", " } else { "" };
        write!(f, "{separator}{key}={value}")?;
    }
    f.write_str("}")
}

fn optional<T: fmt::Display>(f: &mut fmt::Formatter<'_>, value: Option<T>) -> fmt::Result {
    match value {
        Some(value) => value.fmt(f),
        None => f.write_str("null"),
    }
}

#[cfg(test)]
mod tests {
    use windlass_api::{SourceOffset, SourcePartition, Text, Value};

    use super::*;

    #[test]
    fn source_records_are_named_as_in_java() {
        let partition = SourcePartition::named("filename", Value::String(Text::from("in")));
        let record = SourceRecord::new(&partition, SourceOffset::position("position", 7), "t")
            .with_value(None, Value::Int64(5));
        assert_eq!(
            Original::Source(&record).to_string(),
            "where source record is = SourceRecord{sourcePartition={filename=in}, sourceOffset={position=7}} \
             ConnectRecord{topic='t', kafkaPartition=null, key=null, value=5, timestamp=null}"
        );
    }
}
