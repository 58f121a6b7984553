//! Default values: JSON in Avro's schemas, values in Connect's.

use bytes::Bytes;
use num_bigint::BigInt;
use serde_json::{Map, Number, Value as Json, json};
use windlass_api::{
    ConnectError, Decimal, Logical, MapValue, Result, Schema, Struct, Text, Type, Value, date,
    decimal, time, timestamp,
};

use super::config::Options;
use super::encode;
use super::names::{self, is_union};
use super::schema::{AvroSchema, Kind, NodeId, RecordField};
use super::to_connect::branch_schema;

/// The value of a Connect schema that a default in an Avro schema says. Numbers out of range wrap, as in Java.
///
/// # Errors
/// When the JSON does not fit.
pub(super) fn from_json(
    config: &Options,
    avro: &AvroSchema,
    id: NodeId,
    schema: &Schema,
    json: &Json,
) -> Result<Value> {
    let reader = Reader { config, avro };
    let value = reader.value(id, schema, json)?;
    if !value.is_null() {
        schema.validate(&value)?;
    }
    Ok(value)
}

struct Reader<'a> {
    config: &'a Options,
    avro: &'a AvroSchema,
}

impl Reader<'_> {
    fn value(&self, id: NodeId, schema: &Schema, json: &Json) -> Result<Value> {
        if json.is_null() {
            return Ok(Value::Null);
        }
        if let Kind::Union(branches) = self.avro.kind(id) {
            return self.union(branches, schema, json);
        }
        if let Some(logical) = Logical::of(schema) {
            return logical_value(logical, schema, json);
        }
        let found = || unfit(schema, json);
        let integer = || integer(json).ok_or_else(found);
        let float = || json.as_f64().ok_or_else(found);
        Ok(match schema.kind {
            Type::Int8 => Value::Int8(integer()? as i8),
            Type::Int16 => Value::Int16(integer()? as i16),
            Type::Int32 => Value::Int32(integer()? as i32),
            Type::Int64 => Value::Int64(integer()?),
            Type::Float32 => Value::Float32(float()? as f32),
            Type::Float64 => Value::Float64(float()?),
            Type::Boolean => Value::Boolean(json.as_bool().ok_or_else(found)?),
            Type::String => Value::String(Text::from(json.as_str().ok_or_else(found)?)),
            Type::Bytes => Value::Bytes(latin1(json).ok_or_else(found)?),
            Type::Array => self.array(id, schema, json)?,
            Type::Map => self.map(id, schema, json)?,
            Type::Struct => self.structure(id, schema, json)?,
        })
    }

    fn array(&self, id: NodeId, schema: &Schema, json: &Json) -> Result<Value> {
        let (Kind::Array(items), Some(element), Some(list)) =
            (self.avro.kind(id), &schema.value_schema, json.as_array())
        else {
            return Err(unfit(schema, json));
        };
        let values = list.iter().map(|item| self.value(*items, element, item));
        Ok(Value::Array(values.collect::<Result<_>>()?))
    }

    /// An object; or an array of pairs or entries, where the keys are no text.
    fn map(&self, id: NodeId, schema: &Schema, json: &Json) -> Result<Value> {
        let (Some(key_schema), Some(value_schema)) = (&schema.key_schema, &schema.value_schema)
        else {
            return Err(unfit(schema, json));
        };
        let mut map = MapValue::new();
        match (self.avro.kind(id), json) {
            (Kind::Map(values), Json::Object(members)) => {
                for (name, member) in members {
                    let value = self.value(*values, value_schema, member)?;
                    map.insert(Text::from(name.as_str()), value);
                }
            }
            (Kind::Array(items), Json::Array(entries)) => {
                let Kind::Record(entry) = self.avro.kind(*items) else {
                    return Err(unfit(schema, json));
                };
                let field = |name: &str| entry.fields.iter().find(|f| f.name == name);
                let (Some(key_field), Some(value_field)) = (field(names::KEY), field(names::VALUE))
                else {
                    return Err(unfit(schema, json));
                };
                for pair in entries {
                    let key = pair.get(0).or_else(|| pair.get(names::KEY));
                    let value = pair.get(1).or_else(|| pair.get(names::VALUE));
                    let (Some(key), Some(value)) = (key, value) else {
                        return Err(unfit(schema, json));
                    };
                    let key = self.value(key_field.schema, key_schema, key)?;
                    map.insert(key, self.value(value_field.schema, value_schema, value)?);
                }
            }
            _ => return Err(unfit(schema, json)),
        }
        Ok(Value::Map(map))
    }

    fn structure(&self, id: NodeId, schema: &Schema, json: &Json) -> Result<Value> {
        let (Kind::Record(record), Some(members)) = (self.avro.kind(id), json.as_object()) else {
            return Err(unfit(schema, json));
        };
        let mut structure = Struct::new(schema.clone())?;
        for (index, field) in record.fields.iter().enumerate() {
            let inner = schema
                .fields
                .get(index)
                .ok_or_else(|| unfit(schema, json))?;
            let member = members.get(&*field.name).or(field.default.as_ref());
            let value = match member {
                Some(member) => self.value(field.schema, &inner.schema, member)?,
                None => Value::Null,
            };
            if !value.is_null() || inner.schema.default.is_none() {
                structure.put_at(index, value)?;
            }
        }
        Ok(Value::Struct(structure))
    }

    /// A default is of the first branch.
    fn union(&self, branches: &[NodeId], schema: &Schema, json: &Json) -> Result<Value> {
        let of_null = |id: &NodeId| matches!(self.avro.kind(*id), Kind::Null);
        if !is_union(schema) {
            let branch = branches.iter().find(|id| !of_null(id));
            let branch = branch.ok_or_else(|| unfit(schema, json))?;
            return self.value(*branch, schema, json);
        }
        let first = *branches.first().ok_or_else(|| unfit(schema, json))?;
        if of_null(&first) {
            return Ok(Value::Null);
        }
        let inner = branch_schema(self.config, schema, self.avro.kind(first), 0)
            .ok_or_else(|| unfit(schema, json))?;
        let value = self.value(first, inner, json)?;
        let mut structure = Struct::new(schema.clone())?;
        structure.put(&self.config.branch_field(self.avro.kind(first), 0), value)?;
        Ok(Value::Struct(structure))
    }
}

