//! `ReplaceField`: fields dropped, kept and renamed.

use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, Importance, Kind, Result, Validator, invalid_value,
};

use crate::keys::replace_null_with_default;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    let list = |name: &str, documentation: &str| {
        ConfigKey::new(name, Kind::List)
            .default_value(Vec::new())
            .importance(Importance::Medium)
            .documentation(documentation)
    };
    ConfigDef::new()
        .define(list(
            "exclude",
            "The fields to drop; they are dropped even if also included.",
        ))
        .define(list(
            "include",
            "The fields to keep; all when the list is empty.",
        ))
        .define(
            list(
                "renames",
                "New names of fields, as old:new items separated by commas.",
            )
            .validator(Validator::new(
                "list of colon-delimited pairs, e.g. foo:bar,abc:xyz",
                check_renames,
            )),
        )
        .define(replace_null_with_default())
}

fn check_renames(name: &str, value: &ConfigData) -> Result<()> {
    let ConfigData::List(items) = value else {
        return Ok(());
    };
    match items.iter().find(|item| item.split(':').count() != 2) {
        Some(item) => Err(invalid_value(
            name,
            value,
            format_args!("Invalid rename mapping: {item}"),
        )),
        None => Ok(()),
    }
}
