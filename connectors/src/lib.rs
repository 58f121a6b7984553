//! The bundled connectors.

pub mod file;
pub mod mock;
mod numbered;
mod pace;
pub mod schema;
mod seqno;
pub mod verifiable;

use windlass_api::ConnectorPlugin;

/// Every connector class of this crate that users are shown.
pub fn plugins() -> Vec<ConnectorPlugin> {
    vec![file::sink_plugin(), file::source_plugin()]
}

/// Kafka's test connectors, which a configuration may name but no list shows, as in Kafka's own distribution.
pub fn test_plugins() -> Vec<ConnectorPlugin> {
    vec![
        mock::sink_plugin(),
        mock::source_plugin(),
        schema::source_plugin(),
        verifiable::sink_plugin(),
        verifiable::source_plugin(),
    ]
}

/// The version of `connect-test-plugins` whose behaviour the test connectors have.
const TEST_VERSION: &str = "4.3.1";