/// The default in an Avro schema that says a value of a Connect schema.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the value does not fit its schema.
pub(super) fn to_json(config: &Options, schema: &Schema, value: &Value) -> Result<Json> {
    if value.is_null() {
        return Ok(Json::Null);
    }
    Ok(match (schema.kind, value) {
        (_, Value::Decimal(v)) => latin1_text(&decimal::from_logical(schema, v)?),
        (Type::Int64, Value::Date(v)) => json!(timestamp::from_logical(schema, *v)?),
        (_, Value::Date(v)) => match Logical::of(schema) {
            Some(Logical::Time) => json!(time::from_logical(schema, *v)?),
            _ => json!(date::from_logical(schema, *v)?),
        },
        (Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64, v) => {
            json!(v.as_integer().ok_or_else(|| wrong_class(schema, v))?)
        }
        (Type::Float32, Value::Float32(v)) => float(f64::from(*v)),
        (Type::Float64, Value::Float64(v)) => float(*v),
        (Type::Boolean, Value::Boolean(v)) => json!(v),
        (Type::String, Value::String(v)) => json!(v.as_str()),
        (Type::Bytes, Value::Bytes(v)) => latin1_text(v),
        (Type::Array, Value::Array(elements)) => {
            let element = schema
                .value_schema
                .as_ref()
                .ok_or_else(|| wrong_class(schema, value))?;
            let list = elements.iter().map(|v| to_json(config, element, v));
            Json::Array(list.collect::<Result<_>>()?)
        }
        (Type::Map, Value::Map(map)) => map_to_json(config, schema, map)?,
        (Type::Struct, Value::Struct(structure)) => struct_to_json(config, schema, structure)?,
        (_, v) => return Err(wrong_class(schema, v)),
    })
}

