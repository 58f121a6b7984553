//! The schema of a schemaless value.

use crate::{ConnectError, ErrorKind, Result, Schema, SchemaBuilder, Type, Value};

/// The schema of a value, or `None` where none can be told: null, an empty or mixed list or map, a date, a decimal.
///
/// Elements are told by their type only: a list of lists has elements without a schema of their own, as in Java.
///
/// # Errors
/// [`ErrorKind::SchemaBuilder`] for a list or map of nothing but nulls.
pub fn infer_schema(value: &Value) -> Result<Option<Schema>> {
    Ok(Some(match value {
        Value::String(_) => Schema::STRING,
        Value::Boolean(_) => Schema::BOOLEAN,
        Value::Int8(_) => Schema::INT8,
        Value::Int16(_) => Schema::INT16,
        Value::Int32(_) => Schema::INT32,
        Value::Int64(_) => Schema::INT64,
        Value::Float32(_) => Schema::FLOAT32,
        Value::Float64(_) => Schema::FLOAT64,
        Value::Bytes(_) => Schema::BYTES,
        Value::Array(elements) => match common(elements.iter())? {
            Some(element) => Schema::array(element).build()?,
            None => return Ok(None),
        },
        Value::Map(map) => {
            // Java looks at key and value of one entry before it goes on to the next.
            for (key, value) in map {
                if infer_element(key)?.is_none() && !key.is_null()
                    || infer_element(value)?.is_none() && !value.is_null()
                {
                    return Ok(None);
                }
            }
            match (
                common(map.iter().map(|(k, _)| k))?,
                common(map.iter().map(|(_, v)| v))?,
            ) {
                (Some(key), Some(value)) => Schema::map(key, value).build()?,
                _ => return Ok(None),
            }
        }
        Value::Struct(structure) => structure.schema().clone(),
        _ => return Ok(None),
    }))
}

/// The type that all elements have, with what they lack shown by an optional schema.
fn common<'a>(elements: impl ExactSizeIterator<Item = &'a Value>) -> Result<Option<Schema>> {
    if elements.len() == 0 {
        return Ok(None);
    }
    let (mut known, mut optional) = (None, false);
    for element in elements {
        if element.is_null() {
            optional = true;
            continue;
        }
        match (infer_element(element)?, known) {
            (None, _) => return Ok(None),
            (Some(kind), Some(known)) if kind != known => return Ok(None),
            (Some(kind), _) => known = Some(kind),
        }
    }
    let Some(kind) = known else {
        return Err(ConnectError::new(
            ErrorKind::SchemaBuilder,
            "type cannot be null",
        ));
    };
    let builder = SchemaBuilder::new(kind);
    Ok(Some(
        if optional {
            builder.optional()
        } else {
            builder
        }
        .build()?,
    ))
}

fn infer_element(element: &Value) -> Result<Option<Type>> {
    Ok(infer_schema(element)?.map(|schema| schema.kind))
}
