//! `ExtractField`: one field in place of the whole value.

use windlass_api::{ConfigDef, Importance, Kind};

use crate::keys::{field_syntax_version, replace_null_with_default, required};

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new()
        .define(required(
            "field",
            Kind::String,
            Importance::Medium,
            "The field to take out.",
        ))
        .define(replace_null_with_default())
        .define(field_syntax_version())
}
