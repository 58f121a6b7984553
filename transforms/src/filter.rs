//! `Filter`: drops every record; used with a predicate.

use windlass_api::ConfigDef;

/// The configuration keys: none.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new()
}
