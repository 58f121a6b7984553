//! The keys that a connector's transforms and predicates add to its own (`ConnectorConfig.enrich`).

use std::sync::Arc;

use indexmap::IndexSet;
use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, ConnectError, Importance, Kind, ParsedConfig, Props,
    Recommender, Result, Validator, Width, parse_type,
};

use super::definition::connector::{check_class, plugin_version, proposed_classes};
use crate::plugins::{PluginKind, Plugins};

/// Adds the keys of every alias in `transforms` and `predicates`. The keys of a class that is missing or of the wrong kind are
/// left out; the key that names the class carries the error.
pub(crate) fn enrich(def: &mut ConfigDef, plugins: &Arc<Plugins>, props: &Props) {
    for aliases in [
        Aliases {
            key: "transforms",
            group: "Transforms",
            kind: PluginKind::Transformation,
        },
        Aliases {
            key: "predicates",
            group: "Predicates",
            kind: PluginKind::Predicate,
        },
    ] {
        aliases.enrich(def, plugins, props);
    }
}

/// The aliases that a key lists, in order, without repetitions; none when the value is no list.
pub(crate) fn aliases(props: &Props, key: &str, plugins: &Plugins) -> IndexSet<String> {
    let value = props
        .get(key)
        .cloned()
        .flatten()
        .map_or(ConfigData::Null, ConfigData::from);
    match parse_type(key, &value, Kind::List, plugins) {
        Ok(ConfigData::List(aliases)) => aliases.into_iter().collect(),
        _ => IndexSet::new(),
    }
}

struct Aliases {
    key: &'static str,
    group: &'static str,
    kind: PluginKind,
}

impl Aliases {
    fn enrich(&self, def: &mut ConfigDef, plugins: &Arc<Plugins>, props: &Props) {
        for alias in aliases(props, self.key, plugins) {
            let prefix = format!("{}.{alias}.", self.key);
            let group = format!("{}: {alias}", self.group);
            let class = props.get(&format!("{prefix}type")).cloned().flatten();
            let class = class.as_deref().map(str::trim);
            def.insert(
                self.class_key(&alias, &prefix, plugins, props)
                    .group(&*group, 0),
            );
            let version = class.and_then(|class| plugins.version_of(self.kind, class));
            def.insert(
                self.version_key(&alias, &prefix, plugins, version)
                    .group(&*group, 1),
            );
            if let Some(own) = class.and_then(|class| plugins.config_of(self.kind, class)) {
                let mut keys = self.common_keys();
                own.keys().cloned().for_each(|key| keys.insert(key));
                def.embed(&prefix, &group, 2, &keys);
            }
        }
    }

    fn class_key(
        &self,
        alias: &str,
        prefix: &str,
        plugins: &Arc<Plugins>,
        props: &Props,
    ) -> ConfigKey {
        let kind = self.kind;
        let interface = kind.interface();
        let negate_alone = self.negate_alone(prefix, props);
        let known = Arc::clone(plugins);
        let description = format!("valid configs for {alias} {}", interface.to_lowercase());
        ConfigKey::new(format!("{prefix}type"), Kind::Class)
            .importance(Importance::High)
            .width(Width::Long)
            .display_name(format!("{interface} type for {alias}"))
            .documentation(format!(
                "The class of the {} {alias}.",
                interface.to_lowercase()
            ))
            .validator(Validator::new(description, move |_, value| {
                if let Some(message) = &negate_alone {
                    return Err(ConnectError::config(message.clone()));
                }
                match value {
                    ConfigData::Class(class) => check_class(&known, kind, class),
                    _ => Ok(()),
                }
            }))
            .recommender(proposed_classes(plugins, kind))
    }

    fn version_key(
        &self,
        alias: &str,
        prefix: &str,
        plugins: &Arc<Plugins>,
        version: Option<&str>,
    ) -> ConfigKey {
        let (kind, interface) = (self.kind, self.kind.interface());
        let (known, class_key) = (Arc::clone(plugins), format!("{prefix}type"));
        let proposed = move |_: &str, parsed: &ParsedConfig| -> Result<Vec<ConfigData>> {
            let class = parsed.get::<Option<&str>>(&class_key).unwrap_or_default();
            let version = class.and_then(|class| known.version_of(kind, class));
            Ok(version.map(ConfigData::from).into_iter().collect())
        };
        ConfigKey::new(format!("{prefix}plugin.version"), Kind::String)
            .importance(Importance::High)
            .width(Width::Long)
            .display_name(format!("{interface} version for {alias}"))
            .documentation(format!(
                "The version of the {} {alias}.",
                interface.to_lowercase()
            ))
            .default_value(version.map_or(ConfigData::Null, ConfigData::from))
            .validator(plugin_version())
            .recommender(Recommender::new(proposed))
    }

    /// Keys that the runtime reads for every alias of the kind.
    fn common_keys(&self) -> ConfigDef {
        if self.kind != PluginKind::Transformation {
            return ConfigDef::new();
        }
        let key = |name, kind, documentation: &str| {
            ConfigKey::new(name, kind)
                .importance(Importance::Medium)
                .documentation(documentation)
        };
        let predicate =
            "The alias of the predicate that a record must satisfy for the transform to see it.";
        ConfigDef::new()
            .define(key("predicate", Kind::String, predicate).optional())
            .define(
                key(
                    "negate",
                    Kind::Boolean,
                    "Whether the predicate is turned around.",
                )
                .default_value(false),
            )
    }

    fn negate_alone(&self, prefix: &str, props: &Props) -> Option<String> {
        let (negate, predicate) = (format!("{prefix}negate"), format!("{prefix}predicate"));
        let alone = self.kind == PluginKind::Transformation
            && props.contains_key(&negate)
            && !props.contains_key(&predicate);
        alone.then(|| {
            format!(
                "Config '{negate}' was provided but there is no config '{predicate}' defining a predicate to be negated."
            )
        })
    }
}
