//! The converters of one task.

use windlass_api::{Converter, HeaderConverter, Result};

use super::Stage;

/// The converters of one task, with the Java names of their classes.
pub(crate) struct Converters {
    pub(crate) key: Box<dyn Converter>,
    pub(crate) value: Box<dyn Converter>,
    pub(crate) header: Box<dyn HeaderConverter>,
    pub(crate) classes: ConverterClasses,
}

/// The Java names of the classes of converters.
pub(crate) struct ConverterClasses {
    pub(crate) key: Box<str>,
    pub(crate) value: Box<str>,
    pub(crate) header: Box<str>,
}

impl Converters {
    /// Does the I/O that the last conversion of this stage asked for.
    pub(crate) async fn prepare(&mut self, stage: Stage) -> Result<()> {
        match stage {
            Stage::KeyConverter => self.key.prepare().await,
            Stage::ValueConverter => self.value.prepare().await,
            Stage::HeaderConverter => self.header.prepare().await,
            Stage::TaskPut | Stage::Transformation(_) | Stage::KafkaProduce => Ok(()),
        }
    }

    /// The class of a stage that is a conversion.
    pub(crate) fn class(&self, stage: Stage) -> &str {
        match stage {
            Stage::KeyConverter => &self.classes.key,
            Stage::ValueConverter => &self.classes.value,
            Stage::HeaderConverter => &self.classes.header,
            Stage::TaskPut | Stage::Transformation(_) | Stage::KafkaProduce => "",
        }
    }
}
