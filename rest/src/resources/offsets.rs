//! `/connectors/C/offsets` (KIP-875)

use serde_json::{Map, Value as Json, json};
use windlass_api::{OffsetMap, Text, Value};
use windlass_engine::herder::{ConnectorOffset, Herder};

use crate::answer::Answer;
use crate::json;
use crate::problem::{Problem, Result};
use crate::request::Request;

/// `GET /connectors/C/offsets`
pub(super) async fn get(herder: &Herder, name: &str) -> Result<Answer> {
    let offsets = herder.connector_offsets(name).await?;
    let offsets: Vec<Json> = offsets
        .iter()
        .map(|entry| {
            json!({
                "partition": map_json(entry.partition.as_ref()),
                "offset": map_json(entry.offset.as_ref()),
            })
        })
        .collect();
    Ok(Answer::ok(&json!({"offsets": offsets})))
}

/// `PATCH /connectors/C/offsets`
pub(super) async fn alter(herder: &Herder, name: &str, request: &Request) -> Result<Answer> {
    let offsets = parse(&request.body)?;
    if offsets.is_empty() {
        return Err(Problem::bad_request(
            "Partitions / offsets need to be provided for an alter offsets request",
        ));
    }
    Ok(message(
        &herder.alter_connector_offsets(name, offsets).await?,
    ))
}

/// `DELETE /connectors/C/offsets`
pub(super) async fn reset(herder: &Herder, name: &str) -> Result<Answer> {
    Ok(message(&herder.reset_connector_offsets(name).await?))
}

fn message(text: &str) -> Answer {
    Answer::ok(&json!({"message": text}))
}

/// `ConnectorOffsets`: `{"offsets":[{"partition":{..},"offset":{..}}]}`
fn parse(body: &[u8]) -> Result<Vec<ConnectorOffset>> {
    let Some(members) = json::object(body)? else {
        return Err(Problem::internal("the request has no body"));
    };
    if let Some(unknown) = members.keys().find(|key| *key != "offsets") {
        return Err(json::malformed(&format!(
            "unknown field {unknown:?}, expected \"offsets\""
        )));
    }
    match members
        .get("offsets")
        .map(|raw| json::value(raw.get()))
        .transpose()?
    {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(entries)) => entries.into_iter().map(entry).collect(),
        Some(_) => Err(json::malformed("expected \"offsets\" to be an array")),
    }
}

/// `ConnectorOffset`
fn entry(entry: Json) -> Result<ConnectorOffset> {
    let Json::Object(mut members) = entry else {
        return Err(json::malformed(
            "expected an object with a partition and an offset",
        ));
    };
    let mut take = |key| match members.shift_remove(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Object(map)) => Ok(Some(
            map.into_iter().map(|(k, v)| (k, from_json(v))).collect(),
        )),
        Some(_) => Err(json::malformed(&format!(
            "expected {key:?} to be an object"
        ))),
    };
    let offset = ConnectorOffset {
        partition: take("partition")?,
        offset: take("offset")?,
    };
    match members.keys().next() {
        None => Ok(offset),
        Some(unknown) => Err(json::malformed(&format!("unknown field {unknown:?}"))),
    }
}

/// Numbers become `int64` or `float64`, as they are once they have been through the offset topic.
fn from_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Int64(integer),
            None => Value::Float64(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::String(Text::from(text)),
        Json::Array(items) => Value::Array(items.into_iter().map(from_json).collect()),
        Json::Object(members) => {
            let mut map = windlass_api::MapValue::default();
            for (key, value) in members {
                map.insert(Value::String(Text::from(key)), from_json(value));
            }
            Value::Map(map)
        }
    }
}

fn map_json(map: Option<&OffsetMap>) -> Json {
    let member = |(key, value): (&String, &Value)| (key.clone(), to_json(value));
    map.map_or(Json::Null, |map| {
        Json::Object(map.iter().map(member).collect())
    })
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Boolean(value) => json!(value),
        Value::Int8(value) => json!(value),
        Value::Int16(value) => json!(value),
        Value::Int32(value) => json!(value),
        Value::Int64(value) | Value::Date(value) => json!(value),
        Value::Float32(value) => json!(value),
        Value::Float64(value) => json!(value),
        Value::String(text) => json!(text.as_str()),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Map(map) => {
            let mut members = Map::new();
            for (key, value) in map.entries() {
                if let Value::String(key) = key {
                    members.insert(key.to_string(), to_json(value));
                }
            }
            Json::Object(members)
        }
        // Offsets hold what JSON can hold; nothing else is ever stored.
        _ => Json::Null,
    }
}
