//! The names by which Confluent's converter ties Connect schemas to Protobuf.

use std::borrow::Cow;

/// The number of a field.
pub(super) const TAG: &str = "io.confluent.connect.protobuf.Tag";
/// The Protobuf type of an integer, where it is not the plain one of its width.
pub(super) const KIND: &str = "io.confluent.connect.protobuf.Type";
/// Marks a member of a oneof that is a wrapper message.
pub(super) const WRAPPER: &str = "io.confluent.connect.protobuf.Wrapper";
/// The name of an enum, and the beginning of the names of the parameters that number its symbols.
pub(super) const ENUM: &str = "io.confluent.connect.protobuf.Enum";
/// The beginning of the names of unions.
pub(super) const UNION: &str = "io.confluent.connect.protobuf.Union";
pub(super) const UNION_PREFIX: &str = "io.confluent.connect.protobuf.Union.";
/// The parameters of unions and enums in the form that all formats share.
pub(super) const GENERALIZED_UNION: &str = "org.apache.kafka.connect.data.Union";
pub(super) const GENERALIZED_ENUM: &str = "org.apache.kafka.connect.data.Enum";

/// The parameter of a decimal that says its precision.
pub(super) const CONNECT_PRECISION: &str = "connect.decimal.precision";
/// The parameters of a field in a `.proto` file, under `confluent.field_meta`.
pub(super) const META_TYPE: &str = "connect.type";
pub(super) const META_PRECISION: &str = "precision";
pub(super) const META_SCALE: &str = "scale";
pub(super) const FIELD_META: &str = "confluent.field_meta";

pub(super) const DECIMAL: &str = "confluent.type.Decimal";
pub(super) const DATE: &str = "google.type.Date";
pub(super) const TIME: &str = "google.type.TimeOfDay";
pub(super) const TIMESTAMP: &str = "google.protobuf.Timestamp";

/// How schemas without a name begin.
pub(super) const DEFAULT_NAME: &str = "ConnectDefault";
pub(super) const ENTRY_SUFFIX: &str = "Entry";
pub(super) const KEY: &str = "key";
pub(super) const VALUE: &str = "value";

/// The name, or if `scrub` and it is no identifier one made of it.
pub(super) fn scrubbed(name: &str, scrub: bool) -> Cow<'_, str> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let begins = |b: u8| !b.is_ascii_digit() && b != b'_';
    let is_good = name.bytes().all(is_word) && name.bytes().next().is_none_or(begins);
    if !scrub || is_good {
        return Cow::Borrowed(name);
    }
    let mut scrubbed = String::new();
    for byte in name.bytes() {
        match byte {
            b if is_word(b) => scrubbed.push(char::from(b)),
            b'.' | b'-' | b'*' | b' ' => scrubbed.push('_'),
            b => scrubbed.push_str(&format!("_{b:02X}")),
        }
    }
    if name
        .bytes()
        .next()
        .is_some_and(|b| is_word(b) && !begins(b))
    {
        scrubbed.insert(0, 'x');
    }
    Cow::Owned(scrubbed)
}

/// The name of the message of a map's entries.
pub(super) fn entry_of_map(name: &str) -> String {
    if !name.contains('_') {
        return format!("{name}{ENTRY_SUFFIX}");
    }
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        let rest = letters.map(|c| c.to_ascii_lowercase());
        first.into_iter().chain(rest).collect::<String>()
    });
    words.collect::<String>() + ENTRY_SUFFIX
}

/// The name of a map by that of the message of its entries.
pub(super) fn map_of_entry(name: &str) -> String {
    let (scope, last) = match name.rsplit_once('.') {
        Some((scope, last)) => (Some(scope), last),
        None => (None, name),
    };
    let Some(words) = last.strip_suffix(ENTRY_SUFFIX) else {
        return name.to_owned();
    };
    let mut map = scope.map(|scope| format!("{scope}.")).unwrap_or_default();
    for (i, letter) in words.chars().enumerate() {
        if i > 0 && letter.is_ascii_uppercase() {
            map.push('_');
        }
        map.push(letter.to_ascii_lowercase());
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        for (name, expected) in [
            ("plain_1", "plain_1"),
            ("with-dash", "with_dash"),
            ("a b.c", "a_b_c"),
            ("1st", "x1st"),
            ("_x", "x_x"),
            // In Java the text is checked for its first letter while it still begins with a percent sign.
            ("é$", "_C3_A9_24"),
            ("", ""),
        ] {
            assert_eq!(scrubbed(name, true), expected, "{name}");
        }
        assert_eq!(scrubbed("with-dash", false), "with-dash");
    }

    #[test]
    fn maps_and_their_entries() {
        assert_eq!(entry_of_map("ConnectDefault2"), "ConnectDefault2Entry");
        assert_eq!(entry_of_map("my_map"), "MyMapEntry");
        assert_eq!(map_of_entry("MyMapEntry"), "my_map");
        assert_eq!(
            map_of_entry("acme.Order.ConnectDefault2Entry"),
            "acme.Order.connect_default2"
        );
        assert_eq!(map_of_entry("Other"), "Other");
    }
}
