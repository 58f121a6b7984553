//! Making the plan to write values of a schema as a message.

use std::collections::HashMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use windlass_api::{ConnectError, Logical, Result, Schema, Text, Type};

use super::encode::{Encoder, FieldWriter, MessageWriter, Root, Shape, ValueWriter};
use super::names::{DATE, DECIMAL, KEY, TIME, TIMESTAMP, VALUE, scrubbed};
use super::options::Options;
use super::scalar::Scalar;
use super::to_text::{enum_name, is_union};

impl Encoder {
    /// A plan to write values of a schema as such messages.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when a field of the message is of another kind than that of
    /// the schema.
    pub fn new(schema: &Schema, message: &MessageDescriptor, options: &Options) -> Result<Self> {
        let wrapper = Scalar::of_wrapper(message.full_name());
        let root = match wrapper {
            Some(scalar) if schema.kind != Type::Struct => {
                if Logical::of(schema).is_some() {
                    return Err(ConnectError::data(format!(
                        "Unsupported root schema {schema}: expected a struct or a plain primitive"
                    )));
                }
                Root::Wrapped(scalar)
            }
            _ => Root::Struct(Planner { options, depth: 0 }.message(schema, message)?),
        };
        Ok(Encoder {
            root,
            ignore_default: options.ignore_default_for_nullables,
        })
    }
}

struct Planner<'a> {
    options: &'a Options,
    depth: usize,
}

impl Planner<'_> {
    fn message(&mut self, schema: &Schema, message: &MessageDescriptor) -> Result<MessageWriter> {
        if schema.kind != Type::Struct {
            return Err(mismatch(message.full_name(), schema));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ConnectError::data("expected a schema of at most 40 levels"));
        }
        let mut fields = Vec::with_capacity(schema.fields.len());
        for field in &schema.fields {
            if !is_union(&field.schema) {
                fields.push(self.field(&field.name, &field.schema, field.index, None, message)?);
                continue;
            }
            for member in &field.schema.fields {
                let place = Some(member.index);
                fields.push(self.field(
                    &member.name,
                    &member.schema,
                    field.index,
                    place,
                    message,
                )?);
            }
        }
        fields.sort_by_key(|field| field.number);
        self.depth -= 1;
        Ok(MessageWriter {
            schema: schema.clone(),
            fields,
        })
    }

    fn field(
        &mut self,
        name: &Text,
        schema: &Schema,
        index: usize,
        member: Option<usize>,
        message: &MessageDescriptor,
    ) -> Result<FieldWriter> {
        let scrubbed = scrubbed(name, self.options.scrub_invalid_names);
        let Some(field) = message.get_field_by_name(&scrubbed) else {
            return Ok(FieldWriter {
                index,
                member,
                number: 0,
                skips_zero: false,
                shape: Shape::Missing(Text::from(&*scrubbed)),
            });
        };
        Ok(FieldWriter {
            index,
            member,
            number: field.number(),
            skips_zero: !field.supports_presence(),
            shape: self.shape(schema, &field)?,
        })
    }

    fn shape(&mut self, schema: &Schema, field: &FieldDescriptor) -> Result<Shape> {
        let is_repeated = field.cardinality() == prost_reflect::Cardinality::Repeated;
        match (schema.kind, &schema.key_schema, &schema.value_schema) {
            (Type::Map, Some(key), Some(value)) if is_repeated => {
                let Kind::Message(entry) = field.kind() else {
                    return Err(mismatch(field.full_name(), schema));
                };
                let key = self.field(&Text::from_static(KEY), key, 0, None, &entry)?;
                let value = self.field(&Text::from_static(VALUE), value, 1, None, &entry)?;
                Ok(Shape::Map(Box::new([key, value])))
            }
            (Type::Array, _, Some(element)) if is_repeated => {
                let writer = self.value(element, field)?;
                Ok(if field.is_packed() {
                    Shape::Packed(writer)
                } else {
                    Shape::Repeated(writer)
                })
            }
            (Type::Array | Type::Map, ..) => Err(mismatch(field.full_name(), schema)),
            _ if is_repeated => Err(mismatch(field.full_name(), schema)),
            _ => self.value(schema, field).map(Shape::Single),
        }
    }

    fn value(&mut self, schema: &Schema, field: &FieldDescriptor) -> Result<ValueWriter> {
        let message = match field.kind() {
            Kind::Message(message) if !field.is_group() => message,
            Kind::Enum(symbols) => return Ok(ValueWriter::Enum(numbers(schema, &symbols))),
            kind => {
                let scalar = Scalar::of(&kind).filter(|_| Logical::of(schema).is_none());
                let scalar = scalar.filter(|_| schema.kind.is_primitive());
                return scalar
                    .map(ValueWriter::Scalar)
                    .ok_or_else(|| mismatch(field.full_name(), schema));
            }
        };
        let wrapper = Scalar::of_wrapper(message.full_name());
        match (Logical::of(schema), message.full_name()) {
            (Some(Logical::Decimal), DECIMAL) => Ok(ValueWriter::Decimal),
            (Some(logical @ Logical::Date), DATE)
            | (Some(logical @ Logical::Time), TIME)
            | (Some(logical @ Logical::Timestamp), TIMESTAMP) => Ok(ValueWriter::Date(logical)),
            (Some(_), _) => Err(mismatch(field.full_name(), schema)),
            (None, _) if schema.kind.is_primitive() => wrapper
                .map(ValueWriter::Wrapper)
                .ok_or_else(|| mismatch(field.full_name(), schema)),
            _ => self.message(schema, &message).map(ValueWriter::Message),
        }
    }
}

/// The numbers of an enum's symbols: those of the message, and before these what the schema says.
fn numbers(schema: &Schema, symbols: &EnumDescriptor) -> HashMap<Text, i32> {
    let mut numbers: HashMap<Text, i32> = symbols
        .values()
        .map(|value| (Text::from(value.name()), value.number()))
        .collect();
    if let Some((prefix, _)) = enum_name(schema) {
        for (name, value) in schema.parameters.iter().flatten() {
            let symbol = name
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix('.'));
            if let (Some(symbol), Ok(number)) = (symbol, value.parse()) {
                numbers.insert(Text::from(symbol), number);
            }
        }
    }
    numbers
}

#[cold]
fn mismatch(name: &str, schema: &Schema) -> ConnectError {
    ConnectError::data(format!(
        "Protobuf's {name} cannot hold values of the schema {schema}"
    ))
}

const MAX_DEPTH: usize = 40;
