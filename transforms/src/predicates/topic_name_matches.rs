//! `TopicNameMatches`: true for records of topics that match a pattern.

use windlass_api::{ConfigDef, Importance, Kind, Validator};

use crate::keys::required;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new().define(
        required(
            "pattern",
            Kind::String,
            Importance::Medium,
            "The pattern a topic must match as a whole.",
        )
        .validator(Validator::all(vec![
            Validator::non_empty_string(),
            Validator::regex(),
        ])),
    )
}
