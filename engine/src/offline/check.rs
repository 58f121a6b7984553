//! Checking a connector's configuration.

use std::sync::Arc;

use windlass_api::{ConfigDef, ConnectError, Props, Result};

use super::worker::worker;
use crate::config::definition::dead_letter_keys;
use crate::config::{Client, ConfigInfos, ConnectorValidation, closest};
use crate::plugins::{Connector, Plugins, VersionRange};

/// What is to be said of a connector's configuration.
#[derive(Clone, Debug)]
pub struct Check {
    /// The answer of `PUT /connector-plugins/{class}/config/validate`.
    pub infos: ConfigInfos,
    /// Keys that nobody will read.
    pub unknown: Vec<UnknownConnectorKey>,
}

/// A key that nobody will read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownConnectorKey {
    /// The key.
    pub key: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}

/// Checks the configuration as a worker with these keys would.
///
/// # Errors
/// When nothing can be said key by key, for example because there is no such connector.
pub async fn check(
    plugins: &Arc<Plugins>,
    connector: &Props,
    worker_props: Option<&Props>,
) -> Result<Check> {
    let worker = worker(plugins, worker_props)?;
    let validation = ConnectorValidation::new(Arc::clone(plugins), Arc::new(worker));
    let infos = validation
        .validate(connector)
        .await
        .map_err(|error| ConnectError::config(error.to_string()))?;
    let unknown = unknown(plugins, connector, &infos);
    Ok(Check { infos, unknown })
}

fn unknown(plugins: &Plugins, connector: &Props, infos: &ConfigInfos) -> Vec<UnknownConnectorKey> {
    let definitions = infos.configs.iter();
    let mut known: Vec<String> = definitions
        .filter_map(|info| Some(info.definition.as_ref()?.name.clone()))
        .collect();
    let class = connector.get("connector.class").and_then(Option::as_deref);
    let plugin = plugins.connector(class.unwrap_or_default().trim(), &VersionRange::default());
    let is_source = matches!(plugin, Ok((_, Connector::Source(_))));
    if is_source {
        let own = dead_letter_keys(ConfigDef::new());
        known.extend(own.keys().map(|key| key.name.clone()));
    }
    for client in [Client::Producer, Client::Consumer, Client::Admin] {
        let prefix = client.override_prefix();
        let keys = client.config();
        known.extend(keys.keys().map(|key| format!("{prefix}{}", key.name)));
    }
    let is_known = |key: &String| {
        known.contains(key)
            || FREE.contains(&key.as_str())
            || (is_source && key.starts_with("topic.creation."))
    };
    let unknown = connector.keys().filter(|key| !is_known(key));
    unknown
        .map(|key| UnknownConnectorKey {
            hint: hint(key, connector, &known),
            key: key.clone(),
        })
        .collect()
}

fn hint(key: &str, connector: &Props, known: &[String]) -> Option<String> {
    for converter in ["key.converter", "value.converter", "header.converter"] {
        let of_converter = key.starts_with(&format!("{converter}."));
        if of_converter && !connector.contains_key(converter) {
            return Some(format!(
                "it is only read beside {converter}; without it the worker's converter has the worker's settings"
            ));
        }
    }
    let near = closest(key, known.iter().map(String::as_str))?;
    Some(format!("did you mean {near}?"))
}

/// Keys that somebody reads without defining them.
const FREE: [&str; 2] = ["name", "config.providers"];
