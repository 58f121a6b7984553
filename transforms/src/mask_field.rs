//! `MaskField`: fields overwritten.

use windlass_api::{ConfigDef, Importance, Kind, Validator};

use crate::keys::{distinct_names, optional, replace_null_with_default};

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    let replacement = optional(
        "replacement",
        Kind::String,
        Importance::Low,
        "What numbers and texts are overwritten with; without it, with the null value of their type.",
    );
    ConfigDef::new()
        .define(distinct_names(
            "fields",
            "The names of the fields to overwrite.",
        ))
        .define(replacement.validator(Validator::non_empty_string()))
        .define(replace_null_with_default())
}
