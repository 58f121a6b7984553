//! Making the plan to read messages, and the schema of what is read.

use std::collections::HashMap;

use prost_reflect::{
    Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor, Syntax,
};
use windlass_api::{
    ConnectError, Logical, MapValue, Result, Schema, SchemaBuilder, Text, Type, Value, date,
    decimal, time, timestamp,
};

use super::decode::{
    Decoder, FieldReader, Fields, Member, MessageReader, Root, Shape, Symbols, ValueReader,
};
use super::field::{
    basics, default_of, has_optional_label, is_map_entry, is_proto3_optional, meta, real_oneof,
    scalar_value,
};
use super::names::{
    CONNECT_PRECISION, DATE, DECIMAL, ENUM, GENERALIZED_ENUM, GENERALIZED_UNION, KEY,
    META_PRECISION, META_SCALE, TAG, TIME, TIMESTAMP, UNION_PREFIX, VALUE, WRAPPER, map_of_entry,
};
use super::options::Options;
use super::scalar::Scalar;

impl Decoder {
    /// A plan to read such messages; the version is the schema's.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when Connect has nothing like the message: it contains itself,
    /// or a group.
    pub fn new(
        message: &MessageDescriptor,
        version: Option<i32>,
        options: &Options,
    ) -> Result<Self> {
        let with_version = |builder: SchemaBuilder| match version {
            Some(version) => builder.version(version),
            None => builder,
        };
        let wrapper = Scalar::of_wrapper(message.full_name());
        if let Some(scalar) = wrapper.filter(|_| options.wrapper_for_raw_primitives) {
            return Ok(Decoder {
                schema: with_version(Schema::builder(scalar.connect_type())).build()?,
                root: Root::Wrapped(scalar),
            });
        }
        let mut planner = Planner {
            options,
            open: Vec::new(),
            budget: MAX_FIELDS,
        };
        let (builder, draft) = planner.message(message)?;
        let schema = with_version(builder).build()?;
        Ok(Decoder {
            root: Root::Struct(draft.finish(schema.clone())),
            schema,
        })
    }
}

struct Planner<'a> {
    options: &'a Options,
    /// The messages around the one in hand.
    open: Vec<String>,
    /// How many fields may still be planned: messages inside messages multiply.
    budget: usize,
}

/// A message's plan, but for its schema: what contains it says more of that.
struct Draft {
    absent: Vec<Value>,
    fields: Vec<FieldReader>,
}

impl Draft {
    fn finish(self, schema: Schema) -> MessageReader {
        MessageReader {
            schema,
            absent: self.absent,
            fields: Fields::new(self.fields),
        }
    }
}

/// A value's plan before its schema is whole.
enum Pending {
    Ready(ValueReader),
    Message(Draft),
    Map(Draft),
}

impl Pending {
    fn finish(self, schema: &Schema) -> ValueReader {
        match self {
            Pending::Ready(reader) => reader,
            Pending::Message(draft) | Pending::Map(draft) => {
                ValueReader::Message(Box::new(draft.finish(schema.clone())))
            }
        }
    }
}

