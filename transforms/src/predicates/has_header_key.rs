//! `HasHeaderKey`: true for records with a header of that name.

use windlass_api::{ConfigDef, Importance, Kind, Validator};

use crate::keys::required;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new().define(
        required(
            "name",
            Kind::String,
            Importance::Medium,
            "The name of the header.",
        )
        .validator(Validator::non_empty_string()),
    )
}
