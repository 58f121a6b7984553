//! A source that gives the lines a test feeds it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::Notify;
use windlass_api::{
    ConfigDef, ConfigKey, ConnectorContext, ConnectorPlugin, ExactlyOnceSupport, Headers, Kind,
    NewConnector, OffsetMap, Props, Record, RecordMetadata, Result, Schema, SourceConnector,
    SourceConnectorContext, SourceOffset, SourcePartition, SourceRecord, SourceTask,
    SourceTaskContext, Text, TransactionContext, Value,
};

use super::Script;

pub const SOURCE_CLASS: &str = "test.ScriptedSourceConnector";

/// Lines for the source tasks of a test.
#[derive(Default)]
pub struct Feed {
    lines: Mutex<VecDeque<SourceRecord>>,
    more: Notify,
    pub context: Mutex<Option<Arc<dyn ConnectorContext>>>,
    /// The offsets that tasks found at their start.
    pub found: Mutex<Vec<Option<OffsetMap>>>,
    pub committed: Mutex<Vec<(SourceRecord, Option<RecordMetadata>)>>,
}

impl Feed {
    /// One batch of records for the topic, one per value; offsets count them.
    pub fn give(&self, topic: &str, values: impl IntoIterator<Item = Value>) {
        let topic: Arc<str> = Arc::from(topic);
        let mut lines = self.lines.lock().unwrap();
        for value in values {
            lines.push_back(record(&topic, value));
        }
        drop(lines);
        self.more.notify_one();
    }

    /// As [`Self::give`], with these headers on each.
    pub fn give_with_headers(
        &self,
        topic: &str,
        values: impl IntoIterator<Item = Value>,
        headers: &Headers,
    ) {
        let topic: Arc<str> = Arc::from(topic);
        let mut lines = self.lines.lock().unwrap();
        for value in values {
            let mut record = record(&topic, value);
            record.record.headers = headers.clone();
            lines.push_back(record);
        }
        drop(lines);
        self.more.notify_one();
    }

    pub fn give_lines(&self, topic: &str, from: i64, count: i64) {
        self.give(
            topic,
            (from..from + count).map(|n| Value::String(Text::from(n.to_string()))),
        );
    }
}

fn record(topic: &Arc<str>, value: Value) -> SourceRecord {
    let position = match &value {
        Value::String(text) => {
            let number = text.split(' ').next().unwrap_or_default();
            number.parse().unwrap_or(-1)
        }
        _ => -1,
    };
    SourceRecord {
        record: Record {
            topic: Arc::clone(topic),
            partition: None,
            key_schema: None,
            key: Value::Null,
            value_schema: matches!(value, Value::String(_)).then(|| Schema::STRING),
            value,
            timestamp: None,
            headers: Headers::new(),
        },
        source_partition: partition(),
        source_offset: SourceOffset::position("position", position),
    }
}

pub fn partition() -> SourcePartition {
    SourcePartition::new(OffsetMap::from([(
        "file".to_owned(),
        Value::String(Text::from("in")),
    )]))
}

pub fn plugin(script: &Arc<Script>) -> ConnectorPlugin {
    let script = Arc::clone(script);
    let new = move || Box::new(Connector(Arc::clone(&script))) as Box<dyn SourceConnector>;
    ConnectorPlugin {
        class: SOURCE_CLASS,
        version: "1.0",
        new: NewConnector::Source(Arc::new(new)),
    }
}

struct Connector(Arc<Script>);

#[async_trait]
impl SourceConnector for Connector {
    fn config(&self) -> ConfigDef {
        ConfigDef::new().define(ConfigKey::new("file", Kind::String).optional())
    }

    fn version(&self) -> &str {
        "1.0"
    }

    async fn start(&mut self, context: SourceConnectorContext, props: Props) -> Result<()> {
        let name = props["name"].clone().unwrap_or_default();
        *self.0.source.context.lock().unwrap() = Some(context.connector);
        self.0.enter(&format!("{name}.start")).await?;
        self.0.enter("connector.start").await
    }

    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>> {
        self.0.enter("connector.task_configs").await?;
        Ok((0..max_tasks)
            .map(|n| super::props(&[("number", &n.to_string())]))
            .collect())
    }

    fn task_class(&self) -> &'static str {
        "test.ScriptedSourceTask"
    }

    fn new_task(&self) -> Box<dyn SourceTask> {
        Box::new(Task(Arc::clone(&self.0), None))
    }

    async fn alter_offsets(
        &mut self,
        _props: &Props,
        _offsets: &[(Option<OffsetMap>, Option<OffsetMap>)],
    ) -> Result<bool> {
        self.0.enter("connector.alter_offsets").await?;
        Ok(true)
    }

    fn exactly_once_support(&self, props: &Props) -> Option<ExactlyOnceSupport> {
        match props.get("file")?.as_deref()? {
            "none" => Some(ExactlyOnceSupport::Unsupported),
            _ => Some(ExactlyOnceSupport::Supported),
        }
    }

    fn can_define_transaction_boundaries(&self, props: &Props) -> bool {
        props.contains_key("file")
    }

    async fn stop(&mut self) -> Result<()> {
        self.0.enter("connector.stop").await
    }
}

/// It ends transactions after records that say so.
struct Task(Arc<Script>, Option<TransactionContext>);

impl Task {
    fn end_transactions(&self, records: &[SourceRecord]) {
        let Some(transactions) = &self.1 else { return };
        for (place, record) in records.iter().enumerate() {
            let Value::String(text) = &record.record.value else {
                continue;
            };
            match text.split_once(' ').map(|(_, wish)| wish) {
                Some("commit") => transactions.commit_transaction_on(place),
                Some("abort") => transactions.abort_transaction_on(place),
                Some("commit batch") => transactions.commit_transaction(),
                Some("abort batch") => transactions.abort_transaction(),
                _ => {}
            }
        }
    }
}

#[async_trait]
impl SourceTask for Task {
    async fn start(&mut self, context: SourceTaskContext, _props: Props) -> Result<()> {
        let found = context.offsets.offset(&partition()).await?;
        self.0.source.found.lock().unwrap().push(found);
        self.1 = context.transactions;
        self.0.enter("task.start").await
    }

    async fn poll(&mut self, records: &mut Vec<SourceRecord>) -> Result<()> {
        let feed = &self.0.source;
        loop {
            self.0.enter("task.poll").await?;
            records.extend(feed.lines.lock().unwrap().drain(..));
            if !records.is_empty() {
                self.end_transactions(records);
                return Ok(());
            }
            feed.more.notified().await;
        }
    }

    async fn commit(&mut self) -> Result<()> {
        self.0.enter("task.commit").await
    }

    fn wants_commit_record(&self) -> bool {
        true
    }

    async fn commit_record(
        &mut self,
        record: SourceRecord,
        metadata: Option<RecordMetadata>,
    ) -> Result<()> {
        self.0
            .source
            .committed
            .lock()
            .unwrap()
            .push((record, metadata));
        self.0.enter("task.commit_record").await
    }

    async fn stop(&mut self) -> Result<()> {
        self.0.enter("task.stop").await
    }
}
