//! The configuration of a worker.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use windlass_api::{ConfigData, ConfigDef, ConnectError, ParsedConfig, Props, Result};

use super::clients::Client;
use super::definition;
use super::listener::Listener;
use super::overrides::OverridePolicy;
use super::providers::{self, ConfigProviders};
use super::rest_tls::RestTls;
use super::{secrets, suggest};
use crate::plugins::{Plugins, VersionRange};

/// What workers of both modes are configured with.
///
/// The keys as written are kept beside the typed ones: clients and converters get theirs by prefix.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// `bootstrap.servers`
    pub bootstrap_servers: Vec<String>,
    /// `key.converter`
    pub key_converter: PluginChoice,
    /// `value.converter`
    pub value_converter: PluginChoice,
    /// `header.converter`
    pub header_converter: PluginChoice,
    /// `task.shutdown.graceful.timeout.ms`: all stopping tasks together get this long.
    pub task_shutdown_graceful_timeout: Duration,
    /// `offset.flush.interval.ms`
    pub offset_flush_interval: Duration,
    /// `offset.flush.timeout.ms`
    pub offset_flush_timeout: Duration,
    /// `topic.creation.enable`
    pub topic_creation_enable: bool,
    /// `topic.tracking.enable`
    pub topic_tracking_enable: bool,
    /// `topic.tracking.allow.reset`
    pub topic_tracking_allow_reset: bool,
    /// `connector.client.config.override.policy`
    pub override_policy: OverridePolicy,
    /// `plugin.path`
    pub plugin_path: Vec<PathBuf>,
    /// `metrics.sample.window.ms`
    pub metrics_sample_window: Duration,
    /// `metrics.num.samples`
    pub metrics_num_samples: i32,
    /// The REST server's part.
    pub rest: RestConfig,
    providers: Arc<ConfigProviders>,
    props: Secrets,
    unknown: Vec<UnknownKey>,
    values: ParsedConfig,
}

/// The REST server's part of a worker's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestConfig {
    /// `listeners`
    pub listeners: Vec<Listener>,
    /// `admin.listeners`: `None` shares the listeners above, an empty list takes the admin endpoints away.
    pub admin_listeners: Option<Vec<Listener>>,
    /// `rest.advertised.host.name`
    pub advertised_host: Option<String>,
    /// `rest.advertised.port`
    pub advertised_port: Option<u16>,
    /// `rest.advertised.listener`: `http` or `https`.
    pub advertised_listener: Option<String>,
    /// `access.control.allow.origin`; empty switches CORS off.
    pub allow_origin: String,
    /// `access.control.allow.methods`
    pub allow_methods: String,
    /// `response.http.headers.config`: rules `action name:value`.
    pub response_headers: Vec<String>,
    /// `rest.extension.classes`
    pub extension_classes: Vec<String>,
    /// `rest.users.file`, our own: who may use the REST API, with hashed passwords.
    pub users_file: Option<PathBuf>,
    /// `ssl.*`, `listeners.https.*` and `admin.listeners.https.*`
    pub tls: RestTls,
}

/// A class and the versions of it that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginChoice {
    /// The full class name.
    pub class: String,
    /// The versions.
    pub versions: VersionRange,
}

/// A key that nobody will read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// The key.
    pub key: String,
    /// What the user may have meant.
    pub suggestion: Option<String>,
}

/// A configuration as written, which may hold secrets: `Debug` shows keys only.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secrets(pub(super) Props);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl WorkerConfig {
    /// Reads the keys of a worker by the definition of its mode.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config), naming key and value, when one is missing or wrong.
    pub(super) fn new(def: &ConfigDef, props: Props, plugins: &Plugins) -> Result<Self> {
        let providers = ConfigProviders::new(&props)?;
        if providers::is_reference(&props, "plugin.path") {
            tracing::warn!(
                "plugin.path is read before config providers are: write it without references"
            );
        }
        let props = if providers.concern(&props) {
            providers.resolve(&props)?.props
        } else {
            props
        };
        secrets::hide(plugins, def, &props);
        let values = def.parse_with(&props, plugins)?;
        let millis = |key: &str| -> Result<Duration> {
            let millis: i64 = values.get(key)?;
            Ok::<_, ConnectError>(Duration::from_millis(
                u64::try_from(millis).unwrap_or_default(),
            ))
        };
        let allowlist: Vec<String> = values.get("connector.client.config.override.allowlist")?;
        let path: Option<Vec<String>> = values.get("plugin.path")?;
        Ok(WorkerConfig {
            bootstrap_servers: values.get("bootstrap.servers")?,
            key_converter: choice(&values, "key.converter")?,
            value_converter: choice(&values, "value.converter")?,
            header_converter: choice(&values, "header.converter")?,
            task_shutdown_graceful_timeout: millis("task.shutdown.graceful.timeout.ms")?,
            offset_flush_interval: millis("offset.flush.interval.ms")?,
            offset_flush_timeout: millis("offset.flush.timeout.ms")?,
            topic_creation_enable: values.get("topic.creation.enable")?,
            topic_tracking_enable: values.get("topic.tracking.enable")?,
            topic_tracking_allow_reset: values.get("topic.tracking.allow.reset")?,
            override_policy: OverridePolicy::parse(
                values.get("connector.client.config.override.policy")?,
                &allowlist,
            )?,
            plugin_path: path
                .unwrap_or_default()
                .into_iter()
                .map(PathBuf::from)
                .collect(),
            metrics_sample_window: millis("metrics.sample.window.ms")?,
            metrics_num_samples: values.get("metrics.num.samples")?,
            providers: Arc::new(providers),
            rest: RestConfig::new(&values, &props)?,
            unknown: unknown_keys(def, &props),
            props: Secrets(props),
            values,
        })
    }

    /// What references in configurations of connectors are looked up in.
    pub fn providers(&self) -> &Arc<ConfigProviders> {
        &self.providers
    }

    /// The keys, their references replaced.
    pub fn props(&self) -> &Props {
        &self.props.0
    }

    /// The keys that begin with the prefix, without it. Keys set to null are left out.
    pub fn with_prefix(&self, prefix: &str) -> BTreeMap<String, String> {
        with_prefix(&self.props.0, prefix)
    }

    /// The settings for a client of connectors: those under its prefix. Admin clients also take the worker's keys without
    /// a prefix (WC-005). Only `bootstrap.servers` is shared with all clients.
    pub fn client_settings(&self, client: Client) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        if client == Client::Admin {
            let own = self.props.0.iter().filter(|(key, _)| {
                ![Client::Producer, Client::Consumer, Client::Admin]
                    .iter()
                    .any(|client| key.starts_with(client.worker_prefix()))
            });
            settings.extend(own.filter_map(|(key, value)| Some((key.clone(), value.clone()?))));
        }
        settings.insert(
            "bootstrap.servers".to_owned(),
            self.bootstrap_servers.join(","),
        );
        settings.extend(self.with_prefix(client.worker_prefix()));
        settings
    }

    /// Keys that nobody will read, to be warned of.
    pub fn unknown_keys(&self) -> &[UnknownKey] {
        &self.unknown
    }

    /// Every key with its value for the log, secrets hidden.
    pub fn describe(&self) -> impl Iterator<Item = (&str, String)> + '_ {
        self.values
            .iter()
            .map(|(key, value)| (key, value.to_text().unwrap_or_else(|| "null".to_owned())))
    }
}

