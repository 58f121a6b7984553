//! Keys of sink connectors (`SinkConnectorConfig`).

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Validator, Width};

use super::connector::ERROR_HANDLING;

/// Adds the keys to those that all connectors have.
pub(crate) fn keys(connector: ConfigDef) -> ConfigDef {
    let topics = |name, kind, display: &str, documentation: &str| {
        ConfigKey::new(name, kind)
            .default_value("")
            .importance(Importance::High)
            .group("Common", 4)
            .width(Width::Long)
            .display_name(display)
            .documentation(documentation)
    };
    let connector = connector
        .define(
            topics(
                "topics",
                Kind::List,
                "Topics",
                "The topics to read, separated by commas.",
            )
            .validator(Validator::distinct_list(true, false)),
        )
        .define(
            topics(
                "topics.regex",
                Kind::String,
                "Topics regex",
                "The pattern, in Java's dialect, of the topics to read. Either this or topics.",
            )
            .validator(Validator::regex()),
        );
    dead_letter_keys(connector)
}

/// Adds the keys of the dead letter queue. Sources have one too here, whose keys are not shown among theirs, as Java has none.
pub(crate) fn dead_letter_keys(def: ConfigDef) -> ConfigDef {
    let dead_letters = |name, kind, order, display: &str, documentation: &str| {
        ConfigKey::new(name, kind)
            .importance(Importance::Medium)
            .group(ERROR_HANDLING, order)
            .width(Width::Medium)
            .display_name(display)
            .documentation(documentation)
    };
    def.define(
        dead_letters(
            "errors.deadletterqueue.topic.name",
            Kind::String,
            6,
            "Dead Letter Queue Topic Name",
            "The topic that bad records are written to; empty for none.",
        )
        .default_value(""),
    )
    .define(
        dead_letters(
            "errors.deadletterqueue.topic.replication.factor",
            Kind::Short,
            7,
            "Dead Letter Queue Topic Replication Factor",
            "How many replicas the dead letter topic gets when the connector creates it.",
        )
        .default_value(3i16),
    )
    .define(
        dead_letters(
            "errors.deadletterqueue.context.headers.enable",
            Kind::Boolean,
            8,
            "Enable Error Context Headers",
            "Whether headers that begin with __connect.errors. tell what went wrong.",
        )
        .default_value(false),
    )
}
