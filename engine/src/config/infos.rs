//! Validation answers in the form of REST.

use serde::Serialize;
use windlass_api::{ConfigData, ConfigDef, ConfigKey, ConfigValue, Kind, Props};
use windlass_client::config::Secret;
use windlass_secret::mask::masked;

use super::providers::is_reference;

/// The answer about a whole configuration (`ConfigInfos`). Fields stand in the order of Java's JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfigInfos {
    /// The connector class as it was asked about.
    pub name: String,
    /// How many messages there are.
    pub error_count: usize,
    /// The groups that keys belong to.
    pub groups: Vec<String>,
    /// The keys.
    pub configs: Vec<ConfigInfo>,
}

/// A key's definition, unless nobody defines it, and the answer about its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfigInfo {
    /// The definition.
    pub definition: Option<ConfigKeyInfo>,
    /// The answer.
    pub value: Option<ConfigValueInfo>,
}

/// A key's definition (`ConfigKeyInfo`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfigKeyInfo {
    /// The key.
    pub name: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whether it must be set.
    pub required: bool,
    /// What it is when not set.
    pub default_value: Option<String>,
    /// How much it matters.
    pub importance: &'static str,
    /// What it is for.
    pub documentation: String,
    /// The group it is shown in.
    pub group: Option<String>,
    /// Its place in the group.
    pub order_in_group: i32,
    /// How wide it is shown.
    pub width: &'static str,
    /// What it is shown as.
    pub display_name: String,
    /// The keys that depend on it.
    pub dependents: Vec<String>,
}

/// The answer about one key (`ConfigValueInfo`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfigValueInfo {
    /// The key.
    pub name: String,
    /// Its value; passwords are hidden.
    pub value: Option<String>,
    /// Values proposed for it.
    pub recommended_values: Vec<Option<String>>,
    /// What is wrong with it.
    pub errors: Vec<String>,
    /// Whether it matters beside the others.
    pub visible: bool,
}

impl ConfigInfos {
    /// Joins answers of several parts; groups are named once.
    pub(super) fn merge(name: &str, parts: Vec<ConfigInfos>) -> Self {
        let mut all = ConfigInfos {
            name: name.to_owned(),
            error_count: 0,
            groups: Vec::new(),
            configs: Vec::new(),
        };
        for part in parts {
            all.error_count += part.error_count;
            all.configs.extend(part.configs);
            for group in part.groups {
                if !all.groups.contains(&group) {
                    all.groups.push(group);
                }
            }
        }
        all
    }

    /// Shows references where the configuration as given has them: what they stand for is not shown, in errors neither.
    pub(super) fn conceal(&mut self, given: &Props) {
        for value in self
            .configs
            .iter_mut()
            .filter_map(|info| info.value.as_mut())
        {
            if value
                .value
                .as_deref()
                .is_some_and(|text| text != Secret::HIDDEN)
                && is_reference(given, &value.name)
            {
                value.value.clone_from(&given[&value.name]);
            }
            for error in &mut value.errors {
                *error = masked(error).into_owned();
            }
        }
    }

    /// The message with which Java refuses a configuration that has errors (`maybeAddConfigErrors`); `None` when it has none.
    pub fn error_message(&self) -> Option<String> {
        if self.error_count == 0 {
            return None;
        }
        let errors = self
            .configs
            .iter()
            .filter_map(|config| config.value.as_ref())
            .flat_map(|value| &value.errors);
        let mut text =
            String::from("Connector configuration is invalid and contains the following ");
        text.push_str(&format!("{} error(s):", self.error_count));
        for error in errors {
            text.push('\n');
            text.push_str(error);
        }
        text.push_str("\nYou can also find the above list of errors at the endpoint ");
        text.push_str("`/connector-plugins/{connectorType}/config/validate`");
        Some(text)
    }
}

/// The keys of a plugin, as `GET /connector-plugins/{name}/config` lists them.
pub(super) fn key_infos(def: &ConfigDef) -> Vec<ConfigKeyInfo> {
    def.keys().map(|key| ConfigKeyInfo::new(key, "")).collect()
}

impl ConfigKeyInfo {
    /// The definition of a key that carries a prefix where it is used.
    pub(super) fn new(key: &ConfigKey, prefix: &str) -> Self {
        ConfigKeyInfo {
            name: format!("{prefix}{}", key.name),
            kind: key.kind.name(),
            required: key.is_required(),
            default_value: key.default.as_ref().and_then(ConfigData::to_text),
            importance: key.importance.name(),
            documentation: key.documentation.clone(),
            group: key.group.clone(),
            order_in_group: key.order_in_group,
            width: key.width.name(),
            display_name: key.display_name.clone(),
            dependents: key.dependents.clone(),
        }
    }
}

impl ConfigValueInfo {
    /// The answer about a key of that type that carries a prefix where it is used. Without a type, that is without a
    /// definition, a value is shown as Java prints it.
    pub(super) fn new(answer: &ConfigValue, kind: Option<Kind>, prefix: &str) -> Self {
        let value = match (&answer.value, kind) {
            (ConfigData::Null, _) => None,
            (value, None) => Some(value.to_string()),
            (value, Some(_)) => value.to_text(),
        };
        ConfigValueInfo {
            name: format!("{prefix}{}", answer.name),
            value,
            recommended_values: answer
                .recommended_values
                .iter()
                .map(ConfigData::to_text)
                .collect(),
            errors: answer.errors.clone(),
            visible: answer.visible,
        }
    }
}
