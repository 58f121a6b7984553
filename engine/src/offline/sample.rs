//! Sample records, one JSON object each.

use serde_json::{Map, Value as Json};

use crate::config::closest;

/// A record to be run through a connector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    pub(super) topic: Option<String>,
    pub(super) partition: Option<i32>,
    pub(super) offset: Option<i64>,
    /// Milliseconds since the epoch.
    pub(super) timestamp: Option<i64>,
    pub(super) key: Part,
    pub(super) value: Part,
    pub(super) headers: Vec<(String, Part)>,
}

/// A key, a value, or the value of a header.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Part {
    pub(super) json: Json,
    /// The schema as JsonConverter writes it.
    pub(super) schema: Option<Json>,
    /// Bytes that are no text.
    pub(super) base64: Option<String>,
}

/// A sample that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SampleError(String);

impl Sample {
    /// Reads a sample from its text.
    ///
    /// # Errors
    /// When it is no JSON object, or a member is not of its type or unknown.
    pub fn parse(text: &str) -> Result<Self, SampleError> {
        let json = serde_json::from_str(text)
            .map_err(|error| SampleError(format!("not a JSON object: {error}")))?;
        Self::from_json(&json)
    }

    pub(super) fn from_json(json: &Json) -> Result<Self, SampleError> {
        let Json::Object(members) = json else {
            return Err(SampleError(format!(
                "expected a JSON object, found {}",
                kind(json)
            )));
        };
        refuse_unknown(members, &MEMBERS)?;
        let headers = match members.get("headers") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Object(headers)) => headers
                .iter()
                .map(|(name, value)| (name.clone(), Part::of(value.clone())))
                .collect(),
            Some(Json::Array(headers)) => headers.iter().map(header).collect::<Result<_, _>>()?,
            Some(other) => return Err(wrong("headers", "an array or an object", other)),
        };
        Ok(Sample {
            topic: text(members, "topic")?,
            partition: number(members, "partition")?,
            offset: number(members, "offset")?,
            timestamp: number(members, "timestamp")?,
            key: part(members, "key")?,
            value: part(members, "value")?,
            headers,
        })
    }
}

impl Part {
    fn of(json: Json) -> Self {
        Part {
            json,
            ..Part::default()
        }
    }
}

/// The members `name`, `nameSchema` and `nameBase64`.
fn part(members: &Map<String, Json>, name: &str) -> Result<Part, SampleError> {
    let schema = members.get(&format!("{name}Schema"));
    Ok(Part {
        json: members.get(name).cloned().unwrap_or_default(),
        schema: schema.filter(|schema| !schema.is_null()).cloned(),
        base64: text(members, &format!("{name}Base64"))?,
    })
}

fn header(json: &Json) -> Result<(String, Part), SampleError> {
    let Json::Object(members) = json else {
        return Err(wrong("headers", "objects with key and value", json));
    };
    refuse_unknown(members, &["key", "value", "valueSchema", "valueBase64"])?;
    let key =
        text(members, "key")?.ok_or_else(|| SampleError("a header without a key".to_owned()))?;
    Ok((key, part(members, "value")?))
}

fn text(members: &Map<String, Json>, name: &str) -> Result<Option<String>, SampleError> {
    match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong(name, "text", other)),
    }
}

fn number<N: TryFrom<i64>>(
    members: &Map<String, Json>,
    name: &str,
) -> Result<Option<N>, SampleError> {
    match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(other) => match other.as_i64().and_then(|n| N::try_from(n).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(wrong(name, "an integer", other)),
        },
    }
}

/// Refuses members that nobody reads: a misspelt one would silently test something else.
pub(super) fn refuse_unknown(
    members: &Map<String, Json>,
    known: &[&str],
) -> Result<(), SampleError> {
    let Some(name) = members.keys().find(|name| !known.contains(&&***name)) else {
        return Ok(());
    };
    let near = closest(name, known.iter().copied());
    let hint = near.map_or_else(
        || format!("expected one of {}", known.join(", ")),
        |near| format!("did you mean \"{near}\"?"),
    );
    Err(SampleError(format!("unknown member \"{name}\": {hint}")))
}

fn wrong(name: &str, expected: &str, found: &Json) -> SampleError {
    SampleError(format!(
        "\"{name}\": expected {expected}, found {}",
        kind(found)
    ))
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

impl From<String> for SampleError {
    fn from(message: String) -> Self {
        SampleError(message)
    }
}

/// What a record consists of, in samples and in what is expected.
pub(super) const MEMBERS: [&str; 11] = [
    "topic",
    "partition",
    "offset",
    "timestamp",
    "key",
    "keySchema",
    "keyBase64",
    "value",
    "valueSchema",
    "valueBase64",
    "headers",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_members_are_refused() {
        let error = |text: &str| Sample::parse(text).unwrap_err().to_string();
        assert_eq!(
            error(r#"{"valeu":1}"#),
            "unknown member \"valeu\": did you mean \"value\"?"
        );
        assert!(error(r#"{"x":1}"#).contains("expected one of topic, partition"));
        assert_eq!(
            error(r#"{"partition":"a"}"#),
            "\"partition\": expected an integer, found text"
        );
        assert_eq!(error("[]"), "expected a JSON object, found an array");
        assert!(error("{").starts_with("not a JSON object: "));
    }

    #[test]
    fn headers_are_written_in_two_ways() {
        let short = Sample::parse(r#"{"headers":{"a":"1"}}"#).unwrap();
        let long = Sample::parse(r#"{"headers":[{"key":"a","value":"1"}]}"#).unwrap();
        assert_eq!(short, long);
        assert!(Sample::parse(r#"{"headers":[{"value":"1"}]}"#).is_err());
    }
}
