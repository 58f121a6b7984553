//! The keys that a component takes.

use indexmap::IndexMap;
use indexmap::map::Values;

use super::{AnyClass, ClassNames, ConfigData, ConfigKey, ConfigValue, ParsedConfig};
use crate::{ConnectError, Props, Result};

/// The keys that a component takes, in the order defined.
#[derive(Clone, Debug, Default)]
pub struct ConfigDef {
    keys: IndexMap<String, ConfigKey>,
    groups: Vec<String>,
}

impl ConfigDef {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key. A key of the same name is replaced and keeps its place.
    #[must_use]
    pub fn define(mut self, key: ConfigKey) -> Self {
        self.insert(key);
        self
    }

    /// Adds a key. A key of the same name is replaced and keeps its place.
    pub fn insert(&mut self, key: ConfigKey) {
        if let Some(group) = &key.group
            && !self.groups.contains(group)
        {
            self.groups.push(group.clone());
        }
        self.keys.insert(key.name.clone(), key);
    }

    /// Adds the keys of another component under a prefix and into a group of their own, in the order in which its
    /// documentation shows them. Its validators go on seeing the key without the prefix, as in Java.
    pub fn embed(&mut self, prefix: &str, group: &str, first_order: i32, child: &ConfigDef) {
        for (order, key) in (first_order..).zip(child.sorted_keys()) {
            let mut key = key.clone();
            key.group = Some(match &key.group {
                Some(own) => format!("{group}: {own}"),
                None => group.to_owned(),
            });
            key.order_in_group = order;
            key.name.insert_str(0, prefix);
            key.dependents
                .iter_mut()
                .for_each(|name| name.insert_str(0, prefix));
            key.validator = key.validator.map(|v| v.embedded(prefix));
            key.recommender = key.recommender.map(|r| r.embedded(prefix));
            self.insert(key);
        }
    }

    /// The keys, in the order defined.
    pub fn keys(&self) -> Values<'_, String, ConfigKey> {
        self.keys.values()
    }

    /// One key.
    pub fn key(&self, name: &str) -> Option<&ConfigKey> {
        self.keys.get(name)
    }

    /// One key, to change it.
    pub fn key_mut(&mut self, name: &str) -> Option<&mut ConfigKey> {
        self.keys.get_mut(name)
    }

    /// The groups, in the order of their first key.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// The keys by group, place in the group, required before optional, importance and name.
    pub fn sorted_keys(&self) -> Vec<&ConfigKey> {
        let place = |key: &ConfigKey| {
            key.group
                .as_ref()
                .map(|g| self.groups.iter().position(|x| x == g))
        };
        let mut keys: Vec<_> = self.keys.values().collect();
        keys.sort_by(|a, b| {
            let order =
                |k: &ConfigKey| (place(k), k.order_in_group, !k.is_required(), k.importance);
            order(a).cmp(&order(b)).then_with(|| a.name.cmp(&b.name))
        });
        keys
    }

    /// Checks a configuration: one answer per key, in the order defined. Keys that are not defined are not looked at.
    /// Class names are taken as they are.
    pub fn validate(&self, props: &Props) -> Vec<ConfigValue> {
        self.validate_with(props, &AnyClass)
    }

    /// Checks a configuration, its class names among `classes`.
    pub fn validate_with(&self, props: &Props, classes: &dyn ClassNames) -> Vec<ConfigValue> {
        super::validate::validate_all(self, props, classes)
    }

    /// Parses a configuration. Class names are taken as they are.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) with the first key that is missing or wrong.
    pub fn parse(&self, props: &Props) -> Result<ParsedConfig> {
        self.parse_with(props, &AnyClass)
    }

    /// Parses a configuration, its class names among `classes`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) with the first key that is missing or wrong.
    pub fn parse_with(&self, props: &Props, classes: &dyn ClassNames) -> Result<ParsedConfig> {
        let undefined = self.undefined_dependents();
        if !undefined.is_empty() {
            return Err(ConnectError::config(format!(
                "Some configurations in are referred in the dependents, but not defined: {}",
                undefined.join(",")
            )));
        }
        let mut parsed = ParsedConfig::default();
        for key in self.keys.values() {
            let mut value = match (props.get(&key.name), &key.default) {
                (Some(text), _) => {
                    super::parse::parse_text(&key.name, text.as_deref(), key.kind, classes)?
                }
                (None, Some(default)) => default.clone(),
                (None, None) => {
                    return Err(ConnectError::config(super::missing_required(&key.name)));
                }
            };
            if let Some(validator) = &key.validator {
                if let (true, ConfigData::List(items)) = (validator.is_distinct(), &mut value) {
                    super::lists::remove_duplicates(items);
                }
                validator.check(&key.name, &value)?;
            }
            parsed.insert(key.name.clone(), value);
        }
        Ok(parsed)
    }

    /// Dependents that no key defines, sorted.
    pub(super) fn undefined_dependents(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .keys
            .values()
            .flat_map(|key| &key.dependents)
            .filter(|name| !self.keys.contains_key(*name))
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }
}
