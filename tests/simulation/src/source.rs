//! A source that counts.

use std::sync::Arc;
use std::time::Duration;

use windlass_api::{
    ConfigDef, ConnectError, ConnectorPlugin, NewConnector, Props, RecordMetadata, Result, Schema,
    SourceConnector, SourceConnectorContext, SourceOffset, SourcePartition, SourceRecord,
    SourceTask, SourceTaskContext, Value, async_trait,
};

use crate::journal::Journal;
use crate::run::Running;

/// Its name in configurations.
pub(crate) const CLASS: &str = "simulation.Source";

/// The class on one host.
pub(crate) fn plugin(host: &str, journal: &Arc<Journal>) -> ConnectorPlugin {
    let (host, journal) = (Arc::from(host), Arc::clone(journal));
    ConnectorPlugin {
        class: CLASS,
        version: "1",
        new: NewConnector::Source(Arc::new(move || {
            Box::new(Counting {
                host: Arc::clone(&host),
                journal: Arc::clone(&journal),
                props: Props::new(),
            })
        })),
    }
}

struct Counting {
    host: Arc<str>,
    journal: Arc<Journal>,
    props: Props,
}

#[async_trait]
impl SourceConnector for Counting {
    fn config(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn version(&self) -> &str {
        "1"
    }

    async fn start(&mut self, _context: SourceConnectorContext, props: Props) -> Result<()> {
        self.props = props;
        Ok(())
    }

    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>> {
        Ok(task_configs(&self.props, max_tasks))
    }

    fn task_class(&self) -> &'static str {
        "simulation.SourceTask"
    }

    fn new_task(&self) -> Box<dyn SourceTask> {
        Box::new(Count {
            host: Arc::clone(&self.host),
            journal: Arc::clone(&self.journal),
            running: None,
            topic: Arc::from(""),
            name: String::new(),
            partition: SourcePartition::default(),
            next: 0,
        })
    }
}

/// As many as there may be, each knowing its number and how many there are.
pub(crate) fn task_configs(props: &Props, max_tasks: usize) -> Vec<Props> {
    let task = |number: usize| {
        let mut props = props.clone();
        props.insert("task.number".to_owned(), Some(number.to_string()));
        props.insert("task.count".to_owned(), Some(max_tasks.to_string()));
        props
    };
    (0..max_tasks).map(task).collect()
}

struct Count {
    host: Arc<str>,
    journal: Arc<Journal>,
    running: Option<Running>,
    topic: Arc<str>,
    /// Connector and number of the task: the part of the source that it counts in.
    name: String,
    partition: SourcePartition,
    next: i64,
}

impl Count {
    fn moved(&self) {
        if let Some(running) = &self.running {
            self.journal
                .position(&self.name, running.number(), self.next);
        }
    }
}

#[async_trait]
impl SourceTask for Count {
    async fn start(&mut self, context: SourceTaskContext, props: Props) -> Result<()> {
        let running = Running::begin(&self.journal, &self.host, &props)?;
        self.name = running.name();
        self.running = Some(running);
        let topic = props.get("topic").cloned().flatten();
        self.topic = Arc::from(topic.ok_or_else(|| ConnectError::connect("topic is missing"))?);
        self.partition = SourcePartition::named("source", Value::from(self.name.as_str()));
        let stored = context.offsets.offset(&self.partition).await?;
        let stored = stored.and_then(|offset| offset.get("next")?.as_integer());
        self.next = stored.unwrap_or(0);
        self.journal.begins_at(&self.name, self.next);
        self.moved();
        Ok(())
    }

    async fn poll(&mut self, records: &mut Vec<SourceRecord>) -> Result<()> {
        tokio::time::sleep(BETWEEN).await;
        if self.journal.is_quiet() {
            return std::future::pending().await;
        }
        for _ in 0..AT_ONCE {
            let offset = SourceOffset::position("next", self.next + 1);
            let record = SourceRecord::new(&self.partition, offset, Arc::clone(&self.topic));
            let value = format!("{}:{}", self.name, self.next);
            records.push(record.with_value(Schema::STRING, Value::from(value.as_str())));
            self.next += 1;
        }
        self.moved();
        Ok(())
    }

    fn wants_commit_record(&self) -> bool {
        true
    }

    async fn commit_record(
        &mut self,
        record: SourceRecord,
        metadata: Option<RecordMetadata>,
    ) -> Result<()> {
        if let Some(at) = metadata {
            let place = (at.topic.to_string(), at.partition, at.offset);
            self.journal.acknowledged(place, &record.value.to_string());
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<()> {
        self.running = None;
        Ok(())
    }
}

const BETWEEN: Duration = Duration::from_millis(200);
const AT_ONCE: usize = 2;
