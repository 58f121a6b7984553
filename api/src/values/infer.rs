//! The schema of a schemaless value.

use crate::{ConnectError, ErrorKind, MapValue, Result, Schema, SchemaBuilder, Type, Value};

/// The schema of a value, or `None` where none can be told: null, an empty or mixed list or map, a date, a decimal.
///
/// Elements are told by their type only: a list of lists has elements without a schema of their own, as in Java.
///
/// # Errors
/// [`ErrorKind::SchemaBuilder`] for a list or map of nothing but nulls.
pub fn infer_schema(value: &Value) -> Result<Option<Schema>> {
    Ok(match value {
        Value::Array(elements) if !elements.is_empty() => match common(elements)? {
            Some(common) => Some(Schema::array(common.schema()?).build()?),
            None => None,
        },
        Value::Map(map) if !map.is_empty() => match common_of_entries(map)? {
            Some((keys, values)) => Some(Schema::map(keys.schema()?, values.schema()?).build()?),
            None => None,
        },
        Value::Struct(structure) => Some(structure.schema().clone()),
        value => infer_type(value)?.and_then(|kind| Schema::primitive(kind, false)),
    })
}

/// The type that all elements seen have.
#[derive(Default)]
struct CommonType {
    kind: Option<Type>,
    /// Whether there was a null.
    optional: bool,
}

impl CommonType {
    /// Whether the element has a type, and the one of those before.
    fn admit(&mut self, element: &Value) -> Result<bool> {
        if element.is_null() {
            self.optional = true;
            return Ok(true);
        }
        let kind = infer_type(element)?;
        Ok(kind.is_some_and(|kind| *self.kind.get_or_insert(kind) == kind))
    }

    fn known(&self) -> Result<Type> {
        self.kind
            .ok_or_else(|| ConnectError::new(ErrorKind::SchemaBuilder, "type cannot be null"))
    }

    fn schema(&self) -> Result<Schema> {
        let builder = SchemaBuilder::new(self.known()?);
        if self.optional {
            builder.optional()
        } else {
            builder
        }
        .build()
    }
}

/// The type of a value of which a schema could be told. Makes no schemas on its way into the value: it may be deep.
fn infer_type(value: &Value) -> Result<Option<Type>> {
    Ok(Some(match value {
        Value::String(_) => Type::String,
        Value::Boolean(_) => Type::Boolean,
        Value::Int8(_) => Type::Int8,
        Value::Int16(_) => Type::Int16,
        Value::Int32(_) => Type::Int32,
        Value::Int64(_) => Type::Int64,
        Value::Float32(_) => Type::Float32,
        Value::Float64(_) => Type::Float64,
        Value::Bytes(_) => Type::Bytes,
        Value::Struct(_) => Type::Struct,
        Value::Array(elements) if !elements.is_empty() => {
            return common(elements)?
                .map(|common| common.known().map(|_| Type::Array))
                .transpose();
        }
        Value::Map(map) if !map.is_empty() => {
            let known = |(keys, values): (CommonType, CommonType)| keys.known().and(values.known());
            return common_of_entries(map)?
                .map(|common| known(common).map(|_| Type::Map))
                .transpose();
        }
        _ => return Ok(None),
    }))
}

fn common(elements: &[Value]) -> Result<Option<CommonType>> {
    let mut common = CommonType::default();
    for element in elements {
        if !common.admit(element)? {
            return Ok(None);
        }
    }
    Ok(Some(common))
}

fn common_of_entries(map: &MapValue) -> Result<Option<(CommonType, CommonType)>> {
    let (mut keys, mut values) = (CommonType::default(), CommonType::default());
    for (key, value) in map {
        if !keys.admit(key)? || !values.admit(value)? {
            return Ok(None);
        }
    }
    Ok(Some((keys, values)))
}
