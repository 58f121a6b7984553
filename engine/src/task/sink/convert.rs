//! From fetched bytes to sink records.

use std::sync::Arc;

use windlass_api::{
    Header, Headers, Record, RecordMut, SchemaAndValue, SinkRecord, Text, TimestampType, Verdict,
};
use windlass_client::consumer;

use crate::pipeline::{Converters, Stage, StageError, Transforms};

/// What makes sink records.
pub(crate) struct Conversion {
    pub(crate) converters: Converters,
    pub(crate) transforms: Transforms,
}

impl Conversion {
    /// Converts and transforms one record and adds it to `batch`, unless a transform drops it. Text and bytes share the
    /// fetched buffer. The record is made where it stays: moving some 250 bytes costs more than making them.
    pub(super) fn convert(
        &mut self,
        topic: &Arc<str>,
        partition: i32,
        fetched: &consumer::Record<'_>,
        batch: &mut Vec<SinkRecord>,
    ) -> Result<(), StageError> {
        let Converters { key, value, .. } = &mut self.converters;
        let key = key
            .to_connect_data(topic, fetched.key_bytes())
            .map_err(Stage::KeyConverter.failed())?;
        let value = value
            .to_connect_data(topic, fetched.value_bytes())
            .map_err(Stage::ValueConverter.failed())?;
        let headers = self.headers(topic, fetched)?;
        let SchemaAndValue {
            schema: key_schema,
            value: key,
        } = key;
        let SchemaAndValue {
            schema: value_schema,
            value,
        } = value;
        batch.push(SinkRecord {
            record: Record {
                topic: Arc::clone(topic),
                partition: Some(partition),
                key_schema,
                key,
                value_schema,
                value,
                timestamp: Some(fetched.timestamp).filter(|timestamp| *timestamp >= 0),
                headers,
            },
            kafka_offset: fetched.offset,
            timestamp_type: timestamp_type(fetched.timestamp_type()),
            original_topic: Arc::clone(topic),
            original_partition: partition,
        });
        if self.transforms.is_empty() {
            return Ok(());
        }
        self.transform_last(batch)
    }

    /// The class that a stage runs.
    pub(super) fn class(&self, stage: Stage) -> &str {
        match stage {
            Stage::Transformation(index) => self.transforms.class(index),
            stage => self.converters.class(stage),
        }
    }

    fn transform_last(&mut self, batch: &mut Vec<SinkRecord>) -> Result<(), StageError> {
        let Some(record) = batch.last_mut() else {
            return Ok(());
        };
        let verdict = self.transforms.apply(&mut RecordMut::Sink(record));
        if !matches!(verdict, Ok(Verdict::Keep)) {
            batch.pop();
        }
        verdict.map(drop)
    }

    fn headers(
        &mut self,
        topic: &str,
        fetched: &consumer::Record<'_>,
    ) -> Result<Headers, StageError> {
        let mut headers = Headers::new();
        for (key, value) in fetched.headers {
            // Java replaces what is no UTF-8, too.
            let key = Text::from(String::from_utf8_lossy(key).into_owned());
            let bytes = value.map(|value| fetched.share(value));
            let SchemaAndValue { schema, value } = self
                .converters
                .header
                .to_connect_header(topic, &key, bytes)
                .map_err(Stage::HeaderConverter.failed())?;
            headers.add(Header { key, schema, value });
        }
        Ok(headers)
    }
}

fn timestamp_type(kind: consumer::TimestampType) -> TimestampType {
    match kind {
        consumer::TimestampType::CreateTime => TimestampType::CreateTime,
        consumer::TimestampType::LogAppendTime => TimestampType::LogAppendTime,
    }
}
