//! Records.

use std::sync::Arc;

use serde_json::Value as Json;
use windlass_api::{
    Header, Headers, Record, SinkRecord, SourceOffset, SourcePartition, SourceRecord, TimestampType,
};

use crate::case::text;
use crate::value::tagged;

/// A source record; its partition and offset are not part of a vector.
pub fn source_record(json: &Json) -> SourceRecord {
    SourceRecord {
        record: record(json),
        source_partition: SourcePartition::default(),
        source_offset: SourceOffset::None,
    }
}

/// A sink record. What a vector leaves out is what was consumed.
pub fn sink_record(json: &Json) -> SinkRecord {
    let record = record(json);
    let kafka_offset = json["offset"].as_i64().unwrap_or_default();
    let original_topic = json["originalTopic"]
        .as_str()
        .map_or_else(|| record.topic.clone(), Arc::from);
    let original_partition = partition(&json["originalPartition"])
        .or(record.partition)
        .unwrap_or_default();
    let timestamp_type = match json["timestampType"].as_str() {
        Some("CREATE_TIME") => TimestampType::CreateTime,
        Some("LOG_APPEND_TIME") => TimestampType::LogAppendTime,
        _ => TimestampType::NoTimestampType,
    };
    SinkRecord {
        record,
        kafka_offset,
        timestamp_type,
        original_topic,
        original_partition,
    }
}

/// Headers, in order.
pub fn headers(json: &Json) -> Headers {
    let header = |json: &Json| {
        let content = tagged(json);
        Header {
            key: text(&json["key"]).into(),
            schema: content.schema,
            value: content.value,
        }
    };
    json.as_array().into_iter().flatten().map(header).collect()
}

fn record(json: &Json) -> Record {
    let or_null = |json: &Json| {
        if json.is_null() {
            Default::default()
        } else {
            tagged(json)
        }
    };
    let (key, value) = (or_null(&json["key"]), or_null(&json["value"]));
    Record {
        topic: json["topic"].as_str().unwrap_or_default().into(),
        partition: partition(&json["partition"]),
        key_schema: key.schema,
        key: key.value,
        value_schema: value.schema,
        value: value.value,
        timestamp: json["timestamp"].as_i64(),
        headers: headers(&json["headers"]),
    }
}

fn partition(json: &Json) -> Option<i32> {
    json.as_i64()
        .map(|p| i32::try_from(p).expect("a partition is an int"))
}
