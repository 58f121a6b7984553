//! `ValueToKey`: a key made of fields of the value.

use windlass_api::ConfigDef;

use crate::keys::{distinct_names, replace_null_with_default};

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new()
        .define(distinct_names(
            "fields",
            "The fields of the value that make the key.",
        ))
        .define(replace_null_with_default())
}
