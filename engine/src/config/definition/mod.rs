//! The configuration keys of the worker and of connectors, as Java defines them.

use std::sync::Arc;

use windlass_api::ConfigDef;

use crate::plugins::Plugins;

pub(crate) use sink::dead_letter_keys;

pub(super) mod connector;
pub(super) mod distributed;
pub(super) mod rest;
pub(super) mod sink;
pub(super) mod source;
pub(super) mod standalone;
pub(super) mod tls;
pub(super) mod worker;

/// The keys that all connectors have, as they are without a worker (`ConnectorConfig.configDef`).
pub fn connector_keys(plugins: &Arc<Plugins>) -> ConfigDef {
    connector::keys(plugins, connector::Defaults::default(), false)
}

/// The keys that sink connectors have (`SinkConnectorConfig.configDef`).
pub fn sink_keys(plugins: &Arc<Plugins>) -> ConfigDef {
    sink::keys(connector_keys(plugins))
}

/// The keys that source connectors have (`SourceConnectorConfig.configDef`).
pub fn source_keys(plugins: &Arc<Plugins>) -> ConfigDef {
    source::keys(connector_keys(plugins))
}

/// The keys that a standalone worker has (`StandaloneConfig`).
pub fn standalone_keys() -> ConfigDef {
    standalone::keys()
}

/// The keys that a distributed worker has (`DistributedConfig`).
pub fn distributed_keys() -> ConfigDef {
    distributed::keys()
}
