//! `TimestampRouter`: the record's time in the topic.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind};

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    let key = |name: &str, default: &str, documentation: &str| {
        ConfigKey::new(name, Kind::String)
            .default_value(default)
            .importance(Importance::High)
            .documentation(documentation)
    };
    ConfigDef::new()
        .define(key(
            "topic.format",
            "${topic}-${timestamp}",
            "The new topic; ${topic} and ${timestamp} stand for the old one and the formatted time.",
        ))
        .define(key(
            "timestamp.format",
            "yyyyMMdd",
            "The SimpleDateFormat pattern of the record's timestamp, in UTC.",
        ))
}
