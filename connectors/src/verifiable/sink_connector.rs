//! VerifiableSink: the connector.

use std::sync::Arc;

use async_trait::async_trait;
use windlass_api::{ConfigDef, ConnectorContext, Props, Result, SinkConnector, SinkTask};

use super::sink_task::VerifiableSinkTask;
use crate::TEST_VERSION;
use crate::numbered::numbered_tasks;

/// Tells of every record that it got, in as many tasks as may be.
#[derive(Default)]
pub struct VerifiableSinkConnector {
    props: Props,
}

#[async_trait]
impl SinkConnector for VerifiableSinkConnector {
    fn config(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn version(&self) -> &str {
        TEST_VERSION
    }

    async fn start(&mut self, _context: Arc<dyn ConnectorContext>, props: Props) -> Result<()> {
        self.props = props;
        Ok(())
    }

    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>> {
        Ok(numbered_tasks(&self.props, max_tasks))
    }

    fn task_class(&self) -> &'static str {
        "org.apache.kafka.connect.tools.VerifiableSinkTask"
    }

    fn new_task(&self) -> Box<dyn SinkTask> {
        Box::new(VerifiableSinkTask::default())
    }
}
