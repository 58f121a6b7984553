//! `SetSchemaMetadata`: name and version of a schema.

use windlass_api::{ConfigDef, Importance, Kind};

use crate::keys::{optional, replace_null_with_default};

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new()
        .define(optional(
            "schema.name",
            Kind::String,
            Importance::High,
            "The schema's new name.",
        ))
        .define(optional(
            "schema.version",
            Kind::Int,
            Importance::High,
            "The schema's new version.",
        ))
        .define(replace_null_with_default())
}
