//! JSON as Jackson reads and writes it for Connect.

use std::borrow::Cow;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::Value;
use serde_json::value::RawValue;
use windlass_api::Props;

use crate::problem::{Problem, Result};

/// The members of an object, unparsed, in order; of equal keys the last counts.
pub(crate) type Members = IndexMap<String, Box<RawValue>>;

/// The text of a body: UTF-8 with or without a byte order mark, or UTF-16.
///
/// # Errors
/// 500, as for every fault in a body.
pub(crate) fn text(body: &[u8]) -> Result<Cow<'_, str>> {
    let utf16 = |from_bytes: fn([u8; 2]) -> u16, body: &[u8]| {
        let units: Vec<u16> = body
            .chunks_exact(2)
            .map(|two| from_bytes([two[0], two[1]]))
            .collect();
        String::from_utf16(&units)
            .map(Cow::Owned)
            .map_err(|_| malformed("invalid UTF-16"))
    };
    match body {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        [0xfe, 0xff, rest @ ..] => utf16(u16::from_be_bytes, rest),
        [0xff, 0xfe, rest @ ..] => utf16(u16::from_le_bytes, rest),
        // JSON starts with ASCII: a zero beside it tells UTF-16 without a mark.
        [0, _, ..] => utf16(u16::from_be_bytes, body),
        [_, 0, ..] => utf16(u16::from_le_bytes, body),
        _ => utf8(body),
    }
}

/// A body that is an object or null (`None`, as is an empty one).
pub(crate) fn object(body: &[u8]) -> Result<Option<Members>> {
    let text = text(body)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    members(&text)
}

/// A value that is an object or null.
pub(crate) fn members(text: &str) -> Result<Option<Members>> {
    serde_json::from_str(text).map_err(|e| malformed(&e.to_string()))
}

/// Any value, for example the offsets that a connector is given.
pub(crate) fn value(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| malformed(&e.to_string()))
}

/// A `Map<String, String>`, or null.
pub(crate) fn string_map(body: &[u8]) -> Result<Option<Props>> {
    object(body)?.map(|members| props(&members)).transpose()
}

/// The members as configuration.
pub(crate) fn props(members: &Members) -> Result<Props> {
    members
        .iter()
        .map(|(key, raw)| Ok((key.clone(), scalar(raw)?)))
        .collect()
}

/// A scalar as Jackson coerces it to a string: numbers and booleans keep the sender's spelling.
pub(crate) fn scalar(raw: &RawValue) -> Result<Option<String>> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'"') => {
            let string: String =
                serde_json::from_str(text).map_err(|e| malformed(&e.to_string()))?;
            if string.encode_utf16().count() > MAX_STRING_UNITS {
                return Err(malformed(
                    "string value exceeds the maximum of 20000000 characters",
                ));
            }
            Ok(Some(string))
        }
        Some(b'{') => Err(malformed("cannot deserialize a string from an object")),
        Some(b'[') => Err(malformed("cannot deserialize a string from an array")),
        _ if text == "null" => Ok(None),
        _ => Ok(Some(text.to_owned())),
    }
}

/// A fault in a body.
pub(crate) fn malformed(why: &str) -> Problem {
    Problem::internal(format!("invalid JSON in the request body: {why}"))
}

/// UTF-8, with characters beyond the basic plane as escaped surrogates.
pub(crate) fn to_bytes(value: &Value) -> Bytes {
    let plain = value.to_string();
    if plain.bytes().all(|b| b < 0xf0) {
        return Bytes::from(plain);
    }
    let mut escaped = String::with_capacity(plain.len() + 16);
    for c in plain.chars() {
        if c.len_utf16() == 1 {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04X}"));
            }
        }
    }
    Bytes::from(escaped)
}

fn utf8(body: &[u8]) -> Result<Cow<'_, str>> {
    std::str::from_utf8(body)
        .map(Cow::Borrowed)
        .map_err(|_| malformed("invalid UTF-8"))
}

/// Jackson's limit.
const MAX_STRING_UNITS: usize = 20_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn map(body: &[u8]) -> Vec<(String, Option<String>)> {
        string_map(body)
            .expect("valid")
            .expect("not null")
            .into_iter()
            .collect()
    }

    #[test]
    fn scalars_keep_their_spelling() {
        let map = map(br#"{"a": 1e+21, "b": 0.10, "c": true, "d": null, "e": "x\n", "f": -0}"#);
        let values: Vec<_> = map.iter().map(|(_, v)| v.as_deref()).collect();
        let wanted = [
            Some("1e+21"),
            Some("0.10"),
            Some("true"),
            None,
            Some("x\n"),
            Some("-0"),
        ];
        assert_eq!(values, wanted);
    }

    #[test]
    fn the_last_of_equal_keys_wins() {
        assert_eq!(
            map(br#"{"a": "1", "b": "2", "a": "3"}"#)[0].1.as_deref(),
            Some("3")
        );
    }

    #[test]
    fn byte_order_marks_and_utf16_are_read() {
        let utf16 = |text: &str, to: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(to).collect()
        };
        for text in ["\u{feff}{\"a\":\"é\"}", "{\"a\":\"é\"}"] {
            let (big, little) = (utf16(text, u16::to_be_bytes), utf16(text, u16::to_le_bytes));
            for body in [text.as_bytes(), &big, &little] {
                assert_eq!(map(body), [("a".to_owned(), Some("é".to_owned()))]);
            }
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for body in [
            "{",
            "hello",
            "[]",
            "1",
            "{\"a\":1} x",
            "{\"a\":NaN}",
            "{/**/}",
            "{\"a\":{}}",
            "{\"a\":[]}",
        ] {
            string_map(body.as_bytes()).expect_err(body);
        }
        assert!(string_map(b"").expect("nothing").is_none());
        assert!(string_map(b"null").expect("null").is_none());
    }

    #[test]
    fn characters_beyond_the_basic_plane_are_escaped() {
        assert_eq!(
            &to_bytes(&Value::from("é😀"))[..],
            "\"é\\uD83D\\uDE00\"".as_bytes()
        );
    }
}