fn map_to_json(config: &Options, schema: &Schema, map: &MapValue) -> Result<Json> {
    let (Some(key_schema), Some(value_schema)) = (&schema.key_schema, &schema.value_schema) else {
        return Err(ConnectError::data(
            "a map schema without key or value schema",
        ));
    };
    if encode::is_string_map(config, schema) {
        let mut members = Map::new();
        for (key, value) in map {
            let name = key.as_str().ok_or_else(|| wrong_class(key_schema, key))?;
            members.insert(name.to_owned(), to_json(config, value_schema, value)?);
        }
        return Ok(Json::Object(members));
    }
    let pairs = map.iter().map(|(key, value)| {
        Ok(json!([
            to_json(config, key_schema, key)?,
            to_json(config, value_schema, value)?
        ]))
    });
    Ok(Json::Array(pairs.collect::<Result<_>>()?))
}

fn struct_to_json(config: &Options, schema: &Schema, structure: &Struct) -> Result<Json> {
    if is_union(schema) {
        let set = schema
            .fields
            .iter()
            .find(|f| !structure.value(f.index).is_null());
        return match set {
            Some(field) => to_json(config, &field.schema, structure.value(field.index)),
            None => Ok(Json::Null),
        };
    }
    let mut members = Map::new();
    for field in &schema.fields {
        let json = to_json(config, &field.schema, structure.value(field.index))?;
        members.insert(config.field_name(&field.name).into_owned(), json);
    }
    Ok(Json::Object(members))
}

/// Whether a default fits the type of a field: that of the first branch, of a union.
pub(super) fn is_valid(avro: &AvroSchema, id: NodeId, json: &Json) -> bool {
    match (avro.kind(id), json) {
        (Kind::Union(branches), json) => branches
            .first()
            .is_some_and(|first| is_valid(avro, *first, json)),
        (Kind::Null, Json::Null)
        | (Kind::Boolean, Json::Bool(_))
        | (Kind::String | Kind::Bytes, Json::String(_))
        | (Kind::Float | Kind::Double, Json::Number(_)) => true,
        (Kind::Fixed(fixed), Json::String(text)) => text.chars().count() == fixed.size,
        (Kind::Int, json) => integer(json).is_some_and(|v| i32::try_from(v).is_ok()),
        (Kind::Long, json) => integer(json).is_some(),
        (Kind::Enum(symbols), Json::String(text)) => symbols.symbols.iter().any(|s| **s == **text),
        (Kind::Array(items), Json::Array(list)) => list.iter().all(|v| is_valid(avro, *items, v)),
        (Kind::Map(values), Json::Object(members)) => {
            members.values().all(|v| is_valid(avro, *values, v))
        }
        (Kind::Record(record), Json::Object(members)) => record.fields.iter().all(|field| {
            let member = members.get(&*field.name).or(field.default.as_ref());
            member.is_some_and(|v| is_valid(avro, field.schema, v))
        }),
        _ => false,
    }
}

/// Appends the binary form of a field's default.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when there is none, or it does not fit.
pub(super) fn push(avro: &AvroSchema, field: &RecordField, out: &mut Vec<u8>) -> Result<()> {
    let json = field.default.as_ref().ok_or_else(|| {
        ConnectError::data(format!(
            "field \"{}\" of the Avro schema has no value and no default value",
            field.name
        ))
    })?;
    if !is_valid(avro, field.schema, json) {
        return Err(ConnectError::data(format!(
            "field \"{}\" of the Avro schema has a default value of another type: {json}",
            field.name
        )));
    }
    push_valid(avro, field.schema, json, out);
    Ok(())
}

