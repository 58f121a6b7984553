//! A sink that keeps what it is given.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use windlass_api::{
    ConfigDef, ConnectError, ConnectorContext, ConnectorPlugin, ErrantRecordReporter, NewConnector,
    Props, Result, SinkConnector, SinkOffsets, SinkRecord, SinkTask, SinkTaskContext,
    TopicPartition, Value,
};

use super::Script;

pub const SINK_CLASS: &str = "test.ScriptedSinkConnector";

/// What the sink tasks of a test were given.
#[derive(Default)]
pub struct Taken {
    pub records: Mutex<Vec<SinkRecord>>,
    /// Every batch that was put, also those refused.
    pub batches: Mutex<Vec<Vec<i64>>>,
    pub context: Mutex<Option<Arc<dyn SinkTaskContext>>>,
    pub opened: Mutex<Vec<TopicPartition>>,
    pub closed: Mutex<Vec<TopicPartition>>,
    /// What `pre_commit` gives back instead of all it was offered.
    pub pre_commit: Mutex<Option<SinkOffsets>>,
    pub offered: Mutex<Vec<SinkOffsets>>,
    /// Values that the task reports instead of taking them.
    pub errant: Mutex<Vec<String>>,
    /// What the reports answered.
    pub reported: Mutex<Vec<std::result::Result<(), String>>>,
}

impl Taken {
    pub fn values(&self) -> Vec<String> {
        self.records.lock().unwrap().iter().map(text).collect()
    }

    pub fn context(&self) -> Arc<dyn SinkTaskContext> {
        Arc::clone(self.context.lock().unwrap().as_ref().unwrap())
    }
}

pub fn plugin(script: &Arc<Script>) -> ConnectorPlugin {
    let script = Arc::clone(script);
    let new = move || Box::new(Connector(Arc::clone(&script))) as Box<dyn SinkConnector>;
    ConnectorPlugin {
        class: SINK_CLASS,
        version: "1.0",
        new: NewConnector::Sink(Arc::new(new)),
    }
}

struct Connector(Arc<Script>);

#[async_trait]
impl SinkConnector for Connector {
    fn config(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn version(&self) -> &str {
        "1.0"
    }

    async fn start(&mut self, _context: Arc<dyn ConnectorContext>, _props: Props) -> Result<()> {
        self.0.enter("connector.start").await
    }

    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>> {
        self.0.enter("connector.task_configs").await?;
        Ok(vec![Props::new(); max_tasks])
    }

    fn task_class(&self) -> &'static str {
        "test.ScriptedSinkTask"
    }

    fn new_task(&self) -> Box<dyn SinkTask> {
        Box::new(Task(Arc::clone(&self.0), None))
    }
}

struct Task(Arc<Script>, Option<Arc<dyn ErrantRecordReporter>>);

impl Task {
    /// Reports what it is told to, hides what comes of it, and gives back the others.
    async fn report(&self, records: &[SinkRecord]) -> Vec<SinkRecord> {
        let errant = self.0.sink.errant.lock().unwrap().clone();
        let mut kept = Vec::new();
        for record in records {
            let Some(reporter) = self.1.as_ref().filter(|_| errant.contains(&text(record))) else {
                kept.push(record.clone());
                continue;
            };
            let error = ConnectError::data(format!("{} is errant", text(record)));
            let answer = match reporter.report(record, error) {
                Ok(written) => written.await,
                Err(error) => Err(error),
            };
            let answer = answer.map_err(|error| error.to_string());
            self.0.sink.reported.lock().unwrap().push(answer);
        }
        kept
    }
}

fn text(record: &SinkRecord) -> String {
    match &record.record.value {
        Value::String(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}

#[async_trait]
impl SinkTask for Task {
    async fn start(&mut self, context: Arc<dyn SinkTaskContext>, _props: Props) -> Result<()> {
        self.1 = context.errant_record_reporter();
        *self.0.sink.context.lock().unwrap() = Some(context);
        self.0.enter("task.start").await
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.0
            .sink
            .opened
            .lock()
            .unwrap()
            .extend_from_slice(partitions);
        self.0.enter("task.open").await
    }

    async fn put(&mut self, records: &[SinkRecord]) -> Result<()> {
        let offsets = records.iter().map(|r| r.kafka_offset).collect();
        self.0.sink.batches.lock().unwrap().push(offsets);
        self.0
            .enter(if records.is_empty() {
                "task.put_nothing"
            } else {
                "task.put"
            })
            .await?;
        let taken = self.report(records).await;
        self.0.sink.records.lock().unwrap().extend(taken);
        Ok(())
    }

    async fn pre_commit(&mut self, offsets: SinkOffsets) -> Result<SinkOffsets> {
        self.0.sink.offered.lock().unwrap().push(offsets.clone());
        self.0.enter("task.pre_commit").await?;
        Ok(self
            .0
            .sink
            .pre_commit
            .lock()
            .unwrap()
            .clone()
            .unwrap_or(offsets))
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.0
            .sink
            .closed
            .lock()
            .unwrap()
            .extend_from_slice(partitions);
        self.0.enter("task.close").await
    }

    async fn stop(&mut self) -> Result<()> {
        self.0.enter("task.stop").await
    }
}
