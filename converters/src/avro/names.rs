//! The names by which Connect's schemas are told in Avro, and the other way round.

use std::borrow::Cow;

use windlass_api::{SchemaDef, Type};

use super::config::Options;
use super::schema::{Kind, Name};

/// Of types that have no name in Connect.
pub(super) const NAMESPACE: &str = "io.confluent.connect.avro";
pub(super) const DEFAULT_NAME: &str = "ConnectDefault";
pub(super) const DEFAULT_FULL_NAME: &str = "io.confluent.connect.avro.ConnectDefault";
pub(super) const MAP_ENTRY: &str = "MapEntry";
pub(super) const KEY: &str = "key";
pub(super) const VALUE: &str = "value";

pub(super) const CONNECT_NAME: &str = "connect.name";
pub(super) const CONNECT_DOC: &str = "connect.doc";
pub(super) const CONNECT_RECORD_DOC: &str = "connect.record.doc";
pub(super) const CONNECT_ENUM_DOC: &str = "connect.enum.doc";
pub(super) const CONNECT_VERSION: &str = "connect.version";
pub(super) const CONNECT_DEFAULT: &str = "connect.default";
pub(super) const CONNECT_PARAMETERS: &str = "connect.parameters";
pub(super) const CONNECT_TYPE: &str = "connect.type";
pub(super) const CONNECT_INTERNAL_TYPE: &str = "connect.internal.type";
pub(super) const FIXED_SIZE: &str = "connect.fixed.size";
pub(super) const DECIMAL_PRECISION: &str = "connect.decimal.precision";
pub(super) const DEFAULT_PRECISION: i64 = 64;

pub(super) const RECORD_DOC: &str = "io.confluent.connect.avro.record.doc";
pub(super) const ENUM_DOC: &str = "io.confluent.connect.avro.enum.doc.";
pub(super) const ENUM_DEFAULT: &str = "io.confluent.connect.avro.enum.default.";
pub(super) const FIELD_DOC: &str = "io.confluent.connect.avro.field.doc.";
/// Says that a default came from the field, not from its type.
pub(super) const FIELD_DEFAULT_FLAG: &str = "io.confluent.connect.avro.field.default";

pub(super) const UNION: &str = "io.confluent.connect.avro.Union";
pub(super) const ENUM: &str = "io.confluent.connect.avro.Enum";
pub(super) const ANYTHING: &str = "io.confluent.connect.avro.Anything";
pub(super) const GENERALIZED_UNION: &str = "org.apache.kafka.connect.data.Union";
pub(super) const GENERALIZED_ENUM: &str = "org.apache.kafka.connect.data.Enum";
const GENERALIZED_FIELD: &str = "connect_union_field_";

/// Whether a struct stands for a union: at most one of its fields has a value.
pub(super) fn is_union(schema: &SchemaDef) -> bool {
    schema.kind == Type::Struct
        && (schema.name.as_ref().is_some_and(|name| *name == UNION)
            || schema.parameter(GENERALIZED_UNION).is_some())
}

/// Whether text stands for the symbol of an enum.
pub(super) fn is_enum(schema: &SchemaDef) -> bool {
    schema.kind == Type::String
        && (schema.parameter(GENERALIZED_ENUM).is_some() || schema.parameter(ENUM).is_some())
}

/// The size of bytes that stand for an Avro fixed type.
pub(super) fn fixed_size(schema: &SchemaDef) -> Option<&str> {
    if schema.kind != Type::Bytes || schema.name.is_none() {
        return None;
    }
    schema.parameter(FIXED_SIZE).map(|size| &**size)
}

impl Options {
    /// The name of the Avro type of a name in Connect.
    pub(super) fn name(&self, full: &str) -> Name {
        if !self.scrub_names {
            return Name::new(full, None);
        }
        let parts: Vec<_> = full.split('.').map(scrub).collect();
        Name::new(&parts.join("."), None)
    }

    /// The name of a field.
    pub(super) fn field_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if self.scrub_names {
            scrub(name)
        } else {
            Cow::Borrowed(name)
        }
    }

    /// The field of a union's struct that holds the values of one branch.
    pub(super) fn branch_field(&self, branch: &Kind, index: usize) -> String {
        if self.generalized_sums {
            return format!("{GENERALIZED_FIELD}{index}");
        }
        match branch.name() {
            Some(name) if self.enhanced => name.full(),
            Some(name) => name.name.clone(),
            None => branch.label().to_owned(),
        }
    }
}

/// Replaces what Avro does not admit in a name: the text is encoded as in a URL, then all that is left of it is `_`.
pub(super) fn scrub(name: &str) -> Cow<'_, str> {
    let is_fine = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let starts_with_digit = name.starts_with(|c: char| c.is_ascii_digit());
    if !starts_with_digit && name.bytes().all(is_fine) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 1);
    if starts_with_digit {
        out.push('x');
    }
    for byte in name.bytes() {
        match byte {
            b if is_fine(b) => out.push(char::from(b)),
            // What Java's URLEncoder leaves as one character.
            b' ' | b'.' | b'-' | b'*' => out.push('_'),
            b => out.push_str(&format!("_{b:02X}")),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrubs_as_java() {
        for (name, scrubbed) in [
            ("plain_1", "plain_1"),
            ("1st", "x1st"),
            ("a-b.c", "a_b_c"),
            ("a b", "a_b"),
            ("a/b$", "a_2Fb_24"),
            ("ü", "_C3_BC"),
            ("", ""),
        ] {
            assert_eq!(scrub(name), scrubbed);
        }
    }
}
