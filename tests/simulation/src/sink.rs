//! A sink that keeps what it was given in memory until it is told to flush.

use std::sync::Arc;

use windlass_api::{
    ConfigDef, ConnectorContext, ConnectorPlugin, NewConnector, Props, Result, SinkConnector,
    SinkOffsets, SinkRecord, SinkTask, SinkTaskContext, async_trait,
};

use crate::journal::{Journal, Place};
use crate::run::Running;
use crate::source::task_configs;

/// Its name in configurations.
pub(crate) const CLASS: &str = "simulation.Sink";

/// The class on one host.
pub(crate) fn plugin(host: &str, journal: &Arc<Journal>) -> ConnectorPlugin {
    let (host, journal) = (Arc::from(host), Arc::clone(journal));
    ConnectorPlugin {
        class: CLASS,
        version: "1",
        new: NewConnector::Sink(Arc::new(move || {
            Box::new(Recording {
                host: Arc::clone(&host),
                journal: Arc::clone(&journal),
                props: Props::new(),
            })
        })),
    }
}

struct Recording {
    host: Arc<str>,
    journal: Arc<Journal>,
    props: Props,
}

#[async_trait]
impl SinkConnector for Recording {
    fn config(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn version(&self) -> &str {
        "1"
    }

    async fn start(&mut self, _context: Arc<dyn ConnectorContext>, props: Props) -> Result<()> {
        self.props = props;
        Ok(())
    }

    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>> {
        Ok(task_configs(&self.props, max_tasks))
    }

    fn task_class(&self) -> &'static str {
        "simulation.SinkTask"
    }

    fn new_task(&self) -> Box<dyn SinkTask> {
        Box::new(Record {
            host: Arc::clone(&self.host),
            journal: Arc::clone(&self.journal),
            running: None,
            held: Vec::new(),
        })
    }
}

struct Record {
    host: Arc<str>,
    journal: Arc<Journal>,
    running: Option<Running>,
    /// What a crash loses.
    held: Vec<(Place, String)>,
}

#[async_trait]
impl SinkTask for Record {
    async fn start(&mut self, _context: Arc<dyn SinkTaskContext>, props: Props) -> Result<()> {
        self.running = Some(Running::begin(&self.journal, &self.host, &props)?);
        Ok(())
    }

    async fn put(&mut self, records: &[SinkRecord]) -> Result<()> {
        self.held.extend(records.iter().map(|record| {
            let topic = record.original_topic.to_string();
            let place = (topic, record.original_partition, record.kafka_offset);
            (place, record.value.to_string())
        }));
        Ok(())
    }

    async fn flush(&mut self, _offsets: &SinkOffsets) -> Result<()> {
        for (place, value) in self.held.drain(..) {
            self.journal.flushed(&place, &value);
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<()> {
        self.running = None;
        Ok(())
    }
}
