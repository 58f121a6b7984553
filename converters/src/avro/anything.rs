//! Schemaless values: a record with one field for each type, of which one has a value.

use std::sync::LazyLock;

use windlass_api::{ConnectError, MapValue, Result, Value};

use super::decode::{Input, no_branch};
use super::encode::{push_bytes, push_long};
use super::names::ANYTHING;
use super::schema::AvroSchema;

/// The schema of all schemaless values.
pub(super) fn schema() -> &'static AvroSchema {
    &SCHEMA
}

/// Whether a schema is that of schemaless values.
pub(super) fn is_anything(avro: &AvroSchema) -> bool {
    avro.name() == ANYTHING && avro.to_string() == *TEXT
}

/// Reads a value.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the bytes are of no value, or values nest too deep.
pub(super) fn read(input: &mut Input) -> Result<Value> {
    if input.depth == MAX_DEPTH {
        return Err(too_deep());
    }
    input.depth += 1;
    let mut value = Value::Null;
    for field in FIELDS {
        let found = match input.long()? {
            0 => continue,
            1 => read_field(field, input)?,
            other => return Err(no_branch(other)),
        };
        // The first that is set counts, as in Java.
        if value.is_null() {
            value = found;
        }
    }
    input.depth -= 1;
    Ok(value)
}

fn read_field(field: Field, input: &mut Input) -> Result<Value> {
    Ok(match field {
        Field::Boolean => Value::Boolean(input.byte()? != 0),
        Field::Bytes => Value::Bytes(input.bytes()?),
        Field::Double => Value::Float64(input.double()?),
        Field::Float => Value::Float32(input.float()?),
        Field::Int => Value::Int32(input.int()?),
        Field::Long => Value::Int64(input.long()?),
        Field::String => Value::String(input.text()?),
        Field::Array => {
            let mut values = Vec::new();
            input.blocks(|input, _| {
                values.push(read(input)?);
                Ok(())
            })?;
            Value::Array(values)
        }
        Field::Map => {
            let mut map = MapValue::new();
            input.blocks(|input, _| {
                let key = read(input)?;
                map.insert(key, read(input)?);
                Ok(())
            })?;
            Value::Map(map)
        }
    })
}

/// Appends a value.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when it is of a class that schemaless data has not, or nests too
/// deep.
pub(super) fn push(value: &Value, out: &mut Vec<u8>, depth: usize) -> Result<()> {
    if depth == MAX_DEPTH {
        return Err(too_deep());
    }
    let Some(field) = field_of(value)? else {
        out.extend_from_slice(&[0; FIELDS.len()]);
        return Ok(());
    };
    let at = field as usize;
    out.extend_from_slice(&[0; FIELDS.len()][..at]);
    push_long(out, 1);
    match value {
        Value::Boolean(v) => out.push(u8::from(*v)),
        Value::Bytes(v) => push_bytes(out, v),
        Value::Float64(v) => out.extend_from_slice(&v.to_le_bytes()),
        Value::Float32(v) => out.extend_from_slice(&v.to_le_bytes()),
        Value::String(v) => push_bytes(out, v.as_bytes()),
        Value::Array(elements) => {
            if !elements.is_empty() {
                push_long(out, elements.len() as i64);
            }
            for element in elements {
                push(element, out, depth + 1)?;
            }
            out.push(0);
        }
        Value::Map(map) => {
            if !map.is_empty() {
                push_long(out, map.len() as i64);
            }
            for (key, value) in map {
                push(key, out, depth + 1)?;
                push(value, out, depth + 1)?;
            }
            out.push(0);
        }
        integer => push_long(out, integer.as_integer().unwrap_or_default()),
    }
    out.extend_from_slice(&[0; FIELDS.len()][at + 1..]);
    Ok(())
}

fn field_of(value: &Value) -> Result<Option<Field>> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Boolean(_) => Field::Boolean,
        Value::Bytes(_) => Field::Bytes,
        Value::Float64(_) => Field::Double,
        Value::Float32(_) => Field::Float,
        Value::Int8(_) | Value::Int16(_) | Value::Int32(_) => Field::Int,
        Value::Int64(_) => Field::Long,
        Value::String(_) => Field::String,
        Value::Array(_) => Field::Array,
        Value::Map(_) => Field::Map,
        other => {
            return Err(ConnectError::data(format!(
                "Unknown Java type for schemaless data: class {}",
                other.java_class()
            )));
        }
    }))
}

fn too_deep() -> ConnectError {
    ConnectError::data(format!(
        "expected schemaless values to nest at most {MAX_DEPTH} deep"
    ))
}

#[derive(Clone, Copy)]
enum Field {
    Boolean,
    Bytes,
    Double,
    Float,
    Int,
    Long,
    String,
    Array,
    Map,
}

const FIELDS: [Field; 9] = [
    Field::Boolean,
    Field::Bytes,
    Field::Double,
    Field::Float,
    Field::Int,
    Field::Long,
    Field::String,
    Field::Array,
    Field::Map,
];

const MAX_DEPTH: usize = 64;

static TEXT: LazyLock<String> = LazyLock::new(|| SCHEMA.to_string());

static SCHEMA: LazyLock<AvroSchema> = LazyLock::new(|| {
    let optional = |name: &str, of: &str| {
        format!(r#"{{"name":"{name}","type":["null",{of}],"default":null}}"#)
    };
    let primitives = [
        "boolean", "bytes", "double", "float", "int", "long", "string",
    ];
    let mut fields: Vec<_> = primitives
        .iter()
        .map(|name| optional(name, &format!("\"{name}\"")))
        .collect();
    fields.push(optional("array", r#"{"type":"array","items":"Anything"}"#));
    let entry = r#"{"type":"record","name":"MapEntry","fields":[{"name":"key","type":"Anything"},{"name":"value","type":"Anything"}]}"#;
    fields.push(optional(
        "map",
        &format!(r#"{{"type":"array","items":{entry}}}"#),
    ));
    let text = format!(
        r#"{{"type":"record","name":"Anything","namespace":"io.confluent.connect.avro","fields":[{}]}}"#,
        fields.join(",")
    );
    AvroSchema::parse(&text, []).expect("the schema is written out above")
});