impl RestConfig {
    fn new(values: &ParsedConfig, props: &Props) -> Result<Self> {
        let listeners = |urls: &[String]| {
            urls.iter()
                .filter_map(|url| Listener::parse(url).ok())
                .collect()
        };
        let port: Option<i32> = values.get("rest.advertised.port")?;
        let rules: &str = values.get("response.http.headers.config")?;
        Ok(RestConfig {
            listeners: listeners(values.get("listeners")?),
            admin_listeners: values
                .get::<Option<&[String]>>("admin.listeners")?
                .map(listeners),
            advertised_host: values.get("rest.advertised.host.name")?,
            advertised_port: port.map(advertised_port).transpose()?,
            advertised_listener: values.get("rest.advertised.listener")?,
            allow_origin: values.get("access.control.allow.origin")?,
            allow_methods: values.get("access.control.allow.methods")?,
            response_headers: definition::rest::split_rules(rules),
            extension_classes: values.get("rest.extension.classes")?,
            users_file: values
                .get::<Option<&str>>("rest.users.file")?
                .map(PathBuf::from),
            tls: RestTls::new(props),
        })
    }
}

fn advertised_port(port: i32) -> Result<u16> {
    u16::try_from(port).map_err(|_| {
        windlass_api::invalid_value("rest.advertised.port", port, "Value must be a port")
    })
}

/// The keys that begin with the prefix, without it.
pub(super) fn with_prefix(props: &Props, prefix: &str) -> BTreeMap<String, String> {
    props
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone()?)))
        .collect()
}

/// A class key and the version key that belongs to it.
pub(super) fn choice(values: &ParsedConfig, key: &str) -> Result<PluginChoice> {
    let versions: Option<&str> = values.get(&format!("{key}.plugin.version"))?;
    let versions = VersionRange::parse(versions).map_err(|error| {
        windlass_api::invalid_value(key, ConfigData::from(versions.unwrap_or("")), error)
    })?;
    Ok(PluginChoice {
        class: values.get(key)?,
        versions,
    })
}

fn unknown_keys(def: &ConfigDef, props: &Props) -> Vec<UnknownKey> {
    let clients = [Client::Producer, Client::Consumer, Client::Admin];
    let internal: Vec<ConfigDef> = clients.iter().map(|client| client.config()).collect();
    let mut unknown = Vec::new();
    for key in props.keys() {
        let client = clients.iter().zip(&internal).find_map(|(client, keys)| {
            Some((
                client.worker_prefix(),
                key.strip_prefix(client.worker_prefix())?,
                keys,
            ))
        });
        if let Some((prefix, rest, keys)) = client {
            if keys.key(rest).is_none() {
                let near = suggest::closest(rest, keys.keys().map(|key| key.name.as_str()));
                let suggestion = near.map(|near| format!("{prefix}{near}"));
                unknown.push(UnknownKey {
                    key: key.clone(),
                    suggestion,
                });
            }
            continue;
        }
        let known = def.key(key).is_some()
            || internal.iter().any(|keys| keys.key(key).is_some())
            || FREE_PREFIXES.iter().any(|prefix| key.starts_with(prefix));
        if !known {
            let names = def.keys().map(|key| key.name.as_str());
            let suggestion = suggest::closest(key, names).map(str::to_owned);
            unknown.push(UnknownKey {
                key: key.clone(),
                suggestion,
            });
        }
    }
    unknown
}

/// What begins with these is read by somebody whose keys are not known here.
const FREE_PREFIXES: [&str; 10] = [
    "key.converter.",
    "value.converter.",
    "header.converter.",
    "config.providers.",
    "listeners.https.",
    "admin.listeners.https.",
    "metrics.context.",
    "config.storage.",
    "offset.storage.",
    "status.storage.",
];
