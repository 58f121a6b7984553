//! MockSink: the connector.

use std::sync::Arc;

use async_trait::async_trait;
use windlass_api::{ConfigDef, ConnectorContext, Props, Result, SinkConnector, SinkTask};

use super::failure::ConnectorFailure;
use super::sink_task::MockSinkTask;
use crate::TEST_VERSION;

/// A sink that drops its records, and fails after a while, or whose one task does.
#[derive(Default)]
pub struct MockSinkConnector {
    props: Props,
    failure: ConnectorFailure,
}

#[async_trait]
impl SinkConnector for MockSinkConnector {
    fn config(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn version(&self) -> &str {
        TEST_VERSION
    }

    async fn start(&mut self, context: Arc<dyn ConnectorContext>, props: Props) -> Result<()> {
        self.failure = ConnectorFailure::plan(&props, context)?;
        self.props = props;
        Ok(())
    }

    async fn task_configs(&mut self, _max_tasks: usize) -> Result<Vec<Props>> {
        Ok(vec![self.props.clone()])
    }

    fn task_class(&self) -> &'static str {
        "org.apache.kafka.connect.tools.MockSinkTask"
    }

    fn new_task(&self) -> Box<dyn SinkTask> {
        Box::new(MockSinkTask::default())
    }

    async fn stop(&mut self) -> Result<()> {
        self.failure = ConnectorFailure::default();
        Ok(())
    }
}
