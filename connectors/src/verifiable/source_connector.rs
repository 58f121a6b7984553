//! VerifiableSource: the connector.

use async_trait::async_trait;
use windlass_api::{ConfigDef, Props, Result, SourceConnector, SourceConnectorContext, SourceTask};

use super::source_task::VerifiableSourceTask;
use crate::TEST_VERSION;
use crate::numbered::numbered_tasks;

/// Makes numbered records, in as many tasks as may be.
#[derive(Default)]
pub struct VerifiableSourceConnector {
    props: Props,
}

#[async_trait]
impl SourceConnector for VerifiableSourceConnector {
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
        "org.apache.kafka.connect.tools.VerifiableSourceTask"
    }

    fn new_task(&self) -> Box<dyn SourceTask> {
        Box::new(VerifiableSourceTask::default())
    }
}
