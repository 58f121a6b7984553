//! `InsertHeader`: a header with a fixed value.

use windlass_api::{ConfigDef, Importance, Kind, Validator};

use crate::keys::required;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    let key = |name, documentation| {
        required(name, Kind::String, Importance::High, documentation)
            .validator(Validator::non_null())
    };
    ConfigDef::new()
        .define(key("header", "The name of the header."))
        .define(key(
            "value.literal",
            "The value of the header; its type is guessed from the text.",
        ))
}
