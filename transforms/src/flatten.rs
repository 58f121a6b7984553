//! `Flatten`: nested structures as one level of fields.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind};

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    let delimiter = ConfigKey::new("delimiter", Kind::String)
        .default_value(".")
        .importance(Importance::Medium)
        .documentation("What stands between the names of a nested field's levels in its new name.");
    ConfigDef::new().define(delimiter)
}
