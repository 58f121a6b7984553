//! `TimestampConverter`: times as text, number, date, time or timestamp.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Validator};

use crate::keys::replace_null_with_default;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    let key = |name: &str, importance, documentation: &str| {
        ConfigKey::new(name, Kind::String)
            .importance(importance)
            .documentation(documentation)
    };
    let types = ["string", "unix", "Date", "Time", "Timestamp"];
    let precisions = ["nanoseconds", "microseconds", "milliseconds", "seconds"];
    ConfigDef::new()
        .define(
            key(
                "field",
                Importance::High,
                "The field with the time; empty when the whole value is a time.",
            )
            .default_value(""),
        )
        .define(
            key("target.type", Importance::High, "What the time becomes.")
                .validator(Validator::one_of(&types)),
        )
        .define(
            key(
                "format",
                Importance::Medium,
                "The SimpleDateFormat pattern of times that are text.",
            )
            .default_value(""),
        )
        .define(
            key(
                "unix.precision",
                Importance::Low,
                "The unit of times that are numbers.",
            )
            .default_value("milliseconds")
            .validator(Validator::one_of(&precisions)),
        )
        .define(replace_null_with_default())
}
