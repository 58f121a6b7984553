//! Projecting values from the schema they were written with to the one a reader wants: Java's `SchemaProjector`.

use crate::{ConnectError, ErrorKind, MapValue, Result, Schema, SchemaDef, Struct, Type, Value};

/// Projects a value of schema `source` to schema `target`.
///
/// Numbers widen; structs go field by field, by name, with the target's defaults for what the source lacks.
///
/// # Errors
/// [`ErrorKind::SchemaProjector`] when types, names or parameters do not match, or a required field is missing;
/// [`ErrorKind::Internal`] when the value is not of the source schema.
pub fn project(source: &Schema, value: &Value, target: &Schema) -> Result<Value> {
    if source.optional && !target.optional {
        return match (&target.default, value) {
            (None, _) => Err(mismatch(
                "Writer schema is optional, however, target schema does not provide a default value.",
            )),
            (Some(default), Value::Null) => Ok(default.clone()),
            (Some(_), _) => project_required(source, value, target),
        };
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    project_required(source, value, target)
}

fn project_required(source: &Schema, value: &Value, target: &Schema) -> Result<Value> {
    check_compatible(source, target)?;
    match source.kind {
        Type::Struct => project_struct(source, value, target),
        Type::Array => project_array(source, value, target),
        Type::Map => project_map(source, value, target),
        _ if source.kind == target.kind => Ok(value.clone()),
        _ => widen(value, target.kind),
    }
}

fn check_compatible(source: &SchemaDef, target: &SchemaDef) -> Result<()> {
    if source.kind != target.kind && !is_promotable(source.kind, target.kind) {
        let (source, target) = (source.kind, target.kind);
        return Err(mismatch(format!(
            "Schema type mismatch. source type: {source} and target type: {target}"
        )));
    }
    if source.name != target.name {
        let shown = |schema: &SchemaDef| {
            schema
                .name
                .as_ref()
                .map_or("null", |n| n.as_str())
                .to_owned()
        };
        let (source, target) = (shown(source), shown(target));
        return Err(mismatch(format!(
            "Schema name mismatch. source name: {source} and target name: {target}"
        )));
    }
    if source.parameters != target.parameters {
        let (source, target) = (shown_parameters(source), shown_parameters(target));
        let message = format!(
            "Schema parameters not equal. source parameters: {source} and target parameters: {target}"
        );
        return Err(mismatch(message));
    }
    Ok(())
}

fn project_struct(source: &Schema, value: &Value, target: &Schema) -> Result<Value> {
    let Value::Struct(from) = value else {
        return Err(wrong_class(value));
    };
    let mut to = Struct::new(target.clone())?;
    for field in &target.fields {
        if let Some(source_field) = source.field(&field.name) {
            let projected = project(&source_field.schema, from.get(&field.name)?, &field.schema)
                .and_then(|value| to.put_at(field.index, value).map(|_| ()));
            projected.map_err(|cause| {
                mismatch(format!("Error projecting {}", field.name)).caused_by(cause)
            })?;
        } else if field.schema.optional {
            // Left unset, even with a default: reading it gives that.
        } else if let Some(default) = &field.schema.default {
            to.put_at(field.index, default.clone())?;
        } else {
            let name = &field.name;
            return Err(mismatch(format!(
                "Required field `{name}` is missing from source schema: {source}"
            )));
        }
    }
    Ok(Value::Struct(to))
}

fn project_array(source: &Schema, value: &Value, target: &Schema) -> Result<Value> {
    let Value::Array(elements) = value else {
        return Err(wrong_class(value));
    };
    let (from, to) = (
        defined(source.value_schema.as_ref())?,
        defined(target.value_schema.as_ref())?,
    );
    elements
        .iter()
        .map(|element| project(from, element, to))
        .collect::<Result<Vec<_>>>()
        .map(Value::Array)
}

fn project_map(source: &Schema, value: &Value, target: &Schema) -> Result<Value> {
    let Value::Map(map) = value else {
        return Err(wrong_class(value));
    };
    let (from_key, to_key) = (
        defined(source.key_schema.as_ref())?,
        defined(target.key_schema.as_ref())?,
    );
    let (from_value, to_value) = (
        defined(source.value_schema.as_ref())?,
        defined(target.value_schema.as_ref())?,
    );
    let mut projected = MapValue::with_capacity(map.len());
    for (key, value) in map {
        projected.insert(
            project(from_key, key, to_key)?,
            project(from_value, value, to_value)?,
        );
    }
    Ok(Value::Map(projected))
}

/// Whether every number of the one type is (nearly) one of the other.
fn is_promotable(source: Type, target: Type) -> bool {
    let rank = |kind: Type| Type::NUMBERS.iter().position(|n| *n == kind);
    matches!((rank(source), rank(target)), (Some(source), Some(target)) if source <= target)
}

fn widen(value: &Value, target: Type) -> Result<Value> {
    Ok(match (value.as_integer(), value, target) {
        (Some(v), _, Type::Int16) => Value::Int16(v as i16),
        (Some(v), _, Type::Int32) => Value::Int32(v as i32),
        (Some(v), _, Type::Int64) => Value::Int64(v),
        (Some(v), _, Type::Float32) => Value::Float32(v as f32),
        (Some(v), _, Type::Float64) => Value::Float64(v as f64),
        (None, Value::Float32(v), Type::Float64) => Value::Float64(f64::from(*v)),
        (None, Value::Float64(v), Type::Float64) => Value::Float64(*v),
        _ => return Err(wrong_class(value)),
    })
}

fn defined(schema: Option<&Schema>) -> Result<&Schema> {
    schema.ok_or_else(|| {
        ConnectError::new(
            ErrorKind::Internal,
            "an array or map schema has no element schema",
        )
    })
}

fn shown_parameters(schema: &SchemaDef) -> String {
    let Some(parameters) = &schema.parameters else {
        return "null".to_owned();
    };
    let entries: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

fn mismatch(message: impl Into<String>) -> ConnectError {
    ConnectError::new(ErrorKind::SchemaProjector, message)
}

fn wrong_class(value: &Value) -> ConnectError {
    let message = format!("a {} is not of the source schema", value.java_class());
    ConnectError::new(ErrorKind::Internal, message)
}
