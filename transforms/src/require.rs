//! What a transform demands of a record; Java's `Requirements`, with its kinds of errors.

use windlass_api::{
    ConnectError, ErrorKind, Field, MapValue, RecordMut, Result, Schema, SinkRecord, Struct, Text,
    Type, Value,
};

/// The struct of a value that has a schema.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is anything else, or null.
pub(crate) fn structure<'v>(value: &'v Value, purpose: &str) -> Result<&'v Struct> {
    match value {
        Value::Struct(structure) => Ok(structure),
        other => Err(no_struct(other, purpose)),
    }
}

/// The struct of a value that has a schema, to change it.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is anything else, or null.
pub(crate) fn struct_mut<'v>(value: &'v mut Value, purpose: &str) -> Result<&'v mut Struct> {
    match value {
        Value::Struct(structure) => Ok(structure),
        other => Err(no_struct(other, purpose)),
    }
}

/// Takes the struct out of its place, where null is left: to take it apart and put it together without copying.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is anything else, or null.
pub(crate) fn take_struct(value: &mut Value, purpose: &str) -> Result<Struct> {
    match std::mem::take(value) {
        Value::Struct(structure) => Ok(structure),
        other => Err(no_struct(&other, purpose)),
    }
}

/// The map of a value that has no schema.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is anything else, or null.
pub(crate) fn map<'v>(value: &'v Value, purpose: &str) -> Result<&'v MapValue> {
    match value {
        Value::Map(map) => Ok(map),
        other => Err(no_map(other, purpose)),
    }
}

/// Takes the map out of its place, where null is left.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is anything else, or null.
pub(crate) fn take_map(value: &mut Value, purpose: &str) -> Result<MapValue> {
    match std::mem::take(value) {
        Value::Map(map) => Ok(map),
        other => Err(no_map(&other, purpose)),
    }
}

/// The map of a value that has no schema, to change it.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is anything else, or null.
pub(crate) fn map_mut<'v>(value: &'v mut Value, purpose: &str) -> Result<&'v mut MapValue> {
    match value {
        Value::Map(map) => Ok(map),
        other => Err(no_map(other, purpose)),
    }
}

/// The fields of the schema of a struct.
///
/// # Errors
/// [`ErrorKind::Data`] when the schema is of anything else.
pub(crate) fn fields(schema: &Schema) -> Result<&[Field]> {
    if schema.kind == Type::Struct {
        return Ok(&schema.fields);
    }
    Err(ConnectError::data(format!(
        "Cannot list fields on non-struct type: {schema}"
    )))
}

/// The name that a key of schemaless data is; `None` for null.
///
/// # Errors
/// [`ErrorKind::Internal`] when it is neither text nor null: Java's cast fails.
pub(crate) fn field_name(key: &Value) -> Result<Option<&Text>> {
    match key {
        Value::String(name) => Ok(Some(name)),
        Value::Null => Ok(None),
        other => Err(ConnectError::new(
            ErrorKind::Internal,
            format!(
                "expected a map whose keys are of class java.lang.String, found {}",
                other.java_class()
            ),
        )),
    }
}

/// The schema.
///
/// # Errors
/// [`ErrorKind::Data`] when there is none.
pub(crate) fn schema<'s>(schema: Option<&'s Schema>, purpose: &str) -> Result<&'s Schema> {
    schema.ok_or_else(|| ConnectError::data(format!("Schema required for [{purpose}]")))
}

/// The sink record.
///
/// # Errors
/// [`ErrorKind::Data`] when it comes from a source.
pub(crate) fn sink_record<'r>(record: &'r RecordMut<'_>, purpose: &str) -> Result<&'r SinkRecord> {
    match record {
        RecordMut::Sink(record) => Ok(record),
        RecordMut::Source(_) => Err(ConnectError::data(format!(
            "Only SinkRecord supported for [{purpose}], found: \
             org.apache.kafka.connect.source.SourceRecord"
        ))),
    }
}

fn no_struct(found: &Value, purpose: &str) -> ConnectError {
    let class = found.java_class();
    ConnectError::data(format!(
        "Only Struct objects supported for [{purpose}], found: {class}"
    ))
}

fn no_map(found: &Value, purpose: &str) -> ConnectError {
    let class = found.java_class();
    ConnectError::data(format!(
        "Only Map objects supported in absence of schema for [{purpose}], found: {class}"
    ))
}