/// Appends the binary form of JSON for which [`is_valid`] holds.
fn push_valid(avro: &AvroSchema, id: NodeId, json: &Json, out: &mut Vec<u8>) {
    match avro.kind(id) {
        Kind::Null => {}
        Kind::Boolean => out.push(u8::from(json.as_bool().unwrap_or_default())),
        Kind::Int | Kind::Long => encode::push_long(out, integer(json).unwrap_or_default()),
        Kind::Float => {
            let value = json.as_f64().unwrap_or_default() as f32;
            out.extend_from_slice(&value.to_le_bytes());
        }
        Kind::Double => out.extend_from_slice(&json.as_f64().unwrap_or_default().to_le_bytes()),
        Kind::String => encode::push_bytes(out, json.as_str().unwrap_or_default().as_bytes()),
        Kind::Bytes => encode::push_bytes(out, &latin1(json).unwrap_or_default()),
        Kind::Fixed(_) => out.extend_from_slice(&latin1(json).unwrap_or_default()),
        Kind::Enum(symbols) => {
            let text = json.as_str().unwrap_or_default();
            let index = symbols.symbols.iter().position(|s| *s == text);
            encode::push_long(out, index.unwrap_or_default() as i64);
        }
        Kind::Union(branches) => {
            encode::push_long(out, 0);
            push_valid(avro, branches[0], json, out);
        }
        Kind::Array(items) => {
            let list = json.as_array().map(Vec::as_slice).unwrap_or_default();
            push_count(out, list.len());
            list.iter().for_each(|v| push_valid(avro, *items, v, out));
            push_end(out, list.len());
        }
        Kind::Map(values) => {
            let members = json.as_object().into_iter().flatten();
            let count = json.as_object().map_or(0, Map::len);
            push_count(out, count);
            for (name, member) in members {
                encode::push_bytes(out, name.as_bytes());
                push_valid(avro, *values, member, out);
            }
            push_end(out, count);
        }
        Kind::Record(record) => {
            for field in &record.fields {
                let member = json.get(&*field.name).or(field.default.as_ref());
                push_valid(avro, field.schema, member.unwrap_or(&Json::Null), out);
            }
        }
    }
}

fn push_count(out: &mut Vec<u8>, count: usize) {
    if count > 0 {
        encode::push_long(out, count as i64);
    }
}

fn push_end(out: &mut Vec<u8>, _count: usize) {
    out.push(0);
}

fn logical_value(logical: Logical, schema: &Schema, json: &Json) -> Result<Value> {
    let integer = || integer(json).ok_or_else(|| unfit(schema, json));
    Ok(match logical {
        Logical::Decimal => {
            let bytes = latin1(json).ok_or_else(|| unfit(schema, json))?;
            Value::from(Decimal {
                unscaled: BigInt::from_signed_bytes_be(&bytes),
                scale: decimal::scale(schema)?,
            })
        }
        Logical::Date => Value::Date(date::to_logical(schema, integer()? as i32)?),
        Logical::Time => Value::Date(time::to_logical(schema, integer()? as i32)?),
        Logical::Timestamp => Value::Date(timestamp::to_logical(schema, integer()?)?),
    })
}

fn integer(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| {
        json.as_f64()
            .filter(|v| v.fract() == 0.0 && v.abs() < 2f64.powi(63))
            .map(|v| v as i64)
    })
}

/// Bytes are text in which each character is a byte.
fn latin1(json: &Json) -> Option<Bytes> {
    let text = json.as_str()?;
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect()
}

fn latin1_text(bytes: &[u8]) -> Json {
    Json::String(bytes.iter().copied().map(char::from).collect())
}

/// JSON has no infinities; what cannot be said is no default.
fn float(value: f64) -> Json {
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}

fn unfit(schema: &Schema, json: &Json) -> ConnectError {
    ConnectError::data(format!(
        "expected a default value of {schema}, found {json}"
    ))
}

fn wrong_class(schema: &Schema, value: &Value) -> ConnectError {
    ConnectError::data(format!(
        "Invalid type used for default value of {} field: class {}",
        schema.kind,
        value.java_class()
    ))
}
