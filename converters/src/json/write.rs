//! From Connect data to JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_api::{
    ConnectError, Logical, MapValue, Result, Schema, SchemaDef, Struct, Type, Value, date, decimal,
    number, time, timestamp,
};

use super::dialect::Dialect;
use super::escape::push_string;

/// How values are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer {
    pub(crate) dialect: Dialect,
    /// Decimals as numbers rather than as base64.
    pub(crate) numeric_decimals: bool,
    /// The schema's default for null.
    pub(crate) replace_null: bool,
}

impl Writer {
    /// Appends a value, of a schema or schemaless.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when it does not fit its schema, or JSON.
    pub(crate) fn push(
        self,
        out: &mut Vec<u8>,
        schema: Option<&Schema>,
        value: &Value,
    ) -> Result<()> {
        match schema {
            Some(schema) => self.push_typed(out, schema, value),
            None => self.push_any(out, value),
        }
    }

    pub(crate) fn push_typed(
        self,
        out: &mut Vec<u8>,
        schema: &Schema,
        value: &Value,
    ) -> Result<()> {
        if value.is_null() {
            return self.push_absent(out, schema);
        }
        if schema.name.is_some()
            && let Some(logical) = Logical::of(schema)
        {
            return self.push_logical(out, schema, logical, value);
        }
        match (schema.kind, value) {
            (Type::String, Value::String(v)) => push_string(out, v),
            (Type::Int8, Value::Int8(v)) => number::push_i64(out, i64::from(*v)),
            (Type::Int16, Value::Int16(v)) => number::push_i64(out, i64::from(*v)),
            (Type::Int32, Value::Int32(v)) => number::push_i64(out, i64::from(*v)),
            (Type::Int64, Value::Int64(v)) => number::push_i64(out, *v),
            (Type::Float32, Value::Float32(v)) => push_f32(out, *v),
            (Type::Float64, Value::Float64(v)) => push_f64(out, *v),
            (Type::Boolean, Value::Boolean(v)) => push_bool(out, *v),
            (Type::Bytes, Value::Bytes(v)) => push_base64(out, v),
            (Type::Array, Value::Array(v)) => {
                return self.push_array(out, schema.value_schema.as_ref(), v);
            }
            (Type::Map, Value::Map(v)) => {
                let as_object = self.dialect.has_string_keys(schema);
                let (key, value) = (schema.key_schema.as_ref(), schema.value_schema.as_ref());
                return self.push_map(out, as_object, key, value, v);
            }
            (Type::Struct, Value::Struct(v)) => return self.push_struct(out, schema, v),
            (Type::Bytes, other) => {
                return Err(ConnectError::data(format!(
                    "Invalid type for bytes type: class {}",
                    other.java_class()
                )));
            }
            (kind, other) => {
                return Err(ConnectError::data(format!(
                    "Invalid type for {kind}: class {}",
                    other.java_class()
                )));
            }
        }
        Ok(())
    }

