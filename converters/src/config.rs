//! The configuration keys of the bundled converters.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Validator, Width};

/// Of number and boolean converters: `converter.type` alone.
pub fn plain() -> ConfigDef {
    ConfigDef::new().define(
        ConfigKey::new("converter.type", Kind::String)
            .validator(Validator::one_of(&["key", "value", "header"]))
            .documentation("What the converter is used for; the worker sets it."),
    )
}

/// Of `StringConverter`.
pub fn string() -> ConfigDef {
    plain().define(
        ConfigKey::new("converter.encoding", Kind::String)
            .default_value("UTF-8")
            .importance(Importance::High)
            .width(Width::Medium)
            .display_name("Encoding")
            .documentation("The charset of the text in Kafka."),
    )
}

/// Of `JsonConverter`.
pub fn json() -> ConfigDef {
    const SCHEMAS: &str = "Schemas";
    const SERIALIZATION: &str = "Serialization";
    let key = |name, kind, group: &str, order| {
        ConfigKey::new(name, kind)
            .group(group, order)
            .width(Width::Medium)
    };
    plain()
        .define(
            key("schemas.enable", Kind::Boolean, SCHEMAS, 0)
                .default_value(true)
                .importance(Importance::High)
                .display_name("Enable Schemas")
                .documentation("Whether each message is an envelope of schema and payload."),
        )
        .define(
            key("schemas.cache.size", Kind::Int, SCHEMAS, 1)
                .default_value(1000)
                .importance(Importance::High)
                .display_name("Schema Cache Size")
                .documentation("How many schemas are kept in each direction."),
        )
        .define(
            key("schema.content", Kind::String, SCHEMAS, 2)
                .optional()
                .importance(Importance::High)
                .display_name("Schema Content")
                .documentation("A schema, as in the envelope, that all messages have which are read without one."),
        )
        .define(
            key("decimal.format", Kind::String, SERIALIZATION, 0)
                .default_value("BASE64")
                .validator(Validator::one_of_ignore_case(&["NUMERIC", "BASE64"]))
                .display_name("Decimal Format")
                .documentation("How decimals are written; both forms are read."),
        )
        .define(
            key("replace.null.with.default", Kind::Boolean, SERIALIZATION, 1)
                .default_value(true)
                .display_name("Replace null with default")
                .documentation("Whether a null in a field that has a default value is written as that default."),
        )
}

/// Of converters without keys: `ByteArrayConverter`, `SimpleHeaderConverter`.
pub fn none() -> ConfigDef {
    ConfigDef::new()
}
