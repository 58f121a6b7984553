//! SchemaSource: the connector.

use async_trait::async_trait;
use windlass_api::{ConfigDef, Props, Result, SourceConnector, SourceConnectorContext, SourceTask};

use super::source_task::SchemaSourceTask;
use crate::TEST_VERSION;
use crate::numbered::numbered_tasks;

/// Makes structs of one schema, or of two in turn, in as many tasks as may be.
#[derive(Default)]
pub struct SchemaSourceConnector {
    props: Props,
}

#[async_trait]
impl SourceConnector for SchemaSourceConnector {
    fn config(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn version(&self) -> &str {
        TEST_VERSION
    }

    async fn start(&mut self, _context: SourceConnectorContext, props: Props) -> Result<()> {
        self.props = props;
        Ok(())
    }

    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>> {
        Ok(numbered_tasks(&self.props, max_tasks))
    }

    fn task_class(&self) -> &'static str {
        "org.apache.kafka.connect.tools.SchemaSourceTask"
    }

    fn new_task(&self) -> Box<dyn SourceTask> {
        Box::new(SchemaSourceTask::default())
    }
}
