//! What differs between the converters that read and write JSON.

use windlass_api::{SchemaDef, Type};

/// Whose rules hold where the two differ: maps without string keys, unions, fields that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Those of `JsonConverter`.
    Envelope,
    /// Those of `JsonSchemaConverter`.
    JsonSchema,
}

impl Dialect {
    /// Whether a map of this schema is an object; else it is an array of its entries.
    pub(crate) fn has_string_keys(self, map: &SchemaDef) -> bool {
        map.key_schema.as_ref().is_some_and(|key| {
            key.kind == Type::String && (self == Dialect::Envelope || !key.optional)
        })
    }

    /// What the entries of a map are that is an array.
    pub(crate) fn entry_name(self) -> &'static str {
        match self {
            Dialect::Envelope => "tuples",
            Dialect::JsonSchema => "objects",
        }
    }

    /// What stands before, between and after key and value of such an entry.
    pub(crate) fn entry_marks(self) -> [&'static [u8]; 3] {
        match self {
            Dialect::Envelope => [b"[", b",", b"]"],
            Dialect::JsonSchema => [b"{\"key\":", b",\"value\":", b"}"],
        }
    }
}
