//! Keys that all connectors have (`ConnectorConfig`).

use std::sync::Arc;

use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, ConnectError, Importance, Kind, ParsedConfig, Recommender,
    Validator, Width, invalid_value,
};

use crate::plugins::{PluginKind, Plugins, VersionRange};

/// What the keys default to when the connector does not set them: the classes of the worker and the versions of the
/// plugins there are. Without any the definition is the one that does not depend on a worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) connector_version: Option<String>,
    pub(crate) key_converter: ConverterDefaults,
    pub(crate) value_converter: ConverterDefaults,
    pub(crate) header_converter: ConverterDefaults,
}

/// A converter class and its version.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConverterDefaults {
    pub(crate) class: Option<String>,
    pub(crate) version: Option<String>,
}

/// The keys. Whether `plugins` are proposed as values is the worker's doing; they are looked at in any case.
pub(crate) fn keys(plugins: &Arc<Plugins>, defaults: Defaults, propose: bool) -> ConfigDef {
    let converter = ConverterKeys { plugins, propose };
    let mut def = ConfigDef::new().define(name()).define(class());
    def.insert(version(plugins, defaults.connector_version, propose));
    def = def.define(tasks_max()).define(tasks_max_enforce());
    converter.define(
        &mut def,
        "key",
        PluginKind::Converter,
        6,
        defaults.key_converter,
    );
    converter.define(
        &mut def,
        "value",
        PluginKind::Converter,
        8,
        defaults.value_converter,
    );
    converter.define(
        &mut def,
        "header",
        PluginKind::HeaderConverter,
        10,
        defaults.header_converter,
    );
    def = def
        .define(aliases(
            "transforms",
            "Transforms",
            12,
            "Aliases of the transforms that records go through, in order.",
        ))
        .define(aliases(
            "predicates",
            "Predicates",
            13,
            "Aliases of the predicates that transforms may use.",
        ))
        .define(config_action_reload());
    errors(def)
}

fn common(
    name: &str,
    kind: Kind,
    order: i32,
    width: Width,
    display: &str,
    documentation: &str,
) -> ConfigKey {
    ConfigKey::new(name, kind)
        .group("Common", order)
        .width(width)
        .display_name(display)
        .documentation(documentation)
}

fn name() -> ConfigKey {
    common(
        "name",
        Kind::String,
        1,
        Width::Medium,
        "Connector name",
        "The connector's name, unique in the cluster.",
    )
    .importance(Importance::High)
    .validator(Validator::non_empty_string_without_control_chars())
}

fn class() -> ConfigKey {
    common(
        "connector.class",
        Kind::String,
        2,
        Width::Long,
        "Connector class",
        "The class of the connector: its full name, its simple name, or that without Connector at the end.",
    )
    .importance(Importance::High)
}

fn version(plugins: &Arc<Plugins>, default: Option<String>, propose: bool) -> ConfigKey {
    let known = Arc::clone(plugins);
    let values = move |_: &str, parsed: &ParsedConfig| {
        let class = parsed
            .get::<Option<&str>>("connector.class")
            .unwrap_or_default();
        let kinds = [PluginKind::Source, PluginKind::Sink];
        let version = class
            .filter(|_| propose)
            .and_then(|class| kinds.iter().find_map(|&kind| known.version_of(kind, class)));
        Ok(version.map(ConfigData::from).into_iter().collect())
    };
    common(
        "connector.plugin.version",
        Kind::String,
        3,
        Width::Medium,
        "Connector version",
        "The version of the connector, or a range of versions as Maven writes them.",
    )
    .importance(Importance::Medium)
    .default_value(default.map_or(ConfigData::Null, ConfigData::from))
    .validator(plugin_version())
    .recommender(Recommender::new(values).visible_if(|_, parsed| is_set(parsed, "connector.class")))
}

fn tasks_max() -> ConfigKey {
    common(
        "tasks.max",
        Kind::Int,
        4,
        Width::Short,
        "Tasks max",
        "The most tasks the connector may have.",
    )
    .importance(Importance::High)
    .default_value(1)
    .validator(Validator::at_least(1))
}

fn tasks_max_enforce() -> ConfigKey {
    common(
        "tasks.max.enforce",
        Kind::Boolean,
        5,
        Width::Short,
        "Enforce tasks max",
        "Whether a connector that makes more tasks than tasks.max fails. Deprecated: it always should.",
    )
    .default_value(true)
}

fn config_action_reload() -> ConfigKey {
    common(
        "config.action.reload",
        Kind::String,
        14,
        Width::Medium,
        "Reload Action",
        "What to do when a value that a configuration provider gave has changed: restart the connector or nothing.",
    )
    .default_value("restart")
    .validator(Validator::one_of(&["none", "restart"]))
}

fn aliases(name: &str, group: &str, order: i32, documentation: &str) -> ConfigKey {
    ConfigKey::new(name, Kind::List)
        .default_value(Vec::new())
        .validator(Validator::all(vec![
            Validator::non_null(),
            Validator::unique_aliases(),
        ]))
        .group(group, order)
        .width(Width::Long)
        .display_name(group)
        .documentation(documentation)
}

