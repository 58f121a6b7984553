//! From Connect data to Protobuf's bytes, by a plan made of schema and message once.

use std::collections::HashMap;

use windlass_api::{ConnectError, Logical, Result, Schema, Struct, Text, Value};

use super::logical::{push_date, push_decimal};
use super::scalar::Scalar;
use super::wire::{self, push_part, push_tag, push_varint, zigzag};

/// How values of a schema are written as a message.
#[derive(Debug)]
pub struct Encoder {
    pub(super) root: Root,
    pub(super) ignore_default: bool,
}

/// What a record is.
#[derive(Debug)]
pub(super) enum Root {
    Struct(MessageWriter),
    /// A primitive, in a wrapper message.
    Wrapped(Scalar),
}

/// How a struct is written.
#[derive(Debug)]
pub(super) struct MessageWriter {
    pub(super) schema: Schema,
    /// In order of their numbers.
    pub(super) fields: Vec<FieldWriter>,
}

/// How a field is written.
#[derive(Debug)]
pub(super) struct FieldWriter {
    /// The position in the struct.
    pub(super) index: usize,
    /// The position in the union that stands there, if one does.
    pub(super) member: Option<usize>,
    pub(super) number: u32,
    /// Whether a value that is the type's zero is left out: it reads as the same.
    pub(super) skips_zero: bool,
    pub(super) shape: Shape,
}

/// How often the value stands on the wire.
#[derive(Debug)]
pub(super) enum Shape {
    Single(ValueWriter),
    Repeated(ValueWriter),
    Packed(ValueWriter),
    /// Entries, of a key and a value.
    Map(Box<[FieldWriter; 2]>),
    /// The message has no such field: only null can be written.
    Missing(Text),
}

/// How one value is written.
#[derive(Debug)]
pub(super) enum ValueWriter {
    Scalar(Scalar),
    Enum(HashMap<Text, i32>),
    Wrapper(Scalar),
    Decimal,
    Date(Logical),
    Message(MessageWriter),
}

impl Encoder {
    /// Appends a value that is not null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when it does not fit its schema or the message.
    pub fn push(&self, out: &mut Vec<u8>, value: &Value) -> Result<()> {
        match (&self.root, value) {
            (Root::Struct(writer), Value::Struct(structure)) => {
                self.push_struct(out, writer, structure)
            }
            (Root::Wrapped(scalar), value) => push_wrapped(out, *scalar, value),
            (Root::Struct(_), other) => Err(wrong_class("STRUCT", other)),
        }
    }

    fn push_struct(
        &self,
        out: &mut Vec<u8>,
        writer: &MessageWriter,
        structure: &Struct,
    ) -> Result<()> {
        if *structure.schema() != writer.schema {
            return Err(ConnectError::data("Mismatching struct schema"));
        }
        for field in &writer.fields {
            let value = self.value_of(structure, field.index);
            let value = match (field.member, value) {
                (Some(member), Value::Struct(union)) => self.value_of(union, member),
                (_, value) => value,
            };
            if !value.is_null() {
                self.push_field(out, field, value)?;
            }
        }
        Ok(())
    }

    fn value_of<'v>(&self, structure: &'v Struct, index: usize) -> &'v Value {
        if self.ignore_default {
            structure.values().get(index).unwrap_or(&Value::Null)
        } else {
            structure.value(index)
        }
    }

    fn push_field(&self, out: &mut Vec<u8>, field: &FieldWriter, value: &Value) -> Result<()> {
        let number = field.number;
        match (&field.shape, value) {
            (Shape::Single(writer), value) => {
                self.push_value(out, number, writer, value, field.skips_zero)
            }
            (Shape::Repeated(writer), Value::Array(elements)) => elements
                .iter()
                .try_for_each(|element| self.push_value(out, number, writer, element, false)),
            (Shape::Packed(_), Value::Array(elements)) if elements.is_empty() => Ok(()),
            (Shape::Packed(writer), Value::Array(elements)) => {
                push_tag(out, number, wire::BYTES);
                push_part(out, |out| {
                    elements
                        .iter()
                        .try_for_each(|element| push_packed(out, writer, element))
                })
            }
            (Shape::Map(entry), Value::Map(map)) => map.iter().try_for_each(|(key, value)| {
                push_tag(out, number, wire::BYTES);
                push_part(out, |out| {
                    for (field, value) in entry.iter().zip([key, value]) {
                        if !value.is_null() {
                            self.push_field(out, field, value)?;
                        }
                    }
                    Ok(())
                })
            }),
            (Shape::Missing(name), _) => Err(ConnectError::data(format!(
                "Cannot find field with name {name}"
            ))),
            (Shape::Map(_), other) => Err(wrong_class("MAP", other)),
            (_, other) => Err(wrong_class("ARRAY", other)),
        }
    }

    fn push_value(
        &self,
        out: &mut Vec<u8>,
        number: u32,
        writer: &ValueWriter,
        value: &Value,
        skips_zero: bool,
    ) -> Result<()> {
        match (writer, value) {
            (ValueWriter::Scalar(scalar), value) => {
                push_tagged(out, number, *scalar, value, skips_zero)
            }
            (ValueWriter::Enum(symbols), value) => {
                let symbol = enum_number(symbols, value)?;
                if symbol != 0 || !skips_zero {
                    push_tag(out, number, wire::VARINT);
                    push_varint(out, i64::from(symbol) as u64);
                }
                Ok(())
            }
            (writer, value) => {
                push_tag(out, number, wire::BYTES);
                push_part(out, |out| match (writer, value) {
                    (ValueWriter::Wrapper(scalar), value) => push_wrapped(out, *scalar, value),
                    (ValueWriter::Decimal, Value::Decimal(value)) => push_decimal(out, value),
                    (ValueWriter::Date(logical), Value::Date(millis)) => {
                        push_date(out, *logical, *millis)
                    }
                    (ValueWriter::Message(writer), Value::Struct(value)) => {
                        self.push_struct(out, writer, value)
                    }
                    (ValueWriter::Decimal, other) => Err(wrong_class("Decimal", other)),
                    (ValueWriter::Date(logical), other) => {
                        Err(wrong_class(&format!("{logical:?}"), other))
                    }
                    (_, other) => Err(wrong_class("STRUCT", other)),
                })
            }
        }
    }
}

