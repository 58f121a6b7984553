//! VerifiableSource and VerifiableSink: numbered records, and a line of JSON on standard output for each.
//!
//! Kafka's system tests read these lines to see what was lost or came twice. Classes, keys, offsets and lines are those
//! of `connect-test-plugins` 4.3.1.

mod line;
mod sink_connector;
mod sink_task;
mod source_connector;
mod source_task;

use std::sync::Arc;

use windlass_api::{ConnectorPlugin, NewConnector};

pub use sink_connector::VerifiableSinkConnector;
pub use sink_task::VerifiableSinkTask;
pub use source_connector::VerifiableSourceConnector;
pub use source_task::VerifiableSourceTask;

use crate::TEST_VERSION;

/// `org.apache.kafka.connect.tools.VerifiableSourceConnector`
pub fn source_plugin() -> ConnectorPlugin {
    ConnectorPlugin {
        class: "org.apache.kafka.connect.tools.VerifiableSourceConnector",
        version: TEST_VERSION,
        new: NewConnector::Source(Arc::new(|| Box::new(VerifiableSourceConnector::default()))),
    }
}

/// `org.apache.kafka.connect.tools.VerifiableSinkConnector`
pub fn sink_plugin() -> ConnectorPlugin {
    ConnectorPlugin {
        class: "org.apache.kafka.connect.tools.VerifiableSinkConnector",
        version: TEST_VERSION,
        new: NewConnector::Sink(Arc::new(|| Box::new(VerifiableSinkConnector::default()))),
    }
}
