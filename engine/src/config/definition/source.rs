//! Keys of source connectors (`SourceConnectorConfig`).

use windlass_api::{ConfigData, ConfigDef, ConfigKey, Importance, Kind, Validator, Width};

/// Adds the keys to those that all connectors have.
pub(crate) fn keys(connector: ConfigDef) -> ConfigDef {
    let exactly_once = |name, kind, order, display: &str, documentation: &str| {
        ConfigKey::new(name, kind)
            .group("Exactly Once Support", order)
            .width(Width::Short)
            .display_name(display)
            .documentation(documentation)
    };
    connector
        .define(
            ConfigKey::new("topic.creation.groups", Kind::List)
                .default_value(Vec::new())
                .validator(Validator::all(vec![Validator::non_null(), Validator::unique_aliases()]))
                .group("Topic Creation", 1)
                .width(Width::Long)
                .display_name("Topic Creation Groups")
                .documentation("Groups of rules by which topics are created, in the order they are tried."),
        )
        .define(
            exactly_once(
                "exactly.once.support",
                Kind::String,
                2,
                "Exactly once support",
                "required refuses to start the connector unless it gives exactly-once delivery.",
            )
            .default_value("requested")
            .validator(Validator::one_of_ignore_case(&["REQUIRED", "REQUESTED"]))
            .importance(Importance::Medium),
        )
        .define(
            exactly_once(
                "transaction.boundary",
                Kind::String,
                3,
                "Transaction Boundary",
                "Where transactions end: with each poll, at an interval, or where the connector says.",
            )
            .default_value("poll")
            .validator(Validator::one_of_ignore_case(&["INTERVAL", "POLL", "CONNECTOR"]))
            .importance(Importance::Medium),
        )
        .define(
            exactly_once(
                "transaction.boundary.interval.ms",
                Kind::Long,
                4,
                "Transaction boundary interval",
                "The interval of transactions in milliseconds; that of the worker's offset flush unless set.",
            )
            .optional()
            .validator(optional_not_negative()),
        )
        .define(
            ConfigKey::new("offsets.storage.topic", Kind::String)
                .optional()
                .validator(Validator::non_empty_string())
                .group("offsets.topic", 1)
                .width(Width::Long)
                .display_name("Offsets topic")
                .documentation("A topic for the offsets of this connector alone; the worker's own unless set."),
        )
}

fn optional_not_negative() -> Validator {
    let range = Validator::at_least(0i64);
    Validator::new("[0,...]", move |name, value| match value {
        ConfigData::Null => Ok(()),
        value => range.check(name, value),
    })
}
