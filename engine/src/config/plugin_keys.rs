//! The keys of a plugin, as `GET /connector-plugins/{name}/config` lists them.

use std::sync::Arc;

use super::definition::connector::{self, Defaults};
use super::definition::{sink, source};
use super::infos::{ConfigKeyInfo, key_infos};
use crate::plugins::{Connector, PluginError, Plugins, VersionRange};

/// The plugin's own keys; of a connector also those that all connectors of its type have, unless it defines them
/// itself.
///
/// # Errors
/// When no plugin has that name, or it has no such version.
pub fn plugin_keys(
    plugins: &Arc<Plugins>,
    name: &str,
    versions: &VersionRange,
) -> Result<Vec<ConfigKeyInfo>, PluginError> {
    let mut keys = plugins.config(name, versions)?;
    if let Ok((info, connector)) = plugins.connector(name, versions) {
        let defaults = Defaults {
            connector_version: Some(info.version.to_owned()),
            ..Defaults::default()
        };
        let common = connector::keys(plugins, defaults, true);
        let common = match connector {
            Connector::Source(_) => source::keys(common),
            Connector::Sink(_) => sink::keys(common),
        };
        for key in common.keys() {
            if keys.key(&key.name).is_none() {
                keys.insert(key.clone());
            }
        }
    }
    Ok(key_infos(&keys))
}
