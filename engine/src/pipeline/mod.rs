//! What happens to a record between a connector and Kafka.

mod stage;
mod tolerance;
mod transforms;

pub(crate) use stage::{Stage, StageError};
pub(crate) use tolerance::Tolerance;
pub(crate) use transforms::{TransformStage, Transforms};

use windlass_api::{Converter, HeaderConverter, Result};

/// The converters of one task.
pub(crate) struct Converters {
    pub(crate) key: Box<dyn Converter>,
    pub(crate) value: Box<dyn Converter>,
    pub(crate) header: Box<dyn HeaderConverter>,
}

impl Converters {
    /// Does the I/O that the last conversion of this stage asked for.
    pub(crate) async fn prepare(&mut self, stage: Stage) -> Result<()> {
        match stage {
            Stage::KeyConverter => self.key.prepare().await,
            Stage::ValueConverter => self.value.prepare().await,
            Stage::HeaderConverter => self.header.prepare().await,
            Stage::Transformation | Stage::KafkaProduce => Ok(()),
        }
    }
}
