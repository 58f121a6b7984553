//! MockSource: the connector.

use async_trait::async_trait;
use windlass_api::{ConfigDef, Props, Result, SourceConnector, SourceConnectorContext, SourceTask};

use super::failure::ConnectorFailure;
use super::source_task::MockSourceTask;
use crate::TEST_VERSION;

/// A source without records, which fails after a while, or whose one task does.
#[derive(Default)]
pub struct MockSourceConnector {
    props: Props,
    failure: ConnectorFailure,
}

#[async_trait]
impl SourceConnector for MockSourceConnector {
    fn config(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn version(&self) -> &str {
        TEST_VERSION
    }

    async fn start(&mut self, context: SourceConnectorContext, props: Props) -> Result<()> {
        self.failure = ConnectorFailure::plan(&props, context.connector)?;
        self.props = props;
        Ok(())
    }

    async fn task_configs(&mut self, _max_tasks: usize) -> Result<Vec<Props>> {
        Ok(vec![self.props.clone()])
    }

    fn task_class(&self) -> &'static str {
        "org.apache.kafka.connect.tools.MockSourceTask"
    }

    fn new_task(&self) -> Box<dyn SourceTask> {
        Box::new(MockSourceTask::default())
    }

    async fn stop(&mut self) -> Result<()> {
        self.failure = ConnectorFailure::default();
        Ok(())
    }
}
