//! `HeaderFrom`: fields moved or copied into headers.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Validator};

use crate::keys::replace_null_with_default;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    let list = |name, documentation: &str| {
        ConfigKey::new(name, Kind::List)
            .validator(Validator::non_empty_list())
            .importance(Importance::High)
            .documentation(documentation)
    };
    ConfigDef::new()
        .define(list("fields", "The fields whose values become headers."))
        .define(list(
            "headers",
            "The names of the headers, in the order of the fields.",
        ))
        .define(
            ConfigKey::new("operation", Kind::String)
                .validator(Validator::one_of(&["move", "copy"]))
                .importance(Importance::High)
                .documentation("move takes the fields away, copy keeps them."),
        )
        .define(replace_null_with_default())
}
