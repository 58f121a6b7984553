//! Structs: values by field index.

use bytes::Bytes;

use crate::{ConnectError, Decimal, Field, MapValue, Result, Schema, Text, Type, Value, validate};

/// A schema and one value per field, by index.
///
/// By name a field is looked up at each call; code that handles many records of one schema resolves names to
/// indices once and uses [`value`](Self::value) and [`put_at`](Self::put_at).
#[derive(Clone, Debug)]
pub struct Struct {
    schema: Schema,
    values: Box<[Value]>,
}

impl Struct {
    /// A struct without values.
    ///
    /// # Errors
    /// When the schema is not that of a struct.
    pub fn new(schema: Schema) -> Result<Self> {
        let values = vec![Value::Null; schema.fields.len()];
        Self::from_values(schema, values)
    }

    /// A struct of values in field order, which are not validated: for code that made them to fit.
    ///
    /// # Errors
    /// When the schema is not that of a struct, or the number of values is not that of its fields.
    pub fn from_values(schema: Schema, values: Vec<Value>) -> Result<Self> {
        check_width(&schema, values.len())?;
        Ok(Struct {
            schema,
            values: values.into(),
        })
    }

    /// Makes it a struct of another schema with the same values, which are not validated: for code that makes them fit.
    ///
    /// # Errors
    /// As [`from_values`](Self::from_values).
    pub fn set_schema(&mut self, schema: Schema) -> Result<()> {
        check_width(&schema, self.values.len())?;
        self.schema = schema;
        Ok(())
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The values as stored, one per field; defaults are not filled in.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Takes the struct apart into its values, one per field.
    pub fn into_values(self) -> Vec<Value> {
        self.values.into_vec()
    }

    /// The values as stored, to change them in place. They are not validated: for code that makes them fit.
    pub fn values_mut(&mut self) -> &mut [Value] {
        &mut self.values
    }

    /// The fields and their stored values, in order, to change these as with [`values_mut`](Self::values_mut).
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&Field, &mut Value)> {
        self.schema.fields.iter().zip(self.values.iter_mut())
    }

    /// The fields and their stored values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Field, &Value)> {
        self.schema.fields.iter().zip(self.values.iter())
    }

    /// Sets a field; null unsets it.
    ///
    /// # Errors
    /// When there is no such field, or the value does not fit its schema (null, unless that is optional).
    pub fn put(&mut self, name: &str, value: impl Into<Value>) -> Result<&mut Self> {
        let index = self.field(name)?.index;
        self.put_at(index, value)
    }

    /// Sets a field by its index; null unsets it.
    ///
    /// # Errors
    /// When there is no such field, or the value does not fit its schema.
    pub fn put_at(&mut self, index: usize, value: impl Into<Value>) -> Result<&mut Self> {
        let value = value.into();
        let field = self
            .schema
            .fields
            .get(index)
            .ok_or_else(|| invalid_field(&index))?;
        validate::field(&field.name, &field.schema, &value)?;
        self.values[index] = value;
        Ok(self)
    }

    /// The value of a field, or the default when it has none.
    ///
    /// # Errors
    /// When there is no such field.
    pub fn get(&self, name: &str) -> Result<&Value> {
        Ok(self.value(self.field(name)?.index))
    }

    /// The value of a field as stored: null where [`get`](Self::get) would give the default.
    ///
    /// # Errors
    /// When there is no such field.
    pub fn get_without_default(&self, name: &str) -> Result<&Value> {
        Ok(&self.values[self.field(name)?.index])
    }

    /// The value of a field by its index, or the default when it has none; null when there is no such field.
    pub fn value(&self, index: usize) -> &Value {
        match self.values.get(index) {
            Some(Value::Null) => self.schema.fields[index]
                .schema
                .default
                .as_ref()
                .unwrap_or(&Value::Null),
            Some(value) => value,
            None => &Value::Null,
        }
    }

    /// Checks that every field has a value that fits, an optional schema, or a default.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) naming the first field that does not.
    pub fn validate(&self) -> Result<()> {
        for (field, value) in self.iter() {
            if value.is_null() && field.schema.default.is_some() {
                continue;
            }
            validate::field(&field.name, &field.schema, value)?;
        }
        Ok(())
    }

    fn field(&self, name: &str) -> Result<&Field> {
        self.schema.field(name).ok_or_else(|| invalid_field(&name))
    }

    /// The stored value of a field whose schema must be of this type.
    fn typed(&self, name: &str, kind: Type) -> Result<&Value> {
        let field = self.field(name)?;
        if field.schema.kind != kind {
            return Err(ConnectError::data(format!(
                "Field '{name}' is not of type {kind}"
            )));
        }
        Ok(&self.values[field.index])
    }
}

macro_rules! typed_getters {
    ($($(#[$doc:meta])* $getter:ident -> $kind:ident($out:ty) $value:pat => $result:expr;)*) => {
        /// Getters for fields of a known type. Each gives the stored value: `None` where there is none, whatever
        /// the default, and fails when there is no such field or its schema is of another type.
        impl Struct {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// When there is no such field, or its schema or value is of another type.
                pub fn $getter(&self, name: &str) -> Result<Option<$out>> {
                    match self.typed(name, Type::$kind)? {
                        Value::Null => Ok(None),
                        $value => Ok(Some($result)),
                        other => Err(unexpected_class(name, other)),
                    }
                }
            )*
        }
    };
}

typed_getters! {
    /// The value of an `int8` field.
    int8 -> Int8(i8) Value::Int8(v) => *v;
    /// The value of an `int16` field.
    int16 -> Int16(i16) Value::Int16(v) => *v;
    /// The value of an `int32` field.
    int32 -> Int32(i32) Value::Int32(v) => *v;
    /// The value of an `int64` field.
    int64 -> Int64(i64) Value::Int64(v) => *v;
    /// The value of a `float32` field.
    float32 -> Float32(f32) Value::Float32(v) => *v;
    /// The value of a `float64` field.
    float64 -> Float64(f64) Value::Float64(v) => *v;
    /// The value of a `boolean` field.
    boolean -> Boolean(bool) Value::Boolean(v) => *v;
    /// The value of a `string` field.
    string -> String(&Text) Value::String(v) => v;
    /// The value of a `bytes` field.
    bytes -> Bytes(&Bytes) Value::Bytes(v) => v;
    /// The value of a `bytes` field of the logical type Decimal.
    decimal -> Bytes(&Decimal) Value::Decimal(v) => v;
    /// The elements of an `array` field.
    array -> Array(&[Value]) Value::Array(v) => v;
    /// The entries of a `map` field.
    map -> Map(&MapValue) Value::Map(v) => v;
    /// The value of a `struct` field.
    structure -> Struct(&Struct) Value::Struct(v) => v;
}

impl PartialEq for Struct {
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema && self.values == other.values
    }
}

impl Eq for Struct {}

fn check_width(schema: &Schema, found: usize) -> Result<()> {
    if schema.kind != Type::Struct {
        return Err(ConnectError::data(format!("Not a struct schema: {schema}")));
    }
    let expected = schema.fields.len();
    if found != expected {
        return Err(ConnectError::data(format!(
            "{schema}: expected {expected} values, found {found}"
        )));
    }
    Ok(())
}

fn invalid_field(field: &dyn std::fmt::Display) -> ConnectError {
    ConnectError::data(format!("{field} is not a valid field name"))
}

fn unexpected_class(name: &str, value: &Value) -> ConnectError {
    let message = format!("field '{name}' holds a {}", value.java_class());
    ConnectError::new(crate::ErrorKind::Internal, message)
}
