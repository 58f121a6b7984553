//! Values as text that [`parse_string`](super::parse_string) reads back.

use std::fmt::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::temporal::Iso;
use crate::{Text, Value};

/// The text of a value: strings as they are, bytes in base64, lists and maps as in JSON, dates as in ISO 8601.
pub fn to_text(value: &Value) -> Text {
    match value {
        Value::String(text) => text.clone(),
        value => Text::from(Outer(value).to_string()),
    }
}

struct Outer<'a>(&'a Value);

impl fmt::Display for Outer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => f.write_str(text),
            Value::Bytes(bytes) => f.write_str(&STANDARD.encode(bytes)),
            value => Embedded(value).fmt(f),
        }
    }
}

/// A value inside another: strings and bytes are quoted.
struct Embedded<'a>(&'a Value);

impl fmt::Display for Embedded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => write_quoted(f, text),
            Value::Bytes(bytes) => write!(f, "\"{}\"", STANDARD.encode(bytes)),
            Value::Date(millis) => Iso(*millis).fmt(f),
            Value::Array(elements) => {
                f.write_char('[')?;
                for (i, element) in elements.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { "," }, Embedded(element))?;
                }
                f.write_char(']')
            }
            Value::Map(map) => {
                f.write_char('{')?;
                for (i, (key, value)) in map.iter().enumerate() {
                    write!(
                        f,
                        "{}{}:{}",
                        if i == 0 { "" } else { "," },
                        Embedded(key),
                        Embedded(value)
                    )?;
                }
                f.write_char('}')
            }
            Value::Struct(structure) => {
                f.write_char('{')?;
                for field in &structure.schema().fields {
                    f.write_str(if field.index == 0 { "" } else { "," })?;
                    write_quoted(f, &field.name)?;
                    write!(f, ":{}", Embedded(structure.value(field.index)))?;
                }
                f.write_char('}')
            }
            value => value.fmt(f),
        }
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '"']) {
        write!(f, "{}\\{}", &rest[..at], &rest[at..=at])?;
        rest = &rest[at + 1..];
    }
    write!(f, "{rest}\"")
}
