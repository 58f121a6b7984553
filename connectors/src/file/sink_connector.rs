//! FileStreamSink: the connector.

use std::sync::Arc;

use async_trait::async_trait;
use tracing::info;
use windlass_api::{
    ConfigDef, ConnectorContext, Props, Result, SinkConnector, SinkTask, TopicPartition,
};

use super::sink_task::FileStreamSinkTask;
use super::{VERSION, config};

/// Writes the values of topics to a file, one line each.
#[derive(Default)]
pub struct FileStreamSinkConnector {
    props: Props,
}

#[async_trait]
impl SinkConnector for FileStreamSinkConnector {
    fn config(&self) -> ConfigDef {
        config::sink()
    }

    fn version(&self) -> &str {
        VERSION
    }

    async fn start(&mut self, _context: Arc<dyn ConnectorContext>, props: Props) -> Result<()> {
        let file = config::sink_file(&props)?;
        info!(
            file = file.as_deref().unwrap_or("standard output"),
            "file sink connector starts"
        );
        self.props = props;
        Ok(())
    }

    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>> {
        Ok(vec![self.props.clone(); max_tasks])
    }

    fn task_class(&self) -> &'static str {
        "org.apache.kafka.connect.file.FileStreamSinkTask"
    }

    fn new_task(&self) -> Box<dyn SinkTask> {
        Box::new(FileStreamSinkTask::default())
    }

    async fn alter_offsets(
        &mut self,
        _props: &Props,
        _offsets: &[(TopicPartition, Option<i64>)],
    ) -> Result<bool> {
        // Kafka keeps the offsets; any are as good.
        Ok(true)
    }
}
