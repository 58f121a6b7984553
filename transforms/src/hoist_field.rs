//! `HoistField`: the whole value as a field of a new structure.

use windlass_api::{ConfigDef, Importance, Kind};

use crate::keys::required;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new().define(required(
        "field",
        Kind::String,
        Importance::Medium,
        "The field that the value is put into.",
    ))
}
