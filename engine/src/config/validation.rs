//! Validation of a connector's configuration, as Java's `AbstractHerder` does it.
//!
//! Answers come in this order, which users see: the keys of all connectors of the type, those of transforms and predicates, the
//! connector's own, then overridden client settings, then those of converters that the connector chose for itself.

use std::sync::Arc;

use indexmap::IndexMap;
use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, ConfigValue, ConnectError, Props, java_order, parse_type,
};

use super::clients::Client;
use super::definition::connector::{ConverterDefaults, Defaults};
use super::definition::{connector, sink, source};
use super::enrich::enrich;
use super::exactly_once::{self, ExactlyOnce};
use super::infos::{ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo};
use super::limits;
use super::providers::gave_up;
use super::secrets;
use super::topics;
use super::worker::{WorkerConfig, with_prefix};
use crate::plugins::{Connector, PluginError, PluginKind, Plugins, VersionRange};

/// Validates the configurations of connectors for one worker.
#[derive(Clone, Debug)]
pub struct ConnectorValidation {
    plugins: Arc<Plugins>,
    worker: Arc<WorkerConfig>,
    /// What the keys of exactly-once delivery are held against; standalone workers do not look at them.
    exactly_once: Option<ExactlyOnce>,
}

/// A configuration about which nothing can be said key by key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// It names no connector class.
    #[error("Connector config {0} contains no connector type")]
    NoClass(String),
    /// It names one that is not to be had.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A config provider cannot read what the configuration refers to.
    #[error("{0}")]
    Provider(#[source] ConnectError),
    /// The connector itself failed.
    #[error("{0}")]
    Connector(#[source] ConnectError),
}

impl ConnectorValidation {
    /// For the connectors of this worker.
    pub fn new(plugins: Arc<Plugins>, worker: Arc<WorkerConfig>) -> Self {
        ConnectorValidation {
            plugins,
            worker,
            exactly_once: None,
        }
    }

    /// The same for a worker of a cluster.
    #[must_use]
    pub fn clustered(mut self, exactly_once: ExactlyOnce) -> Self {
        self.exactly_once = Some(exactly_once);
        self
    }

    /// Checks a configuration, asking the connector too.
    ///
    /// # Errors
    /// When it names no connector that there is, or the connector fails instead of answering.
    pub async fn validate(&self, props: &Props) -> Result<ConfigInfos, ValidationError> {
        let providers = self.worker.providers();
        if !providers.concern(props) {
            return self.validate_resolved(props).await;
        }
        let (providers, given) = (Arc::clone(providers), props.clone());
        let reading = tokio::task::spawn_blocking(move || providers.resolve(&given));
        let resolved = reading.await.unwrap_or_else(|_| Err(gave_up()));
        let resolved = resolved.map_err(ValidationError::Provider)?;
        let mut infos = self.validate_resolved(&resolved.props).await?;
        infos.conceal(props);
        Ok(infos)
    }

    async fn validate_resolved(&self, props: &Props) -> Result<ConfigInfos, ValidationError> {
        let class = props.get("connector.class").cloned().flatten();
        let Some(class) = class else {
            return Err(ValidationError::NoClass(shown(props)));
        };
        let versions = props
            .get("connector.plugin.version")
            .and_then(Option::as_deref);
        let found = VersionRange::parse(versions)
            .and_then(|versions| self.plugins.connector(class.trim(), &versions));
        let mut plugin = match found {
            Ok((_, plugin)) => plugin,
            Err(error @ PluginError::Version { .. }) => {
                return Ok(self.no_such_version(&class, props, &error));
            }
            Err(error) => return Err(error.into()),
        };
        let mut def = self.base(&plugin, props);
        limits::define_given(&mut def, props);
        enrich(&mut def, &self.plugins, props);
        let mut answers = by_name(def.validate_with(props, &*self.plugins));
        if matches!(plugin, Connector::Sink(_)) {
            topics::check(props, &mut answers);
        }
        add_null_errors(props, &mut answers);
        if let (Some(worker), Connector::Source(connector)) = (self.exactly_once, &plugin) {
            exactly_once::check(worker, &**connector, props, &mut answers);
        }
        let converters = self.converters(props, &answers);
        let overrides = self.overrides(props, &plugin);
        let own = plugin.config();
        secrets::hide(&self.plugins, &own, props);
        let own_answers = match &mut plugin {
            Connector::Source(connector) => connector.validate(props).await,
            Connector::Sink(connector) => connector.validate(props).await,
        };
        let own_answers = own_answers.map_err(ValidationError::Connector)?;
        let result = result(
            &class,
            &[&def, &own],
            answers.into_values().chain(own_answers).collect(),
        );
        let parts = [vec![result], overrides, converters].concat();
        Ok(ConfigInfos::merge(&class, parts))
    }

    /// The keys of all connectors of the type, with the worker's own choices as defaults.
    fn base(&self, plugin: &Connector, props: &Props) -> ConfigDef {
        let kind = match plugin {
            Connector::Source(_) => PluginKind::Source,
            Connector::Sink(_) => PluginKind::Sink,
        };
        let class = props
            .get("connector.class")
            .and_then(Option::as_deref)
            .unwrap_or_default();
        let defaults = Defaults {
            connector_version: self
                .plugins
                .version_of(kind, class.trim())
                .map(str::to_owned),
            key_converter: self.converter_defaults(props, "key.converter", PluginKind::Converter),
            value_converter: self.converter_defaults(
                props,
                "value.converter",
                PluginKind::Converter,
            ),
            header_converter: self.converter_defaults(
                props,
                "header.converter",
                PluginKind::HeaderConverter,
            ),
        };
        let keys = connector::keys(&self.plugins, defaults, true);
        match kind {
            PluginKind::Sink => sink::keys(keys),
            _ => source::keys(keys),
        }
    }

    fn converter_defaults(&self, props: &Props, key: &str, kind: PluginKind) -> ConverterDefaults {
        let worker = match key {
            "key.converter" => &self.worker.key_converter,
            "value.converter" => &self.worker.value_converter,
            _ => &self.worker.header_converter,
        };
        let chosen = props
            .get(key)
            .and_then(Option::as_deref)
            .map_or(worker.class.as_str(), str::trim);
        ConverterDefaults {
            class: Some(worker.class.clone()),
            version: self.plugins.version_of(kind, chosen).map(str::to_owned),
        }
    }

    /// The answer when the class exists and the version asked for does not (PL-008).
    fn no_such_version(&self, class: &str, props: &Props, error: &PluginError) -> ConfigInfos {
        let def = connector::keys(&self.plugins, Defaults::default(), true);
        let mut answers = by_name(def.validate_with(props, &*self.plugins));
        for key in ["connector.class", "connector.plugin.version"] {
            if let Some(answer) = answers.get_mut(key) {
                answer.errors.push(error.to_string());
            }
        }
        add_null_errors(props, &mut answers);
        result(class, &[&def], answers.into_values().collect())
    }

    /// The answers about converters that the connector sets; those of the worker were checked when it started.
    fn converters(
        &self,
        props: &Props,
        answers: &IndexMap<String, ConfigValue>,
    ) -> Vec<ConfigInfos> {
        let fine = |key: &str| {
            answers
                .get(key)
                .is_some_and(|answer| answer.errors.is_empty())
        };
        let mut parts = Vec::new();
        for (what, kind) in [
            ("header", PluginKind::HeaderConverter),
            ("key", PluginKind::Converter),
            ("value", PluginKind::Converter),
        ] {
            let key = format!("{what}.converter");
            let Some(Some(class)) = props.get(&key) else {
                continue;
            };
            if !fine(&key) || !fine(&format!("{key}.plugin.version")) {
                continue;
            }
            let Some(def) = self.plugins.config_of(kind, class.trim()) else {
                continue;
            };
            let prefix = format!("{key}.");
            let mut own: Props = with_prefix(props, &prefix)
                .into_iter()
                .map(|(key, value)| (key, Some(value)))
                .collect();
            own.entry("converter.type".to_owned())
                .or_insert_with(|| Some(what.to_owned()));
            let mut answers = def.validate_with(&own, &*self.plugins);
            java_order::sort(&mut answers, |answer| &answer.name);
            parts.push(prefixed(&def, &answers, &prefix));
        }
        parts
    }

    /// The answers about overridden settings of the clients that the connector's tasks will use (CC-010, CC-011).
    fn overrides(&self, props: &Props, plugin: &Connector) -> Vec<ConfigInfos> {
        let source = matches!(plugin, Connector::Source(_));
        let dead_letters = topics::dead_letter_topic(props).is_some();
        let creates_topics = props.keys().any(|key| key.starts_with("topic.creation."));
        let own_offsets = source && self.keeps_own_offsets(props);
        let mut parts = Vec::new();
        for (client, used) in [
            (Client::Producer, source || dead_letters),
            (Client::Consumer, !source || own_offsets),
            (
                Client::Admin,
                if source {
                    creates_topics || own_offsets
                } else {
                    dead_letters
                },
            ),
        ] {
            if used {
                parts.push(self.client_overrides(props, client));
            }
        }
        parts
    }

    /// Whether a source of a cluster has clients of its own for its offsets (CC-011).
    fn keeps_own_offsets(&self, props: &Props) -> bool {
        let topic = props
            .get("offsets.storage.topic")
            .and_then(Option::as_deref);
        self.exactly_once.is_some_and(|worker| {
            worker.is_enabled() || topic.is_some_and(|topic| !topic.trim().is_empty())
        })
    }

    fn client_overrides(&self, props: &Props, client: Client) -> ConfigInfos {
        let prefix = client.override_prefix();
        let def = client.config();
        let mut answers = Vec::new();
        for (key, text) in props {
            let Some(name) = key.strip_prefix(prefix) else {
                continue;
            };
            let text = text.clone().map_or(ConfigData::Null, ConfigData::from);
            let parsed = match def.key(name) {
                Some(key) => parse_type(name, &text, key.kind, &windlass_api::AnyClass),
                None => Ok(text),
            };
            // Java answers 500 for a value that is not of the key's type; an error of the key says more.
            let (value, error) = match parsed {
                Ok(value) => (value, None),
                Err(error) => (ConfigData::Null, Some(error.message().to_owned())),
            };
            let mut answer = self.worker.override_policy.check(name, value);
            answer.errors.extend(error);
            answers.push(answer);
        }
        java_order::sort(&mut answers, |answer| &answer.name);
        prefixed(&def, &answers, prefix)
    }
}

/// Answers and definitions put together (`generateResult`): first answers about keys that nobody defines, then all defined
/// keys. Of several answers about a key the last one counts, so that the connector's own hides that a key it
/// defines is null (B-015).
fn result(name: &str, defs: &[&ConfigDef], answers: Vec<ConfigValue>) -> ConfigInfos {
    let mut keys: IndexMap<&str, &ConfigKey> = IndexMap::new();
    let mut groups: Vec<String> = Vec::new();
    for def in defs {
        keys.extend(def.keys().map(|key| (key.name.as_str(), key)));
        let new: Vec<String> = def
            .groups()
            .iter()
            .filter(|group| !groups.contains(group))
            .cloned()
            .collect();
        groups.extend(new);
    }
    let mut configs = Vec::new();
    let mut error_count = 0;
    for answer in answers
        .iter()
        .filter(|answer| !keys.contains_key(answer.name.as_str()))
    {
        error_count += answer.errors.len();
        let value = Some(ConfigValueInfo::new(answer, None, ""));
        configs.push(ConfigInfo {
            definition: None,
            value,
        });
    }
    let answers = by_name(answers);
    for (name, key) in keys {
        let answer = answers.get(name);
        error_count += answer.map_or(0, |answer| answer.errors.len());
        configs.push(ConfigInfo {
            definition: Some(ConfigKeyInfo::new(key, "")),
            value: answer.map(|answer| ConfigValueInfo::new(answer, Some(key.kind), "")),
        });
    }
    ConfigInfos {
        name: name.to_owned(),
        error_count,
        groups,
        configs,
    }
}

/// Answers of a part whose keys carry a prefix (`prefixedConfigInfos`). Here a key with errors counts once.
fn prefixed(def: &ConfigDef, answers: &[ConfigValue], prefix: &str) -> ConfigInfos {
    let mut groups: Vec<String> = Vec::new();
    let mut configs = Vec::new();
    for answer in answers {
        let key = def.key(&answer.name);
        if let Some(group) = key.and_then(|key| key.group.as_ref())
            && !groups.contains(group)
        {
            groups.push(group.clone());
        }
        configs.push(ConfigInfo {
            definition: key.map(|key| ConfigKeyInfo::new(key, prefix)),
            value: Some(ConfigValueInfo::new(
                answer,
                key.map(|key| key.kind),
                prefix,
            )),
        });
    }
    let error_count = answers
        .iter()
        .filter(|answer| !answer.errors.is_empty())
        .count();
    ConfigInfos {
        name: String::new(),
        error_count,
        groups,
        configs,
    }
}

fn by_name(answers: Vec<ConfigValue>) -> IndexMap<String, ConfigValue> {
    answers
        .into_iter()
        .map(|answer| (answer.name.clone(), answer))
        .collect()
}

fn add_null_errors(props: &Props, answers: &mut IndexMap<String, ConfigValue>) {
    for (key, _) in props.iter().filter(|(_, value)| value.is_none()) {
        let answer = answers
            .entry(key.clone())
            .or_insert_with(|| ConfigValue::new(key));
        answer
            .errors
            .push("Null value can not be supplied as the configuration value.".to_owned());
    }
}

/// A configuration as Java prints a map. The values stay out: nothing says which of them are secrets.
fn shown(props: &Props) -> String {
    let keys: Vec<&str> = props.keys().map(String::as_str).collect();
    format!("{{{}}}", keys.join(", "))
}
