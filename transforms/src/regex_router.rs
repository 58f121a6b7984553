//! `RegexRouter`: the topic renamed by a pattern.

use windlass_api::{ConfigDef, Importance, Kind, Validator};

use crate::keys::required;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new()
        .define(
            required(
                "regex",
                Kind::String,
                Importance::High,
                "The pattern a topic must match as a whole.",
            )
            .validator(Validator::regex()),
        )
        .define(required(
            "replacement",
            Kind::String,
            Importance::High,
            "The new topic; $1 and so on stand for groups of the pattern.",
        ))
}