    fn push_any(self, out: &mut Vec<u8>, value: &Value) -> Result<()> {
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Boolean(v) => push_bool(out, *v),
            Value::Int8(v) => number::push_i64(out, i64::from(*v)),
            Value::Int16(v) => number::push_i64(out, i64::from(*v)),
            Value::Int32(v) => number::push_i64(out, i64::from(*v)),
            Value::Int64(v) => number::push_i64(out, *v),
            Value::Float32(v) => push_f32(out, *v),
            Value::Float64(v) => push_f64(out, *v),
            Value::String(v) => push_string(out, v),
            Value::Bytes(v) => push_base64(out, v),
            Value::Array(v) => return self.push_array(out, None, v),
            Value::Map(v) => {
                let as_object = v.iter().all(|(key, _)| key.as_str().is_some());
                return self.push_map(out, as_object, None, None, v);
            }
            // Java compares its schema with the one that is not there.
            Value::Struct(_) => return Err(ConnectError::data("Mismatching schema.")),
            other => {
                let class = other.java_class();
                let message =
                    format!("Java class class {class} does not have corresponding schema type.");
                return Err(ConnectError::data(message));
            }
        }
        Ok(())
    }

    fn push_absent(self, out: &mut Vec<u8>, schema: &Schema) -> Result<()> {
        match &schema.default {
            Some(default) if self.replace_null => self.push_typed(out, schema, default),
            _ if schema.optional || self.dialect == Dialect::JsonSchema => {
                out.extend_from_slice(b"null");
                Ok(())
            }
            _ => Err(ConnectError::data(
                "Conversion error: null value for field that is required and has no default value",
            )),
        }
    }

    fn push_logical(
        self,
        out: &mut Vec<u8>,
        schema: &SchemaDef,
        logical: Logical,
        value: &Value,
    ) -> Result<()> {
        let stored = match (logical, value) {
            (Logical::Decimal, Value::Decimal(v)) if self.numeric_decimals => {
                out.extend_from_slice(v.to_string().as_bytes());
                return Ok(());
            }
            (Logical::Decimal, Value::Decimal(v)) => {
                push_base64(out, &decimal::from_logical(schema, v)?);
                return Ok(());
            }
            (Logical::Date, Value::Date(v)) => i64::from(date::from_logical(schema, *v)?),
            (Logical::Time, Value::Date(v)) => i64::from(time::from_logical(schema, *v)?),
            (Logical::Timestamp, Value::Date(v)) => timestamp::from_logical(schema, *v)?,
            (logical, other) => {
                let expected = if logical == Logical::Decimal {
                    "BigDecimal"
                } else {
                    "Date"
                };
                let class = other.java_class();
                let message = format!(
                    "Invalid type for {logical:?}, expected {expected} but was class {class}"
                );
                return Err(ConnectError::data(message));
            }
        };
        number::push_i64(out, stored);
        Ok(())
    }

    fn push_array(
        self,
        out: &mut Vec<u8>,
        element: Option<&Schema>,
        elements: &[Value],
    ) -> Result<()> {
        out.push(b'[');
        for (i, value) in elements.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            self.push(out, element, value)?;
        }
        out.push(b']');
        Ok(())
    }

    /// A map as an object, if its keys are strings, else as an array of pairs.
    fn push_map(
        self,
        out: &mut Vec<u8>,
        as_object: bool,
        key_schema: Option<&Schema>,
        value_schema: Option<&Schema>,
        map: &MapValue,
    ) -> Result<()> {
        out.push(if as_object { b'{' } else { b'[' });
        for (i, (key, value)) in map.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            if as_object {
                self.push_key(out, key_schema, key)?;
                out.push(b':');
                self.push(out, value_schema, value)?;
            } else {
                let [open, between, close] = self.dialect.entry_marks();
                out.extend_from_slice(open);
                self.push(out, key_schema, key)?;
                out.extend_from_slice(between);
                self.push(out, value_schema, value)?;
                out.extend_from_slice(close);
            }
        }
        out.push(if as_object { b'}' } else { b']' });
        Ok(())
    }

    /// The key of an object: what it is written as, but always in quotes.
    fn push_key(self, out: &mut Vec<u8>, schema: Option<&Schema>, key: &Value) -> Result<()> {
        let start = out.len();
        self.push(out, schema, key)?;
        if out.get(start) != Some(&b'"') {
            out.insert(start, b'"');
            out.push(b'"');
        }
        Ok(())
    }

    fn push_struct(self, out: &mut Vec<u8>, schema: &Schema, structure: &Struct) -> Result<()> {
        if structure.schema() != schema {
            return Err(ConnectError::data("Mismatching schema."));
        }
        if self.dialect == Dialect::JsonSchema {
            return self.push_object(out, schema, structure);
        }
        out.push(b'{');
        for (i, (field, value)) in structure.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            push_string(out, &field.name);
            out.push(b':');
            self.push_typed(out, &field.schema, value)?;
        }
        out.push(b'}');
        Ok(())
    }
}

fn push_bool(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn push_f32(out: &mut Vec<u8>, value: f32) {
    push_quoted_unless(out, value.is_finite(), |out| number::push_f32(out, value));
}

fn push_f64(out: &mut Vec<u8>, value: f64) {
    push_quoted_unless(out, value.is_finite(), |out| number::push_f64(out, value));
}

/// JSON has no infinities and no NaN; Jackson writes them as strings.
fn push_quoted_unless(out: &mut Vec<u8>, finite: bool, push: impl FnOnce(&mut Vec<u8>)) {
    let quote: &[u8] = if finite { b"" } else { b"\"" };
    out.extend_from_slice(quote);
    push(out);
    out.extend_from_slice(quote);
}

fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    // The room is exactly what the text needs.
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
    out.push(b'"');
}
