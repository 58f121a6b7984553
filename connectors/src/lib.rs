//! The bundled connectors.

pub mod file;

use windlass_api::ConnectorPlugin;

/// Every connector class of this crate.
pub fn plugins() -> Vec<ConnectorPlugin> {
    vec![file::sink_plugin(), file::source_plugin()]
}
