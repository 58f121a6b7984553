//! Running records through a connector's converters, transforms and predicates.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use windlass_api::{
    ConnectError, Encoded, ErrorKind, Header, Headers, Props, Record, RecordMut, Result,
    SchemaAndValue, SinkRecord, SourceOffset, SourcePartition, SourceRecord, Text, TimestampType,
    Verdict,
};

use super::run::{Change, Outcome, Run, Step};
use super::sample::{Part, Sample};
use super::shown::{self, Show};
use super::worker::worker;
use crate::config::{ConnectorConfig, TopicSelection};
use crate::herder::ConnectorType;
use crate::pipeline::{
    Applied, Converters, Stage, StageError, Transforms, build_converters, build_transforms,
};
use crate::plugins::{Connector, Plugins, VersionRange};

/// Runs records through what lies between a connector and Kafka, one after the other, as a task does.
pub struct Runner {
    kind: ConnectorType,
    converters: Converters,
    transforms: Transforms,
    /// Where records are that name no topic.
    topic: Arc<str>,
    show: Show,
    next_offset: i64,
}

impl Runner {
    /// For a connector's configuration, on a worker with these keys.
    ///
    /// # Errors
    /// Those that a task of the connector would fail with at its start.
    pub fn new(
        plugins: &Arc<Plugins>,
        connector: Props,
        worker_props: Option<&Props>,
    ) -> Result<Self> {
        let worker = worker(plugins, worker_props)?;
        let connector = if worker.providers().concern(&connector) {
            worker.providers().resolve(&connector)?.props
        } else {
            connector
        };
        let class = connector
            .get("connector.class")
            .and_then(Option::as_deref)
            .unwrap_or_default();
        let (_, plugin) = plugins
            .connector(class.trim(), &VersionRange::default())
            .map_err(|error| ConnectError::config(error.to_string()))?;
        let kind = match plugin {
            Connector::Source(_) => ConnectorType::Source,
            Connector::Sink(_) => ConnectorType::Sink,
        };
        let config = ConnectorConfig::new(plugins, kind, connector)?;
        Ok(Runner {
            kind,
            converters: build_converters(plugins, &config, &worker)?,
            transforms: build_transforms(plugins, &config)?,
            topic: topic(&config, kind)?,
            show: Show::new(),
            next_offset: 0,
        })
    }

    /// Whether the connector is a source or a sink.
    pub fn kind(&self) -> ConnectorType {
        self.kind
    }

    /// Runs one record.
    pub async fn run(&mut self, sample: &Sample) -> Run {
        let mut run = Run {
            input: Json::Null,
            steps: Vec::new(),
            outcome: Outcome::Dropped,
        };
        let result = match self.kind {
            ConnectorType::Source => self.source(sample, &mut run).await,
            ConnectorType::Sink => self.sink(sample, &mut run).await,
        };
        run.outcome = match result {
            Ok(Some(record)) => Outcome::Record(record),
            Ok(None) => Outcome::Dropped,
            Err(StageError { stage, error }) => {
                let class = match stage {
                    Stage::Transformation(index) => self.transforms.class(index),
                    stage => self.converters.class(stage),
                };
                Outcome::failed(stage, class, &error)
            }
        };
        run
    }

    async fn sink(&mut self, sample: &Sample, run: &mut Run) -> Result<Option<Json>, StageError> {
        let topic = self.topic_of(sample);
        let offset = sample.offset.unwrap_or(self.next_offset);
        self.next_offset = offset + 1;
        run.input = consumed(sample, &topic, offset);
        let key = self.read(Stage::KeyConverter, &topic, &sample.key).await;
        let value = match key {
            Ok(_) => {
                self.read(Stage::ValueConverter, &topic, &sample.value)
                    .await
            }
            Err(_) => Ok(SchemaAndValue::default()),
        };
        let mut headers = Headers::new();
        let converted = async {
            let (key, value) = (key?, value?);
            for (name, part) in &sample.headers {
                let content = self.read_header(&topic, name, part).await?;
                let SchemaAndValue { schema, value } = content;
                headers.add(Header {
                    key: Text::from(name.as_str()),
                    schema,
                    value,
                });
            }
            Ok((key, value))
        };
        let (key, value) = match converted.await {
            Ok(converted) => converted,
            Err(failure) => {
                run.steps.push(self.conversion(Change::Failed));
                return Err(failure);
            }
        };
        let partition = sample.partition.unwrap_or(0);
        let mut record = SinkRecord {
            record: Record {
                topic: Arc::clone(&topic),
                partition: Some(partition),
                key_schema: key.schema,
                key: key.value,
                value_schema: value.schema,
                value: value.value,
                timestamp: sample.timestamp,
                headers,
            },
            kafka_offset: offset,
            timestamp_type: TimestampType::CreateTime,
            original_topic: topic,
            original_partition: partition,
        };
        let shown = self.show.record(&record);
        run.steps.push(self.conversion(Change::Record(shown)));
        match self.transform(&mut RecordMut::Sink(&mut record), run)? {
            Verdict::Keep => Ok(Some(self.show.record(&record))),
            Verdict::Drop => Ok(None),
        }
    }

