//! `RecordIsTombstone`: true for records whose value is null.

use windlass_api::ConfigDef;

/// The configuration keys: none.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new()
}
