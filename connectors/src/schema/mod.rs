//! SchemaSource: structs with schemas, for tests of converters and transforms.
//!
//! Class, keys, offsets and records are those of `connect-test-plugins` 4.3.1.

mod source_connector;
mod source_task;

use std::sync::Arc;

use windlass_api::{ConnectorPlugin, NewConnector};

pub use source_connector::SchemaSourceConnector;
pub use source_task::SchemaSourceTask;

use crate::TEST_VERSION;

/// `org.apache.kafka.connect.tools.SchemaSourceConnector`
pub fn source_plugin() -> ConnectorPlugin {
    ConnectorPlugin {
        class: "org.apache.kafka.connect.tools.SchemaSourceConnector",
        version: TEST_VERSION,
        new: NewConnector::Source(Arc::new(|| Box::new(SchemaSourceConnector::default()))),
    }
}
