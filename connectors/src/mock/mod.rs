//! MockSource and MockSink: connectors that fail after a while, for tests of restarts.
//!
//! Classes and keys are those of `connect-test-plugins` 4.3.1: `mock_mode` is `connector-failure` or `task-failure`,
//! `delay_ms` the while.

mod failure;
mod sink_connector;
mod sink_task;
mod source_connector;
mod source_task;

use std::sync::Arc;

use windlass_api::{ConnectorPlugin, NewConnector};

pub use sink_connector::MockSinkConnector;
pub use sink_task::MockSinkTask;
pub use source_connector::MockSourceConnector;
pub use source_task::MockSourceTask;

use crate::TEST_VERSION;

/// `org.apache.kafka.connect.tools.MockSourceConnector`
pub fn source_plugin() -> ConnectorPlugin {
    ConnectorPlugin {
        class: "org.apache.kafka.connect.tools.MockSourceConnector",
        version: TEST_VERSION,
        new: NewConnector::Source(Arc::new(|| Box::new(MockSourceConnector::default()))),
    }
}

/// `org.apache.kafka.connect.tools.MockSinkConnector`
pub fn sink_plugin() -> ConnectorPlugin {
    ConnectorPlugin {
        class: "org.apache.kafka.connect.tools.MockSinkConnector",
        version: TEST_VERSION,
        new: NewConnector::Sink(Arc::new(|| Box::new(MockSinkConnector::default()))),
    }
}