impl Planner<'_> {
    fn message(&mut self, message: &MessageDescriptor) -> Result<(SchemaBuilder, Draft)> {
        let name = message.full_name().to_owned();
        if self.open.contains(&name) || self.open.len() >= MAX_DEPTH {
            return Err(ConnectError::data(format!(
                "the Protobuf message {name} contains itself or is nested too deeply: Connect has no schema of it"
            )));
        }
        self.open.push(name);
        let mut builder = Schema::structure().name(if self.options.enhanced_schemas {
            message.full_name()
        } else {
            message.name()
        });
        let mut draft = Draft {
            absent: Vec::new(),
            fields: Vec::new(),
        };
        for (index, oneof) in message.oneofs().filter(|o| !o.is_synthetic()).enumerate() {
            builder = self.oneof(builder, &mut draft, &oneof, index)?;
        }
        let declared = &message.descriptor_proto().field;
        let numbers = declared
            .iter()
            .filter_map(|field| u32::try_from(field.number()).ok());
        for field in numbers.filter_map(|number| message.get_field(number)) {
            if real_oneof(&field).is_none() {
                let (schema, shape) = self.field(&field, false)?;
                builder = builder.field(field.name(), schema.clone());
                let absent = self.absent(&field, &schema, &shape)?;
                draft.push(&field, shape, absent);
            }
        }
        self.open.pop();
        Ok((builder, draft))
    }

    /// A oneof as a struct of its own, or its members as fields.
    fn oneof(
        &mut self,
        mut builder: SchemaBuilder,
        draft: &mut Draft,
        oneof: &OneofDescriptor,
        index: usize,
    ) -> Result<SchemaBuilder> {
        let slot = draft.absent.len();
        let count = oneof.fields().len();
        if self.options.flatten_unions {
            for (i, field) in oneof.fields().enumerate() {
                let (schema, shape) = self.field(&field, true)?;
                builder = builder.field(field.name(), schema);
                draft.push(&field, shape, Value::Null);
                if let Some(reader) = draft.fields.last_mut() {
                    reader.rivals = (slot..slot + count).filter(|at| *at != slot + i).collect();
                }
            }
            return Ok(builder);
        }
        let mut union = Schema::structure().optional();
        union = if self.options.generalized_sum_types {
            union
                .name(oneof.name())
                .parameter(GENERALIZED_UNION, oneof.name())
        } else if self.options.enhanced_schemas {
            union.name(format!("{UNION_PREFIX}{}", oneof.full_name()))
        } else {
            union.name(format!("{UNION_PREFIX}{}", oneof.name()))
        };
        let mut members = Vec::with_capacity(count);
        for field in oneof.fields() {
            let (schema, shape) = self.field(&field, true)?;
            union = union.field(field.name(), schema);
            members.push((field.number(), shape));
        }
        let union = union.build()?;
        draft.absent.push(Value::Null);
        for (index, (number, shape)) in members.into_iter().enumerate() {
            draft.fields.push(FieldReader {
                number,
                slot,
                member: Some(Member {
                    schema: union.clone(),
                    index,
                }),
                rivals: Vec::new(),
                shape,
            });
        }
        let name = if self.options.generate_index_for_unions {
            format!("{}_{index}", oneof.name())
        } else {
            oneof.name().to_owned()
        };
        Ok(builder.field(name, union))
    }

    fn field(&mut self, field: &FieldDescriptor, in_oneof: bool) -> Result<(Schema, Shape)> {
        self.budget = self.budget.checked_sub(1).ok_or_else(|| {
            ConnectError::data("the Protobuf message is too large: expected at most 20000 fields")
        })?;
        let meta = meta(field);
        let (mut builder, pending, is_wrapper) = self.value(field, &meta)?;
        let is_repeated = field.cardinality() == Cardinality::Repeated;
        let is_map = matches!(pending, Pending::Map(_));
        let mut element = None;
        if is_repeated && !is_map {
            let schema = builder.optional().build()?;
            builder = Schema::array(schema.clone()).optional();
            element = Some(schema);
        }
        if in_oneof {
            builder = builder.optional();
            if self.options.wrapper_for_nullables && is_wrapper {
                builder = builder.parameter(WRAPPER, "true");
            }
        } else if self.options.optional_for_nullables {
            if has_optional_label(field) {
                builder = builder.optional();
            }
        } else if !self.options.wrapper_for_nullables {
            builder = builder.optional();
        }
        let schema = builder.parameter(TAG, field.number().to_string()).build()?;
        let shape = match (pending, element) {
            (Pending::Map(draft), _) => Shape::Map(Box::new(draft.finish(schema.clone()))),
            (pending, Some(element)) => Shape::Repeated(pending.finish(&element)),
            (pending, None) => Shape::Single(pending.finish(&schema)),
        };
        Ok((schema, shape))
    }

    /// The schema of one value, and whether it was taken out of a wrapper.
    fn value(
        &mut self,
        field: &FieldDescriptor,
        meta: &HashMap<String, String>,
    ) -> Result<(SchemaBuilder, Pending, bool)> {
        if field.is_group() {
            return Err(ConnectError::data(format!(
                "Unknown Connect schema type: GROUP (field {})",
                field.full_name()
            )));
        }
        match field.kind() {
            Kind::Message(message) => self.message_value(field, &message, meta),
            Kind::Enum(symbols) => {
                let (builder, symbols) = self.symbols(&symbols);
                Ok((builder, Pending::Ready(ValueReader::Enum(symbols)), false))
            }
            kind => {
                let scalar = Scalar::of(&kind).unwrap_or(Scalar::Bytes);
                let (builder, reader) = scalar_value(field, scalar, meta);
                Ok((builder, Pending::Ready(reader), false))
            }
        }
    }

    fn message_value(
        &mut self,
        field: &FieldDescriptor,
        message: &MessageDescriptor,
        meta: &HashMap<String, String>,
    ) -> Result<(SchemaBuilder, Pending, bool)> {
        let date = |schema: &Schema, logical| {
            let pending = Pending::Ready(ValueReader::Date(logical));
            Ok((basics(schema).optional(), pending, false))
        };
        match message.full_name() {
            DECIMAL => {
                let number = |key| meta.get(key).and_then(|text| text.parse::<i32>().ok());
                let schema = decimal::schema(number(META_SCALE).unwrap_or(0));
                let mut builder = basics(&schema).optional();
                if let Some(precision) = number(META_PRECISION) {
                    builder = builder.parameter(CONNECT_PRECISION, precision.to_string());
                }
                Ok((builder, Pending::Ready(ValueReader::Decimal), false))
            }
            DATE => date(&date::schema(), Logical::Date),
            TIME => date(&time::schema(), Logical::Time),
            TIMESTAMP => date(&timestamp::schema(), Logical::Timestamp),
            name => {
                let wrapper = Scalar::of_wrapper(name);
                if let Some(scalar) = wrapper.filter(|_| self.options.wrapper_for_nullables) {
                    let builder = Schema::builder(scalar.connect_type()).optional();
                    return Ok((builder, Pending::Ready(ValueReader::Wrapper(scalar)), true));
                }
                if is_map_entry(field, message) {
                    return self.map(message);
                }
                let (builder, draft) = self.message(message)?;
                Ok((builder.optional(), Pending::Message(draft), false))
            }
        }
    }

    fn map(&mut self, entry: &MessageDescriptor) -> Result<(SchemaBuilder, Pending, bool)> {
        let mut draft = Draft {
            absent: Vec::new(),
            fields: Vec::new(),
        };
        let mut schemas = Vec::with_capacity(2);
        for name in [KEY, VALUE] {
            let field = entry
                .get_field_by_name(name)
                .ok_or_else(|| ConnectError::data("expected an entry of key and value"))?;
            let (schema, shape) = self.field(&field, false)?;
            // An entry without one of them has what the type begins with.
            let absent = match &shape {
                Shape::Single(reader) => default_of(&field, &schema, reader)?,
                _ => Value::Null,
            };
            draft.push(&field, shape, absent);
            schemas.push(schema);
        }
        let name = map_of_entry(if self.options.enhanced_schemas {
            entry.full_name()
        } else {
            entry.name()
        });
        let value = schemas.pop().unwrap_or(Schema::OPTIONAL_BYTES);
        let key = schemas.pop().unwrap_or(Schema::OPTIONAL_STRING);
        let builder = Schema::map(key, value).name(name).optional();
        Ok((builder, Pending::Map(draft), false))
    }

    fn symbols(&self, descriptor: &EnumDescriptor) -> (SchemaBuilder, Symbols) {
        let kind = if self.options.int_for_enums {
            Type::Int32
        } else {
            Type::String
        };
        let prefix = if self.options.generalized_sum_types {
            GENERALIZED_ENUM
        } else {
            ENUM
        };
        let name = if self.options.enhanced_schemas {
            descriptor.full_name()
        } else {
            descriptor.name()
        };
        let builder = Schema::builder(kind)
            .name(name)
            .parameter(prefix, descriptor.name());
        let builder = descriptor.values().fold(builder, |builder, value| {
            builder.parameter(
                format!("{prefix}.{}", value.name()),
                value.number().to_string(),
            )
        });
        let mut names = HashMap::new();
        for value in descriptor.values() {
            names
                .entry(value.number())
                .or_insert_with(|| Text::from(value.name()));
        }
        let is_closed = descriptor.parent_file().syntax() == Syntax::Proto2;
        let symbols = Symbols {
            closed: is_closed.then(|| names.keys().copied().collect()),
            names: (!self.options.int_for_enums).then_some(names),
            name: Text::from(descriptor.name()),
        };
        (builder.optional(), symbols)
    }

    /// What a field that is not there reads as.
    fn absent(&self, field: &FieldDescriptor, schema: &Schema, shape: &Shape) -> Result<Value> {
        let reader = match shape {
            Shape::Repeated(_) => return Ok(Value::Array(Vec::new())),
            Shape::Map(_) => return Ok(Value::Map(MapValue::new())),
            Shape::Single(reader) => reader,
        };
        let can_be_absent = field.kind().as_message().is_some()
            || is_proto3_optional(field)
            || self.options.optional_for_proto2 && has_optional_label(field);
        if can_be_absent && !self.options.generate_struct_for_nulls {
            return Ok(Value::Null);
        }
        default_of(field, schema, reader)
    }
}

impl Draft {
    fn push(&mut self, field: &FieldDescriptor, shape: Shape, absent: Value) {
        self.fields.push(FieldReader {
            number: field.number(),
            slot: self.absent.len(),
            member: None,
            rivals: Vec::new(),
            shape,
        });
        self.absent.push(absent);
    }
}

/// Bounds the stack that planning takes.
const MAX_DEPTH: usize = 40;
const MAX_FIELDS: usize = 20_000;
