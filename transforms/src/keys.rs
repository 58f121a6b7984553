//! Keys that several transforms share.

use windlass_api::{ConfigKey, Importance, Kind, Validator};

/// `replace.null.with.default`
pub(crate) fn replace_null_with_default() -> ConfigKey {
    ConfigKey::new("replace.null.with.default", Kind::Boolean)
        .default_value(true)
        .importance(Importance::Medium)
        .documentation(
            "Whether a null in a field that has a default value is read as that default.",
        )
}

/// `field.syntax.version` (KIP-821)
pub(crate) fn field_syntax_version() -> ConfigKey {
    ConfigKey::new("field.syntax.version", Kind::String)
        .default_value("V1")
        .validator(Validator::one_of_ignore_case(&["V1", "V2"]))
        .importance(Importance::High)
        .documentation(
            "How field names are read: V1 takes them as they are, V2 as paths whose parts are joined by dots; a part \
             that holds a dot itself is put between backticks.",
        )
}

/// A required list without empty or repeated items.
pub(crate) fn distinct_names(name: &str, documentation: &str) -> ConfigKey {
    ConfigKey::new(name, Kind::List)
        .validator(Validator::distinct_list(false, false))
        .importance(Importance::High)
        .documentation(documentation)
}

/// A required key.
pub(crate) fn required(
    name: &str,
    kind: Kind,
    importance: Importance,
    documentation: &str,
) -> ConfigKey {
    ConfigKey::new(name, kind)
        .importance(importance)
        .documentation(documentation)
}

/// A key that is null unless set.
pub(crate) fn optional(
    name: &str,
    kind: Kind,
    importance: Importance,
    documentation: &str,
) -> ConfigKey {
    required(name, kind, importance, documentation).optional()
}
