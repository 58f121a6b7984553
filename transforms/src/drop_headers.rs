//! `DropHeaders`: headers removed by name.

use windlass_api::ConfigDef;

use crate::keys::distinct_names;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new().define(distinct_names(
        "headers",
        "The names of the headers to remove.",
    ))
}
