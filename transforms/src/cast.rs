//! `Cast`: fields, or the whole value, in another type.

use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, ConnectError, Importance, Kind, Result, Validator,
};

use crate::keys::replace_null_with_default;

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    let spec = ConfigKey::new("spec", Kind::List)
        .validator(Validator::new(
            "list of colon-delimited pairs, e.g. foo:bar,abc:xyz",
            |_, value| check_spec(value),
        ))
        .importance(Importance::High)
        .documentation(
            "Which fields become which type, as field:type items separated by commas, or a single type for the whole \
             value. Types: int8, int16, int32, int64, float32, float64, boolean, string.",
        );
    ConfigDef::new()
        .define(spec)
        .define(replace_null_with_default())
}

/// Java throws from the parser of the list, with name and value of its message swapped; null is no list.
fn check_spec(value: &ConfigData) -> Result<()> {
    let invalid = |what: &str, item: &str| {
        Err(ConnectError::config(format!(
            "Invalid value {what} for configuration {item}"
        )))
    };
    let ConfigData::List(items) = value else {
        return Err(ConnectError::config(
            "Must specify at least one field to cast.",
        ));
    };
    if items.is_empty() {
        return Err(ConnectError::config(
            "Must specify at least one field to cast.",
        ));
    }
    let mut whole_value = false;
    for item in items {
        let parts: Vec<&str> = item.split(':').collect();
        let target = match parts[..] {
            [target] => {
                whole_value = true;
                target
            }
            [_, target] => target.trim(),
            _ => return invalid(item, "Invalid rename mapping"),
        };
        let found = TYPES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(target));
        match found {
            Some((_, true)) => {}
            Some((_, false)) => {
                let name = target.to_uppercase();
                return Err(ConnectError::config(format!(
                    "Unsupported type in casting spec: {name}"
                )));
            }
            None => {
                let name = target.to_uppercase();
                return invalid(
                    &format!(
                        "java.lang.IllegalArgumentException: No enum constant \
                         org.apache.kafka.connect.data.Schema.Type.{name}"
                    ),
                    &format!("Invalid type found in casting spec: {target}"),
                );
            }
        }
    }
    if whole_value && items.len() > 1 {
        return Err(ConnectError::config(
            "Cast transformations that specify a type to cast the entire value to may ONLY specify a single cast in \
             their spec",
        ));
    }
    Ok(())
}

/// The types of schemas, and whether a value can be cast to them.
const TYPES: [(&str, bool); 12] = [
    ("int8", true),
    ("int16", true),
    ("int32", true),
    ("int64", true),
    ("float32", true),
    ("float64", true),
    ("boolean", true),
    ("string", true),
    ("bytes", false),
    ("array", false),
    ("map", false),
    ("struct", false),
];
