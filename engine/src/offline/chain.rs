//! The transforms of a connector by themselves.

use std::sync::Arc;

use windlass_api::{ConnectError, Props, RecordMut, Result, Verdict};

use crate::config::ConnectorConfig;
use crate::herder::ConnectorType;
use crate::pipeline::{Transforms, build_transforms};
use crate::plugins::Plugins;

/// The transforms and predicates of a connector, as a task has them.
pub struct Chain(Transforms);

impl Chain {
    /// Makes the chain that a connector's configuration describes.
    ///
    /// # Errors
    /// Those that a task of the connector would fail with at its start.
    pub fn new(plugins: &Arc<Plugins>, kind: ConnectorType, props: Props) -> Result<Self> {
        let config = ConnectorConfig::new(plugins, kind, props)?;
        build_transforms(plugins, &config).map(Chain)
    }

    /// Changes the record in place, or drops it.
    ///
    /// # Errors
    /// Those of the transforms and predicates.
    pub fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict, ConnectError> {
        self.0.apply(record).map_err(|failure| failure.error)
    }
}
