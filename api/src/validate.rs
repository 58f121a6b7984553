//! Checking values against schemas, with the messages of Java's `ConnectSchema.validateValue`.

use std::fmt;

use crate::logical::Logical;
use crate::{ConnectError, Result, Schema, SchemaDef, Type, Value};

impl Schema {
    /// Checks that a value is of the type that the schema, or its logical name, demands, to any depth.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) saying which part does not fit.
    pub fn validate(&self, value: &Value) -> Result<()> {
        validate(self, value, &Place::Value)
    }
}

/// Checks the value of a named field.
pub(crate) fn field(name: &str, schema: &Schema, value: &Value) -> Result<()> {
    validate(schema, value, &Place::Field(name))
}

/// Where in a value we are; put into words only when something is wrong.
enum Place<'a> {
    Value,
    Field(&'a str),
    Element(&'a Place<'a>),
    Key(&'a Place<'a>),
    MapValue(&'a Place<'a>),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Value => f.write_str("value"),
            Place::Field(name) => write!(f, "field: \"{name}\""),
            Place::Element(of) => write!(f, "element of array {of}"),
            Place::Key(of) => write!(f, "key of map {of}"),
            Place::MapValue(of) => write!(f, "value of map {of}"),
        }
    }
}

fn validate(schema: &Schema, value: &Value, place: &Place<'_>) -> Result<()> {
    if value.is_null() {
        return if schema.optional {
            Ok(())
        } else {
            let kind = schema.kind;
            Err(ConnectError::data(format!(
                "Invalid value: null used for required {place}, schema type: {kind}"
            )))
        };
    }
    if !admits(schema, value) {
        return Err(wrong_class(schema, value, place));
    }
    match value {
        Value::Struct(structure) if schema.kind == Type::Struct => {
            if structure.schema() != schema {
                return Err(ConnectError::data("Struct schemas do not match."));
            }
            structure.validate()
        }
        Value::Array(elements) if schema.kind == Type::Array => {
            let place = Place::Element(place);
            let element_schema = defined(schema.value_schema.as_ref(), &place)?;
            elements
                .iter()
                .try_for_each(|element| validate(element_schema, element, &place))
        }
        Value::Map(map) if schema.kind == Type::Map => {
            let (key_place, value_place) = (Place::Key(place), Place::MapValue(place));
            let key_schema = defined(schema.key_schema.as_ref(), &key_place)?;
            let value_schema = defined(schema.value_schema.as_ref(), &value_place)?;
            map.iter().try_for_each(|(key, value)| {
                validate(key_schema, key, &key_place)?;
                validate(value_schema, value, &value_place)
            })
        }
        _ => Ok(()),
    }
}

/// Whether the class of the value is the one for the schema; a logical name decides before the type does.
fn admits(schema: &SchemaDef, value: &Value) -> bool {
    match (Logical::of(schema), schema.kind, value) {
        (Some(Logical::Decimal), _, value) => matches!(value, Value::Decimal(_)),
        (Some(_), _, value) => matches!(value, Value::Date(_)),
        (None, Type::Int8, Value::Int8(_))
        | (None, Type::Int16, Value::Int16(_))
        | (None, Type::Int32, Value::Int32(_))
        | (None, Type::Int64, Value::Int64(_))
        | (None, Type::Float32, Value::Float32(_))
        | (None, Type::Float64, Value::Float64(_))
        | (None, Type::Boolean, Value::Boolean(_))
        | (None, Type::String, Value::String(_))
        | (None, Type::Bytes, Value::Bytes(_))
        | (None, Type::Array, Value::Array(_))
        | (None, Type::Map, Value::Map(_))
        | (None, Type::Struct, Value::Struct(_)) => true,
        _ => false,
    }
}

fn defined<'a>(schema: Option<&'a Schema>, place: &Place<'_>) -> Result<&'a Schema> {
    schema.ok_or_else(|| ConnectError::data(format!("No schema defined for {place}")))
}

fn wrong_class(schema: &SchemaDef, value: &Value, place: &Place<'_>) -> ConnectError {
    let name = schema
        .name
        .as_ref()
        .map(|name| format!(" \"{name}\""))
        .unwrap_or_default();
    let (kind, class) = (schema.kind, value.java_class());
    ConnectError::data(format!(
        "Invalid Java object for schema{name} with type {kind}: class {class} for {place}"
    ))
}
