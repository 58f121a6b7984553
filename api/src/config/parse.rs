//! Text to typed values.

use super::{ClassNames, ConfigData, Kind, Password, invalid_value};
use crate::Result;
use crate::java_number::{parse_double, parse_integer};

/// Takes a value as a type, as `ConfigDef.parseType`: text is trimmed and parsed, a value that has the type stays,
/// null stays null.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) when it is not of the type, or names no class of `classes`.
pub fn parse_type(
    name: &str,
    value: &ConfigData,
    kind: Kind,
    classes: &dyn ClassNames,
) -> Result<ConfigData> {
    let wrong = |expected: &str| {
        let class = value.java_class();
        invalid_value(
            name,
            value,
            format_args!("Expected value to be {expected}, but it was a {class}"),
        )
    };
    match (kind, value) {
        (_, ConfigData::String(text)) => parse_text(name, Some(text), kind, classes),
        (_, ConfigData::Null)
        | (Kind::Boolean, ConfigData::Boolean(_))
        | (Kind::Password, ConfigData::Password(_))
        | (Kind::Int, ConfigData::Int(_))
        | (Kind::Short, ConfigData::Short(_))
        | (Kind::Long, ConfigData::Long(_))
        | (Kind::List, ConfigData::List(_))
        | (Kind::Class, ConfigData::Class(_)) => Ok(value.clone()),
        (Kind::Long, ConfigData::Int(n)) => Ok(ConfigData::Long(i64::from(*n))),
        (Kind::Double, number) if number.as_number().is_some() => {
            Ok(ConfigData::Double(number.as_number().unwrap_or_default()))
        }
        (Kind::Boolean, _) => Err(invalid_value(
            name,
            value,
            "Expected value to be either true or false",
        )),
        (Kind::Password | Kind::String, _) => Err(wrong("a string")),
        (Kind::Int, _) => Err(wrong("a 32-bit integer")),
        (Kind::Short, _) => Err(wrong("a 16-bit integer (short)")),
        (Kind::Long, _) => Err(wrong("a 64-bit integer (long)")),
        (Kind::Double, _) => Err(wrong("a double")),
        (Kind::List, _) => Err(invalid_value(
            name,
            value,
            "Expected a comma separated list.",
        )),
        (Kind::Class, _) => Err(invalid_value(
            name,
            value,
            "Expected a Class instance or class name.",
        )),
    }
}

/// Parses the text of a configuration; `None` is null.
pub(super) fn parse_text(
    name: &str,
    text: Option<&str>,
    kind: Kind,
    classes: &dyn ClassNames,
) -> Result<ConfigData> {
    let Some(text) = text else {
        return Ok(ConfigData::Null);
    };
    let trimmed = java_trim(text);
    let number = |parsed: Option<ConfigData>| {
        parsed.ok_or_else(|| invalid_value(name, text, format_args!("Not a number of type {kind}")))
    };
    match kind {
        Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(ConfigData::Boolean(true)),
        Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(ConfigData::Boolean(false)),
        Kind::Boolean => Err(invalid_value(
            name,
            text,
            "Expected value to be either true or false",
        )),
        Kind::String => Ok(ConfigData::String(trimmed.to_owned())),
        Kind::Password => Ok(ConfigData::Password(Password::new(trimmed))),
        Kind::Int => number(
            parse_integer(trimmed)
                .and_then(|n| i32::try_from(n).ok())
                .map(ConfigData::Int),
        ),
        Kind::Short => number(
            parse_integer(trimmed)
                .and_then(|n| i16::try_from(n).ok())
                .map(ConfigData::Short),
        ),
        Kind::Long => number(parse_integer(trimmed).map(ConfigData::Long)),
        Kind::Double => number(parse_double(trimmed).map(ConfigData::Double)),
        Kind::List => Ok(ConfigData::List(split_list(trimmed))),
        Kind::Class => match classes.full_name(trimmed) {
            Some(class) => Ok(ConfigData::Class(class)),
            None => Err(invalid_value(
                name,
                text,
                format_args!("Class {text} could not be found."),
            )),
        },
    }
}

/// `String.trim`: everything up to the blank goes, also control characters; other Unicode spaces stay.
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The items between commas, without the white space around the commas. Empty items are kept; no text is no items.
fn split_list(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r');
    let last = text.split(',').count() - 1;
    let item = |(i, item): (usize, &str)| {
        // The pattern swallows white space next to a comma only; the ends of the text were trimmed before.
        let item = if i > 0 {
            item.trim_start_matches(space)
        } else {
            item
        };
        let item = if i < last {
            item.trim_end_matches(space)
        } else {
            item
        };
        item.to_owned()
    };
    text.split(',').enumerate().map(item).collect()
}