/// The fields of a wrapper message.
fn push_wrapped(out: &mut Vec<u8>, scalar: Scalar, value: &Value) -> Result<()> {
    push_tagged(out, 1, scalar, value, true)
}

fn push_tagged(
    out: &mut Vec<u8>,
    number: u32,
    scalar: Scalar,
    value: &Value,
    skips_zero: bool,
) -> Result<()> {
    if skips_zero && is_zero(value) {
        // What is no value of the type is refused all the same.
        return push_scalar(&mut Vec::new(), scalar, value);
    }
    push_tag(out, number, scalar.wire_type());
    push_scalar(out, scalar, value)
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Boolean(v) => !v,
        Value::Int8(v) => *v == 0,
        Value::Int16(v) => *v == 0,
        Value::Int32(v) => *v == 0,
        Value::Int64(v) => *v == 0,
        // Minus zero is another number.
        Value::Float32(v) => v.to_bits() == 0,
        Value::Float64(v) => v.to_bits() == 0,
        Value::String(v) => v.is_empty(),
        Value::Bytes(v) => v.is_empty(),
        _ => false,
    }
}

fn push_packed(out: &mut Vec<u8>, writer: &ValueWriter, value: &Value) -> Result<()> {
    match writer {
        ValueWriter::Scalar(scalar) => push_scalar(out, *scalar, value),
        ValueWriter::Enum(symbols) => {
            push_varint(out, i64::from(enum_number(symbols, value)?) as u64);
            Ok(())
        }
        _ => Err(wrong_class("ARRAY", value)),
    }
}

/// A value without its tag. Integers are cut to the width of the field, as in Java.
fn push_scalar(out: &mut Vec<u8>, scalar: Scalar, value: &Value) -> Result<()> {
    if let Some(number) = value.as_integer() {
        match scalar {
            Scalar::Int32 => push_varint(out, i64::from(number as i32) as u64),
            Scalar::Int64 | Scalar::Uint64 => push_varint(out, number as u64),
            Scalar::Uint32 => push_varint(out, u64::from(number as u32)),
            Scalar::Sint32 => push_varint(out, zigzag(i64::from(number as i32))),
            Scalar::Sint64 => push_varint(out, zigzag(number)),
            Scalar::Fixed32 | Scalar::Sfixed32 => {
                out.extend_from_slice(&(number as u32).to_le_bytes());
            }
            Scalar::Fixed64 | Scalar::Sfixed64 => out.extend_from_slice(&number.to_le_bytes()),
            Scalar::Float => out.extend_from_slice(&(number as f32).to_le_bytes()),
            Scalar::Double => out.extend_from_slice(&(number as f64).to_le_bytes()),
            _ => return Err(wrong_class(scalar.name(), value)),
        }
        return Ok(());
    }
    match (scalar, value) {
        (Scalar::Float, Value::Float32(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (Scalar::Float, Value::Float64(v)) => out.extend_from_slice(&(*v as f32).to_le_bytes()),
        (Scalar::Double, Value::Float64(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (Scalar::Double, Value::Float32(v)) => {
            out.extend_from_slice(&f64::from(*v).to_le_bytes());
        }
        (Scalar::Bool, Value::Boolean(v)) => out.push(u8::from(*v)),
        (Scalar::String, Value::String(v)) => push_bytes(out, v.as_bytes()),
        (Scalar::Bytes, Value::Bytes(v)) => push_bytes(out, v),
        (_, other) => return Err(wrong_class(scalar.name(), other)),
    }
    Ok(())
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(out, bytes.len() as u64);
    windlass_api::short::push(out, bytes);
}

fn enum_number(symbols: &HashMap<Text, i32>, value: &Value) -> Result<i32> {
    match value {
        Value::String(symbol) => symbols.get(symbol).copied().ok_or_else(|| {
            ConnectError::data(format!("expected a symbol of the enum, found {symbol:?}"))
        }),
        value => value
            .as_integer()
            .map(|number| number as i32)
            .ok_or_else(|| wrong_class("enum", value)),
    }
}

#[cold]
fn wrong_class(expected: &str, found: &Value) -> ConnectError {
    ConnectError::data(format!(
        "Invalid type for {expected}: class {}",
        found.java_class()
    ))
}
