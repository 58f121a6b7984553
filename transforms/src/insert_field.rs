//! `InsertField`: fields from the record's own attributes or a fixed value.

use windlass_api::{ConfigDef, Importance, Kind};

use crate::keys::{optional, replace_null_with_default};

/// The configuration keys. A field name may end in `!` (required) or `?` (optional, the default).
pub(crate) fn config() -> ConfigDef {
    let field =
        |name, documentation| optional(name, Kind::String, Importance::Medium, documentation);
    ConfigDef::new()
        .define(field(
            "topic.field",
            "The field for the topic. A trailing ! makes it required, ? optional; so below.",
        ))
        .define(field("partition.field", "The field for the partition."))
        .define(field(
            "offset.field",
            "The field for the offset; sink connectors only.",
        ))
        .define(field(
            "timestamp.field",
            "The field for the record's timestamp.",
        ))
        .define(field("static.field", "The field for the static value."))
        .define(field(
            "static.value",
            "The static value, when a field for it is given.",
        ))
        .define(replace_null_with_default())
}