/// `errors.*`
fn errors(def: ConfigDef) -> ConfigDef {
    let key = |name, kind, order, width, display: &str, documentation: &str| {
        ConfigKey::new(name, kind)
            .group(ERROR_HANDLING, order)
            .importance(Importance::Medium)
            .width(width)
            .display_name(display)
            .documentation(documentation)
    };
    let retry_timeout =
        "How long a failed operation is tried again, in milliseconds; -1 for as long as it takes.";
    let retry_delay =
        "The longest wait between two tries, in milliseconds; a random share is added.";
    let tolerance = "none fails the task at the first bad record, all skips bad records.";
    let log = "Whether bad records that are skipped are logged.";
    let details = "Whether topic, partition, offset and timestamp of the record are logged too.";
    def.define(
        key(
            "errors.retry.timeout",
            Kind::Long,
            1,
            Width::Medium,
            "Retry Timeout for Errors",
            retry_timeout,
        )
        .default_value(0i64),
    )
    .define(
        key(
            "errors.retry.delay.max.ms",
            Kind::Long,
            2,
            Width::Medium,
            "Maximum Delay Between Retries for Errors",
            retry_delay,
        )
        .default_value(60_000i64),
    )
    .define(
        key(
            "errors.tolerance",
            Kind::String,
            3,
            Width::Short,
            "Error Tolerance",
            tolerance,
        )
        .default_value("none")
        .validator(Validator::one_of(&["none", "all"])),
    )
    .define(
        key(
            "errors.log.enable",
            Kind::Boolean,
            4,
            Width::Short,
            "Log Errors",
            log,
        )
        .default_value(false),
    )
    .define(
        key(
            "errors.log.include.messages",
            Kind::Boolean,
            5,
            Width::Short,
            "Log Error Details",
            details,
        )
        .default_value(false),
    )
}

struct ConverterKeys<'p> {
    plugins: &'p Arc<Plugins>,
    propose: bool,
}

impl ConverterKeys<'_> {
    /// `<what>.converter` and `<what>.converter.plugin.version`.
    fn define(
        &self,
        def: &mut ConfigDef,
        what: &str,
        kind: PluginKind,
        order: i32,
        defaults: ConverterDefaults,
    ) {
        let class_key = format!("{what}.converter");
        let title = format!("{}{}", what[..1].to_uppercase(), &what[1..]);
        let class = common(
            &class_key,
            Kind::Class,
            order,
            Width::Short,
            &format!("{title} converter class"),
            &format!(
                "The converter between Kafka's bytes and the {what}; the worker's own unless set."
            ),
        )
        .default_value(defaults.class.map_or(ConfigData::Null, ConfigData::from))
        .validator(plugin_class(self.plugins, kind));
        let class = if self.propose {
            class.recommender(proposed_classes(self.plugins, kind))
        } else {
            class
        };
        let known = Arc::clone(self.plugins);
        let propose = self.propose;
        let (class_of, visible_with) = (class_key.clone(), class_key.clone());
        let versions = Recommender::new(move |_, parsed| {
            let class = parsed.get::<Option<&str>>(&class_of).unwrap_or_default();
            let version = class
                .filter(|_| propose)
                .and_then(|class| known.version_of(kind, class));
            Ok(version.map(ConfigData::from).into_iter().collect())
        })
        .visible_if(move |_, parsed| is_set(parsed, &visible_with));
        let version = common(
            &format!("{class_key}.plugin.version"),
            Kind::String,
            order + 1,
            Width::Short,
            &format!("{title} converter version"),
            &format!(
                "The version of the {what} converter, or a range of versions as Maven writes them."
            ),
        )
        .default_value(defaults.version.map_or(ConfigData::Null, ConfigData::from))
        .validator(plugin_version())
        .recommender(versions);
        def.insert(class);
        def.insert(version);
    }
}

/// The classes of a kind.
pub(crate) fn proposed_classes(plugins: &Arc<Plugins>, kind: PluginKind) -> Recommender {
    let plugins = Arc::clone(plugins);
    Recommender::new(move |_, _| {
        Ok(plugins
            .classes(kind)
            .map(|class| ConfigData::Class(class.to_owned()))
            .collect())
    })
}

/// A class of that kind, or null.
fn plugin_class(plugins: &Arc<Plugins>, kind: PluginKind) -> Validator {
    let plugins = Arc::clone(plugins);
    let interface = kind.interface();
    let description = format!("A concrete subclass of {interface}");
    Validator::new(description, move |_, value| match value {
        ConfigData::Class(class) => check_class(&plugins, kind, class),
        _ => Ok(()),
    })
}

/// Checks that a class is of the kind, in Java's words.
pub(crate) fn check_class(
    plugins: &Plugins,
    kind: PluginKind,
    class: &str,
) -> windlass_api::Result<()> {
    if plugins.is_a(kind, class) {
        return Ok(());
    }
    let interface = kind.interface();
    Err(ConnectError::config(format!(
        "Class class {class} does not implement the {interface} interface"
    )))
}

/// A version or range of versions, or null.
pub(crate) fn plugin_version() -> Validator {
    Validator::new(
        "a version or a range of versions",
        |name, value| match value {
            ConfigData::String(text) => match VersionRange::parse(Some(text)) {
                Ok(_) => Ok(()),
                Err(error) => Err(invalid_value(name, value, error)),
            },
            _ => Ok(()),
        },
    )
}

fn is_set(parsed: &ParsedConfig, name: &str) -> bool {
    parsed.data(name).is_some_and(|value| !value.is_null())
}

/// The group of `errors.*`.
pub(crate) const ERROR_HANDLING: &str = "Error Handling";
