//! Records as JSON, for people and for comparison.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json, json};
use windlass_api::{
    ConnectError, Converter, Encoded, Header, Props, Record, Result, Schema, SchemaAndValue, Text,
    Value,
};
use windlass_converters::JsonConverter;

use super::sample::Part;

/// Shows Connect data as JsonConverter writes it, and reads what is so shown.
pub(super) struct Show {
    plain: JsonConverter,
    enveloped: JsonConverter,
}

impl Show {
    pub(super) fn new() -> Self {
        let converter = |envelopes: &str| {
            let props = [("schemas.enable", envelopes), ("decimal.format", "NUMERIC")];
            let props: Props = props
                .map(|(key, value)| (key.to_owned(), Some(value.to_owned())))
                .into();
            let mut converter = JsonConverter::new();
            converter
                .configure(&props, false)
                .expect("both keys are JsonConverter's own");
            converter
        };
        Show {
            plain: converter("false"),
            enveloped: converter("true"),
        }
    }

    /// A record of Connect data.
    pub(super) fn record(&mut self, record: &Record) -> Json {
        let mut shown = Map::new();
        shown.insert("topic".to_owned(), (*record.topic).into());
        shown.insert("partition".to_owned(), record.partition.into());
        shown.insert("timestamp".to_owned(), record.timestamp.into());
        self.part(&mut shown, "key", record.key_schema.as_ref(), &record.key);
        self.part(
            &mut shown,
            "value",
            record.value_schema.as_ref(),
            &record.value,
        );
        let headers = record.headers.iter().map(|Header { key, schema, value }| {
            let mut shown = Map::new();
            shown.insert("key".to_owned(), key.to_string().into());
            self.part(&mut shown, "value", schema.as_ref(), value);
            Json::Object(shown)
        });
        let headers = headers.collect();
        shown.insert("headers".to_owned(), Json::Array(headers));
        Json::Object(shown)
    }

    fn part(
        &mut self,
        shown: &mut Map<String, Json>,
        name: &str,
        schema: Option<&Schema>,
        value: &Value,
    ) {
        let Some(schema) = schema else {
            let json = written(&mut self.plain, None, value);
            // What has no JSON has a text.
            let json = json.unwrap_or_else(|| text(value));
            shown.insert(name.to_owned(), json);
            return;
        };
        let (payload, schema) = match written(&mut self.enveloped, Some(schema), value) {
            Some(Json::Object(mut envelope)) => (
                envelope.remove("payload").unwrap_or_default(),
                envelope.remove("schema").unwrap_or_default(),
            ),
            _ => (
                text(value),
                json!({"type": schema.kind.name(), "optional": schema.optional}),
            ),
        };
        shown.insert(name.to_owned(), payload);
        shown.insert(format!("{name}Schema"), schema);
    }

    /// The Connect data that a sample describes.
    pub(super) fn read(&mut self, part: &Part) -> Result<SchemaAndValue> {
        if let Some(text) = &part.base64 {
            let bytes = BASE64_STANDARD
                .decode(text)
                .map_err(|error| ConnectError::data(format!("not base64: {error}")))?;
            return Ok(bytes::Bytes::from(bytes).into());
        }
        match &part.schema {
            Some(schema) => {
                let envelope = json!({"schema": schema, "payload": part.json});
                let bytes = envelope.to_string().into();
                self.enveloped.to_connect_data("", Some(bytes))
            }
            None if part.json.is_null() => Ok(SchemaAndValue::default()),
            None => {
                let bytes = part.json.to_string().into();
                self.plain.to_connect_data("", Some(bytes))
            }
        }
    }
}

fn written(converter: &mut JsonConverter, schema: Option<&Schema>, value: &Value) -> Option<Json> {
    let mut out = Vec::new();
    match converter
        .from_connect_data("", schema, value, &mut out)
        .ok()?
    {
        Encoded::Null => Some(Json::Null),
        Encoded::Borrowed(bytes) => serde_json::from_slice(bytes).ok(),
        Encoded::Appended => serde_json::from_slice(&out).ok(),
    }
}

fn text(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        value => value.to_string().into(),
    }
}

/// Bytes as they are in Kafka: text, or JSON where they are an object or an array, or base64.
pub(super) fn bytes(shown: &mut Map<String, Json>, name: &str, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else {
        shown.insert(name.to_owned(), Json::Null);
        return;
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let json = serde_json::from_str::<Json>(text)
                .ok()
                .filter(|json| json.is_object() || json.is_array());
            let json = json.unwrap_or_else(|| text.into());
            shown.insert(name.to_owned(), json);
        }
        Err(_) => {
            let text = BASE64_STANDARD.encode(bytes);
            shown.insert(format!("{name}Base64"), text.into());
        }
    }
}

/// The bytes of what a sample gives: text as it is, other JSON as its text.
pub(super) fn to_bytes(part: &Part) -> Result<Option<bytes::Bytes>> {
    if let Some(text) = &part.base64 {
        return match BASE64_STANDARD.decode(text) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) => Err(ConnectError::data(format!("not base64: {error}"))),
        };
    }
    Ok(match &part.json {
        Json::Null => None,
        Json::String(text) => Some(Text::from(text.as_str()).into_bytes()),
        other => Some(other.to_string().into()),
    })
}
