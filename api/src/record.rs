//! Records on their way between a connector and a topic.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::{Headers, Schema, SourceOffset, SourcePartition, Value};

/// What source and sink records have in common; what transforms and predicates work on.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The topic. A transform may change it; records of one task share the allocation.
    pub topic: Arc<str>,
    /// The partition; `None` lets the producer choose.
    pub partition: Option<i32>,
    /// The schema of the key; `None` for schemaless data.
    pub key_schema: Option<Schema>,
    /// The key.
    pub key: Value,
    /// The schema of the value; `None` for schemaless data.
    pub value_schema: Option<Schema>,
    /// The value.
    pub value: Value,
    /// Milliseconds since the epoch.
    pub timestamp: Option<i64>,
    /// The headers, in order.
    pub headers: Headers,
}

impl Record {
    /// A record of a topic, with nothing in it.
    pub fn new(topic: impl Into<Arc<str>>) -> Self {
        Record {
            topic: topic.into(),
            partition: None,
            key_schema: None,
            key: Value::Null,
            value_schema: None,
            value: Value::Null,
            timestamp: None,
            headers: Headers::new(),
        }
    }
}

/// A record from a source task, with where in the source it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceRecord {
    /// Topic, key, value and headers.
    pub record: Record,
    /// The part of the source, for example a file; shared by all its records.
    pub source_partition: SourcePartition,
    /// Where in that part reading goes on after this record.
    pub source_offset: SourceOffset,
}

impl SourceRecord {
    /// A record of a topic with neither key nor value. `offset` is where reading goes on after it.
    pub fn new(
        partition: &SourcePartition,
        offset: SourceOffset,
        topic: impl Into<Arc<str>>,
    ) -> Self {
        SourceRecord {
            record: Record::new(topic),
            source_partition: partition.clone(),
            source_offset: offset,
        }
    }

    /// Sets the key, schemaless with `None`.
    #[must_use]
    pub fn with_key(mut self, schema: impl Into<Option<Schema>>, key: impl Into<Value>) -> Self {
        self.record.key_schema = schema.into();
        self.record.key = key.into();
        self
    }

    /// Sets the value, schemaless with `None`.
    #[must_use]
    pub fn with_value(
        mut self,
        schema: impl Into<Option<Schema>>,
        value: impl Into<Value>,
    ) -> Self {
        self.record.value_schema = schema.into();
        self.record.value = value.into();
        self
    }
}

/// A record for a sink task, with where in Kafka it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct SinkRecord {
    /// Topic, key, value and headers, after transforms.
    pub record: Record,
    /// The offset in the consumed partition.
    pub kafka_offset: i64,
    /// What the timestamp means.
    pub timestamp_type: TimestampType,
    /// Topic as consumed, before transforms (KIP-793).
    pub original_topic: Arc<str>,
    /// Partition as consumed, before transforms (KIP-793).
    pub original_partition: i32,
}

/// What the timestamp of a Kafka record means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimestampType {
    /// The record has none.
    #[default]
    NoTimestampType,
    /// Set by the producer.
    CreateTime,
    /// Set by the broker.
    LogAppendTime,
}

/// Either kind of record, lent to a transform or a predicate.
pub enum RecordMut<'a> {
    /// On its way from a source task to a topic.
    Source(&'a mut SourceRecord),
    /// On its way from a topic to a sink task.
    Sink(&'a mut SinkRecord),
}

impl Deref for RecordMut<'_> {
    type Target = Record;

    fn deref(&self) -> &Record {
        match self {
            RecordMut::Source(r) => &r.record,
            RecordMut::Sink(r) => &r.record,
        }
    }
}

impl DerefMut for RecordMut<'_> {
    fn deref_mut(&mut self) -> &mut Record {
        match self {
            RecordMut::Source(r) => &mut r.record,
            RecordMut::Sink(r) => &mut r.record,
        }
    }
}

macro_rules! deref_to_record {
    ($($t:ty),*) => {$(
        impl Deref for $t {
            type Target = Record;

            fn deref(&self) -> &Record {
                &self.record
            }
        }

        impl DerefMut for $t {
            fn deref_mut(&mut self) -> &mut Record {
                &mut self.record
            }
        }
    )*};
}

deref_to_record!(SourceRecord, SinkRecord);
