//! Values.

use num_bigint::BigInt;
use serde_json::Value as Json;
use windlass_api::{Decimal, MapValue, Schema, SchemaAndValue, Struct, Value};

use crate::bytes::decode;
use crate::case::text;
use crate::report::Outcome;
use crate::schema::schema;

/// The value of a V whose place declares a schema, or none.
///
/// # Panics
/// When it is no V.
pub fn value(json: &Json, declared: Option<&Schema>) -> Value {
    let v = &json["v"];
    let kind = text(&json["t"]);
    match kind {
        "null" => Value::Null,
        "boolean" => v.as_bool().expect("a boolean").into(),
        "int8" => i8::try_from(integer(v)).expect("an int8").into(),
        "int16" => i16::try_from(integer(v)).expect("an int16").into(),
        "int32" => i32::try_from(integer(v)).expect("an int32").into(),
        "int64" => integer(v).into(),
        "float32" => text(v).parse::<f32>().expect("a float32").into(),
        "float64" => text(v).parse::<f64>().expect("a float64").into(),
        "string" => text(v).into(),
        "bytes" => decode(text(v)).into(),
        "decimal" => Value::from(Decimal {
            unscaled: big(&json["unscaled"]),
            scale: i32::try_from(integer(&json["scale"])).expect("a scale"),
        }),
        "bigint" => Value::BigInteger(Box::new(big(v))),
        "date" | "time" | "timestamp" => Value::Date(integer(v)),
        "array" => {
            let element = declared.and_then(|s| s.value_schema.as_ref());
            Value::Array(elements(v).iter().map(|e| value(e, element)).collect())
        }
        "map" => Value::Map(map(v, declared)),
        "struct" => Value::Struct(structure(json, declared)),
        _ => panic!("unknown kind of value {kind}"),
    }
}

/// Schema and value of a tagged value.
pub fn tagged(json: &Json) -> SchemaAndValue {
    let schema = schema(&json["schema"]);
    let value = value(&json["value"], schema.as_ref());
    SchemaAndValue { schema, value }
}

/// Checks a value against an expected V, or an error.
///
/// # Errors
/// How they differ.
pub fn expect_value(
    expected: &Json,
    declared: Option<&Schema>,
    actual: windlass_api::Result<Value>,
) -> Outcome {
    let Some(actual) = crate::error::unless_error(expected, actual)? else {
        return Ok(());
    };
    if value(expected, declared) == actual {
        Ok(())
    } else {
        Err(format!("expected {expected}, found {actual:?}"))
    }
}

/// Checks schema and value against an expected tagged value, or an error. Expected null stands for neither.
///
/// # Errors
/// How they differ.
pub fn expect_tagged(expected: &Json, actual: windlass_api::Result<SchemaAndValue>) -> Outcome {
    let Some(actual) = crate::error::unless_error(expected, actual)? else {
        return Ok(());
    };
    let wanted = if expected.is_null() {
        SchemaAndValue::default()
    } else {
        tagged(expected)
    };
    if wanted == actual {
        Ok(())
    } else {
        Err(format!("expected {expected}, found {actual:?}"))
    }
}

fn map(entries: &Json, declared: Option<&Schema>) -> MapValue {
    let key_schema = declared.and_then(|s| s.key_schema.as_ref());
    let value_schema = declared.and_then(|s| s.value_schema.as_ref());
    elements(entries)
        .iter()
        .map(|entry| (value(&entry[0], key_schema), value(&entry[1], value_schema)))
        .collect()
}

fn structure(json: &Json, declared: Option<&Schema>) -> Struct {
    let own = schema(&json["schema"]);
    let schema = own
        .as_ref()
        .or(declared)
        .expect("a struct has a schema")
        .clone();
    let values = schema
        .fields
        .iter()
        .map(|field| match json["v"].get(field.name.as_str()) {
            Some(v) => value(v, Some(&field.schema)),
            None => Value::Null,
        });
    let values = values.collect();
    Struct::from_values(schema, values).expect("a struct schema")
}

fn elements(json: &Json) -> &[Json] {
    json.as_array()
        .unwrap_or_else(|| panic!("expected an array, found {json}"))
}

fn integer(json: &Json) -> i64 {
    json.as_i64()
        .unwrap_or_else(|| panic!("expected an integer, found {json}"))
}

fn big(json: &Json) -> BigInt {
    text(json).parse().expect("a big integer")
}
