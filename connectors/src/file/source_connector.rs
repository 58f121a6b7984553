//! FileStreamSource: the connector.

use async_trait::async_trait;
use tracing::info;
use windlass_api::{
    ConfigDef, ConnectError, ExactlyOnceSupport, OffsetMap, Props, Result, SourceConnector,
    SourceConnectorContext, SourceTask, Value,
};

use super::VERSION;
use super::config::{self, SourceConfig};
use super::source_task::{FILENAME_FIELD, FileStreamSourceTask, POSITION_FIELD};

/// Reads a file line by line into a topic, with one task.
#[derive(Default)]
pub struct FileStreamSourceConnector {
    props: Props,
}

#[async_trait]
impl SourceConnector for FileStreamSourceConnector {
    fn config(&self) -> ConfigDef {
        config::source()
    }

    fn version(&self) -> &str {
        VERSION
    }

    async fn start(&mut self, _context: SourceConnectorContext, props: Props) -> Result<()> {
        let config = SourceConfig::parse(&props)?;
        info!(
            file = config.file.as_deref().unwrap_or("standard input"),
            "file source connector starts"
        );
        self.props = props;
        Ok(())
    }

    async fn task_configs(&mut self, _max_tasks: usize) -> Result<Vec<Props>> {
        Ok(vec![self.props.clone()])
    }

    fn task_class(&self) -> &'static str {
        "org.apache.kafka.connect.file.FileStreamSourceTask"
    }

    fn new_task(&self) -> Box<dyn SourceTask> {
        Box::new(FileStreamSourceTask::default())
    }

    async fn alter_offsets(
        &mut self,
        props: &Props,
        offsets: &[(Option<OffsetMap>, Option<OffsetMap>)],
    ) -> Result<bool> {
        if SourceConfig::parse(props)?.file.is_none() {
            return Err(ConnectError::connect(
                "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for \
                 input and offsets are not tracked.",
            ));
        }
        for (partition, offset) in offsets {
            // Anything may be removed: otherwise garbage could never be.
            if let Some(offset) = offset {
                check_offset(partition.as_ref(), offset)?;
            }
        }
        Ok(true)
    }

    fn exactly_once_support(&self, props: &Props) -> Option<ExactlyOnceSupport> {
        // A wrong configuration is refused elsewhere; where the file is not known, nothing is promised.
        Some(
            match SourceConfig::parse(props)
                .ok()
                .and_then(|config| config.file)
            {
                Some(_) => ExactlyOnceSupport::Supported,
                None => ExactlyOnceSupport::Unsupported,
            },
        )
    }
}

fn check_offset(partition: Option<&OffsetMap>, offset: &OffsetMap) -> Result<()> {
    let refused = |why: String| Err(ConnectError::connect(why));
    match offset.get(POSITION_FIELD) {
        None => {
            return refused(format!(
                "Offset objects should either be null or contain the key '{POSITION_FIELD}'"
            ));
        }
        Some(Value::Int64(position)) if *position < 0 => {
            return refused(format!(
                "The value for the '{POSITION_FIELD}' key in the offset should be a non-negative value"
            ));
        }
        Some(Value::Int64(_)) => {}
        Some(_) => {
            return refused(format!(
                "The value for the '{POSITION_FIELD}' key in the offset is expected to be a Long value"
            ));
        }
    }
    match partition {
        None => refused("Partition objects cannot be null".to_owned()),
        Some(partition) if !partition.contains_key(FILENAME_FIELD) => refused(format!(
            "Partition objects should contain the key '{FILENAME_FIELD}'"
        )),
        Some(_) => Ok(()),
    }
}