    async fn source(&mut self, sample: &Sample, run: &mut Run) -> Result<Option<Json>, StageError> {
        let mut record = SourceRecord::new(
            &SourcePartition::default(),
            SourceOffset::None,
            self.topic_of(sample),
        );
        if let Err(error) = self.fill(&mut record.record, sample) {
            // A sample that is no Connect data is a failure of nobody's but the sample's.
            let stage = Stage::ValueConverter;
            return Err(stage.failed()(error));
        }
        run.input = self.show.record(&record);
        if self.transform(&mut RecordMut::Source(&mut record), run)? == Verdict::Drop {
            return Ok(None);
        }
        match self.write(&record.record).await {
            Ok(shown) => {
                run.steps
                    .push(self.conversion(Change::Record(shown.clone())));
                Ok(Some(shown))
            }
            Err(failure) => {
                run.steps.push(self.conversion(Change::Failed));
                Err(failure)
            }
        }
    }

    fn fill(&mut self, record: &mut Record, sample: &Sample) -> Result<()> {
        record.partition = sample.partition;
        record.timestamp = sample.timestamp;
        let key = self.show.read(&sample.key)?;
        (record.key_schema, record.key) = (key.schema, key.value);
        let value = self.show.read(&sample.value)?;
        (record.value_schema, record.value) = (value.schema, value.value);
        for (name, part) in &sample.headers {
            let content = self.show.read(part)?;
            record.headers.add(Header {
                key: Text::from(name.as_str()),
                schema: content.schema,
                value: content.value,
            });
        }
        Ok(())
    }

    /// Applies the transforms one by one, showing the record after each.
    fn transform(
        &mut self,
        record: &mut RecordMut<'_>,
        run: &mut Run,
    ) -> Result<Verdict, StageError> {
        for (index, stage) in self.transforms.stages_mut().iter_mut().enumerate() {
            let applied = stage.apply(record);
            let change = match &applied {
                Ok(Applied::Yes(Verdict::Keep)) => Change::Record(self.show.record(record)),
                Ok(Applied::Yes(Verdict::Drop)) => Change::Dropped,
                Ok(Applied::No) => Change::NotApplied,
                Err(_) => Change::Failed,
            };
            let place = Stage::Transformation(index);
            run.steps.push(Step {
                stage: place.to_string(),
                alias: stage.alias.to_string(),
                classes: vec![stage.class.to_string()],
                change,
            });
            match applied {
                Ok(Applied::Yes(Verdict::Drop)) => return Ok(Verdict::Drop),
                Ok(_) => {}
                Err(error) => return Err(place.failed()(error)),
            }
        }
        Ok(Verdict::Keep)
    }

    fn conversion(&self, change: Change) -> Step {
        let classes = &self.converters.classes;
        let classes = [&classes.key, &classes.value, &classes.header];
        Step {
            stage: "CONVERTERS".to_owned(),
            alias: String::new(),
            classes: classes.map(ToString::to_string).into(),
            change,
        }
    }

    async fn read(
        &mut self,
        stage: Stage,
        topic: &str,
        part: &Part,
    ) -> Result<SchemaAndValue, StageError> {
        let bytes = shown::to_bytes(part).map_err(stage.failed())?;
        loop {
            let converter = match stage {
                Stage::KeyConverter => &mut self.converters.key,
                _ => &mut self.converters.value,
            };
            match converter.to_connect_data(topic, bytes.clone()) {
                Err(error) if error.kind() == ErrorKind::NeedsPreparation => {
                    converter.prepare().await.map_err(stage.failed())?;
                }
                result => return result.map_err(stage.failed()),
            }
        }
    }

    async fn read_header(
        &mut self,
        topic: &str,
        name: &str,
        part: &Part,
    ) -> Result<SchemaAndValue, StageError> {
        let stage = Stage::HeaderConverter;
        let bytes = shown::to_bytes(part).map_err(stage.failed())?;
        loop {
            let header = &mut self.converters.header;
            match header.to_connect_header(topic, name, bytes.clone()) {
                Err(error) if error.kind() == ErrorKind::NeedsPreparation => {
                    header.prepare().await.map_err(stage.failed())?;
                }
                result => return result.map_err(stage.failed()),
            }
        }
    }

