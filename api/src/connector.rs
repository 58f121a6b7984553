//! What source and sink connectors share.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::{ConnectError, SinkConnector, SourceConnector};

/// A configuration: string keys and values in the order given. A `None` value is a JSON null.
pub type Props = IndexMap<String, Option<String>>;

/// What the runtime offers a connector. Refused after the connector was stopped.
pub trait ConnectorContext: Send + Sync {
    /// Asks the runtime to call `task_configs` again.
    fn request_task_reconfiguration(&self);

    /// Fails the connector.
    fn raise_error(&self, error: ConnectError);
}

/// A connector class that the worker knows.
#[derive(Clone)]
pub struct ConnectorPlugin {
    /// The full Java class name, as in `connector.class`.
    pub class: &'static str,
    /// The version shown by REST.
    pub version: &'static str,
    /// Makes a connector.
    pub new: NewConnector,
}

/// Makes a connector of one kind or the other.
#[derive(Clone)]
pub enum NewConnector {
    /// A source.
    Source(Arc<dyn Fn() -> Box<dyn SourceConnector> + Send + Sync>),
    /// A sink.
    Sink(Arc<dyn Fn() -> Box<dyn SinkConnector> + Send + Sync>),
}