    /// The record as it would be in Kafka.
    async fn write(&mut self, record: &Record) -> Result<Json, StageError> {
        let mut headers = Vec::new();
        for header in record.headers.iter() {
            let mut shown = Map::new();
            shown.insert("key".to_owned(), header.key.to_string().into());
            let bytes = self.write_header(&record.topic, header).await?;
            shown::bytes(&mut shown, "value", bytes.as_deref());
            headers.push(Json::Object(shown));
        }
        let mut shown = Map::new();
        shown.insert("topic".to_owned(), (*record.topic).into());
        shown.insert("partition".to_owned(), record.partition.into());
        shown.insert("timestamp".to_owned(), record.timestamp.into());
        let key = self.write_part(Stage::KeyConverter, record).await?;
        shown::bytes(&mut shown, "key", key.as_deref());
        let value = self.write_part(Stage::ValueConverter, record).await?;
        shown::bytes(&mut shown, "value", value.as_deref());
        shown.insert("headers".to_owned(), Json::Array(headers));
        Ok(Json::Object(shown))
    }

    async fn write_part(
        &mut self,
        stage: Stage,
        record: &Record,
    ) -> Result<Option<Vec<u8>>, StageError> {
        let mut out = Vec::new();
        loop {
            out.clear();
            let (converter, schema, value) = match stage {
                Stage::KeyConverter => (&mut self.converters.key, &record.key_schema, &record.key),
                _ => (
                    &mut self.converters.value,
                    &record.value_schema,
                    &record.value,
                ),
            };
            match converter.from_connect_data(&record.topic, schema.as_ref(), value, &mut out) {
                Err(error) if error.kind() == ErrorKind::NeedsPreparation => {
                    converter.prepare().await.map_err(stage.failed())?;
                }
                Err(error) => return Err(stage.failed()(error)),
                Ok(encoded) => return Ok(owned(encoded, &mut out)),
            }
        }
    }

    async fn write_header(
        &mut self,
        topic: &str,
        header: &Header,
    ) -> Result<Option<Vec<u8>>, StageError> {
        let stage = Stage::HeaderConverter;
        let Header { key, schema, value } = header;
        let mut out = Vec::new();
        loop {
            out.clear();
            let converter = &mut self.converters.header;
            match converter.from_connect_header(topic, key, schema.as_ref(), value, &mut out) {
                Err(error) if error.kind() == ErrorKind::NeedsPreparation => {
                    converter.prepare().await.map_err(stage.failed())?;
                }
                Err(error) => return Err(stage.failed()(error)),
                Ok(encoded) => return Ok(owned(encoded, &mut out)),
            }
        }
    }

    fn topic_of(&self, sample: &Sample) -> Arc<str> {
        let topic = sample.topic.as_deref();
        topic.map_or_else(|| Arc::clone(&self.topic), Arc::from)
    }
}

/// The topic that a connector's configuration names first.
fn topic(config: &ConnectorConfig, kind: ConnectorType) -> Result<Arc<str>> {
    let named = match kind {
        ConnectorType::Source => config.props().get("topic").cloned().flatten(),
        ConnectorType::Sink => match config.topics()? {
            TopicSelection::Names(names) => names.into_iter().next(),
            TopicSelection::Pattern(_) => None,
        },
    };
    Ok(Arc::from(named.unwrap_or_else(|| "topic".to_owned())))
}

/// A sink's sample as it would be in Kafka.
fn consumed(sample: &Sample, topic: &str, offset: i64) -> Json {
    let mut shown = Map::new();
    shown.insert("topic".to_owned(), topic.into());
    shown.insert("partition".to_owned(), sample.partition.unwrap_or(0).into());
    shown.insert("offset".to_owned(), offset.into());
    shown.insert("timestamp".to_owned(), sample.timestamp.into());
    let part = |shown: &mut Map<String, Json>, name: &str, part: &Part| match &part.base64 {
        Some(text) => shown.insert(format!("{name}Base64"), text.as_str().into()),
        None => shown.insert(name.to_owned(), part.json.clone()),
    };
    part(&mut shown, "key", &sample.key);
    part(&mut shown, "value", &sample.value);
    let headers = sample.headers.iter().map(|(name, value)| {
        let mut shown = Map::new();
        shown.insert("key".to_owned(), name.as_str().into());
        part(&mut shown, "value", value);
        Json::Object(shown)
    });
    let headers = headers.collect();
    shown.insert("headers".to_owned(), Json::Array(headers));
    Json::Object(shown)
}

fn owned(encoded: Encoded<'_>, out: &mut Vec<u8>) -> Option<Vec<u8>> {
    match encoded {
        Encoded::Null => None,
        Encoded::Borrowed(bytes) => Some(bytes.to_vec()),
        Encoded::Appended => Some(std::mem::take(out)),
    }
}
