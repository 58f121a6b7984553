//! Writing values, by a plan made once for each schema.

use std::collections::HashMap;

use windlass_api::{
    ConnectError, Decimal, Logical, MapValue, Result, Schema, SchemaDef, Struct, Text, Type, Value,
    date, decimal, time,
};

use super::anything;
use super::config::Options;
use super::default;
use super::names::{self, is_union};
use super::schema::{AvroSchema, Kind, NodeId, Record};

/// How the values of one Connect schema are written as one Avro type.
#[derive(Clone, Debug)]
pub(super) enum Encoder {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    /// Whole numbers and floats as a wider type.
    AsFloat,
    AsDouble,
    Boolean,
    String,
    Bytes,
    Fixed(usize),
    Enum(HashMap<Text, i64>),
    Decimal(Schema),
    FixedDecimal(Schema, usize),
    Date(Schema),
    Time(Schema),
    Timestamp,
    Array(Box<Encoder>),
    Map(Box<Encoder>),
    /// A map as an array of records.
    Entries {
        key_first: bool,
        key: Box<Encoder>,
        value: Box<Encoder>,
    },
    Record {
        schema: Schema,
        ignore_defaults: bool,
        parts: Box<[Part]>,
    },
    /// One branch of a union; with null another, if it has one.
    Branch {
        null: Option<i64>,
        branch: i64,
        inner: Box<Encoder>,
    },
    /// A struct that stands for a union: the branch of each field.
    Union {
        null: Option<i64>,
        fields: Box<[(i64, Encoder)]>,
    },
    Anything,
}

/// A field of the record that is written.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// The value of this field of the struct.
    Field(usize, Encoder),
    /// What the Avro schema has as the default of a field that the struct does not have.
    Default(Vec<u8>),
}

/// Makes the plan to write values of a Connect schema by an Avro schema: the one made from it, or one that the registry
/// prescribes, where fields are found by name.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when they do not fit.
pub(super) fn compile(
    avro: &AvroSchema,
    config: &Options,
    schema: Option<&Schema>,
) -> Result<Encoder> {
    let compiler = Compiler { avro, config };
    compiler.compile(schema, avro.root)
}

/// Whether a map's keys are such that it becomes an Avro map.
pub(super) fn is_string_map(config: &Options, schema: &SchemaDef) -> bool {
    schema
        .key_schema
        .as_ref()
        .is_some_and(|key| key.kind == Type::String && (!key.optional || config.optional_map_keys))
}

struct Compiler<'a> {
    avro: &'a AvroSchema,
    config: &'a Options,
}

impl Compiler<'_> {
    /// Ends, for Connect's schemas do not contain themselves, whatever Avro's do.
    fn compile(&self, schema: Option<&Schema>, id: NodeId) -> Result<Encoder> {
        let Some(schema) = schema else {
            return if self.avro.full_name(id) == names::ANYTHING {
                Ok(Encoder::Anything)
            } else {
                let found = self.avro.full_name(id);
                Err(ConnectError::data(format!(
                    "schemaless values are written as {}, found Avro type {found}",
                    names::ANYTHING
                )))
            };
        };
        match self.avro.kind(id) {
            Kind::Union(branches) if is_union(schema) => self.union(schema, branches),
            Kind::Union(branches) => self.branch(schema, branches),
            kind => self.plain(schema, id, kind),
        }
    }

    fn plain(&self, schema: &Schema, id: NodeId, kind: &Kind) -> Result<Encoder> {
        let logical = Logical::of(schema);
        Ok(match (schema.kind, kind) {
            (Type::Int32, Kind::Int | Kind::Long) if logical == Some(Logical::Date) => {
                Encoder::Date(schema.clone())
            }
            (Type::Int32, Kind::Int | Kind::Long) if logical == Some(Logical::Time) => {
                Encoder::Time(schema.clone())
            }
            (Type::Int64, Kind::Long) if logical == Some(Logical::Timestamp) => Encoder::Timestamp,
            (Type::Int8, Kind::Int | Kind::Long) => Encoder::Int8,
            (Type::Int16, Kind::Int | Kind::Long) => Encoder::Int16,
            (Type::Int32, Kind::Int | Kind::Long) => Encoder::Int32,
            (Type::Int64, Kind::Long) => Encoder::Int64,
            (Type::Float32, Kind::Float) => Encoder::Float32,
            (Type::Float64, Kind::Double) => Encoder::Float64,
            (Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64, Kind::Float)
                if logical.is_none() =>
            {
                Encoder::AsFloat
            }
            (
                Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 | Type::Float32,
                Kind::Double,
            ) if logical.is_none() => Encoder::AsDouble,
            (Type::Boolean, Kind::Boolean) => Encoder::Boolean,
            (Type::String, Kind::String | Kind::Bytes) => Encoder::String,
            (Type::String, Kind::Enum(symbols)) => {
                Encoder::Enum(symbols.symbols.iter().cloned().zip(0..).collect())
            }
            (Type::Bytes, Kind::Bytes) if logical == Some(Logical::Decimal) => {
                Encoder::Decimal(schema.clone())
            }
            (Type::Bytes, Kind::Fixed(fixed)) if logical == Some(Logical::Decimal) => {
                Encoder::FixedDecimal(schema.clone(), fixed.size)
            }
            (Type::Bytes, Kind::Bytes | Kind::String) => Encoder::Bytes,
            (Type::Bytes, Kind::Fixed(fixed)) => Encoder::Fixed(fixed.size),
            (Type::Array, Kind::Array(items)) => Encoder::Array(Box::new(
                self.compile(schema.value_schema.as_ref(), *items)?,
            )),
            (Type::Map, Kind::Map(values)) if is_string_map(self.config, schema) => Encoder::Map(
                Box::new(self.compile(schema.value_schema.as_ref(), *values)?),
            ),
            (Type::Map, Kind::Array(items)) => self.entries(schema, *items)?,
            (Type::Struct, Kind::Record(record)) => self.record(schema, record)?,
            _ => return Err(self.unfit(schema, id)),
        })
    }

    fn entries(&self, schema: &Schema, items: NodeId) -> Result<Encoder> {
        let Kind::Record(entry) = self.avro.kind(items) else {
            return Err(self.unfit(schema, items));
        };
        let find = |name| entry.fields.iter().position(|f| f.name == name);
        let (2, Some(key), Some(value)) =
            (entry.fields.len(), find(names::KEY), find(names::VALUE))
        else {
            return Err(self.unfit(schema, items));
        };
        let encoder = |of: Option<&Schema>, field: usize| {
            self.compile(of, entry.fields[field].schema).map(Box::new)
        };
        Ok(Encoder::Entries {
            key_first: key < value,
            key: encoder(schema.key_schema.as_ref(), key)?,
            value: encoder(schema.value_schema.as_ref(), value)?,
        })
    }

    fn record(&self, schema: &Schema, record: &Record) -> Result<Encoder> {
        let by_name: HashMap<_, _> = schema
            .fields
            .iter()
            .map(|field| (self.config.field_name(&field.name), field))
            .collect();
        let part = |target: &super::schema::RecordField| match by_name.get(&*target.name) {
            Some(field) => {
                let encoder = self.compile(Some(&field.schema), target.schema)?;
                Ok(Part::Field(field.index, encoder))
            }
            None => {
                let mut bytes = Vec::new();
                default::push(self.avro, target, &mut bytes)?;
                Ok(Part::Default(bytes))
            }
        };
        Ok(Encoder::Record {
            schema: schema.clone(),
            ignore_defaults: self.config.ignore_default_for_nullables,
            parts: record.fields.iter().map(part).collect::<Result<_>>()?,
        })
    }

    /// The branch of a union for a schema that is none: one of the same name, else the first that fits.
    fn branch(&self, schema: &Schema, branches: &[NodeId]) -> Result<Encoder> {
        let name = schema.name.as_ref().map(|name| self.config.name(name));
        let is_named = |id: &NodeId| {
            let branch = self.avro.kind(*id).name();
            branch.is_some() && branch == name.as_ref()
        };
        let of_name = branches.iter().position(is_named);
        let (index, inner) = of_name
            .into_iter()
            .chain(0..branches.len())
            .find_map(|i| Some((i, self.compile(Some(schema), branches[i]).ok()?)))
            .ok_or_else(|| self.unfit_branches(schema, branches))?;
        Ok(Encoder::Branch {
            null: self.null_branch(branches).filter(|_| schema.optional),
            branch: index as i64,
            inner: Box::new(inner),
        })
    }

    fn union(&self, schema: &Schema, branches: &[NodeId]) -> Result<Encoder> {
        let mut taken = vec![false; branches.len()];
        let mut fields = Vec::new();
        for field in &schema.fields {
            let is_named = |i: &usize| {
                self.config.branch_field(self.avro.kind(branches[*i]), *i) == *field.name
            };
            let of_name = (0..branches.len()).find(is_named);
            let found = of_name
                .into_iter()
                .chain(0..branches.len())
                .filter(|i| !taken[*i])
                .find_map(|i| Some((i, self.compile(Some(&field.schema), branches[i]).ok()?)));
            let (index, encoder) =
                found.ok_or_else(|| self.unfit_branches(&field.schema, branches))?;
            taken[index] = true;
            fields.push((index as i64, encoder));
        }
        Ok(Encoder::Union {
            null: self.null_branch(branches),
            fields: fields.into(),
        })
    }

    fn null_branch(&self, branches: &[NodeId]) -> Option<i64> {
        let is_null = |id: &NodeId| matches!(self.avro.kind(*id), Kind::Null);
        branches.iter().position(is_null).map(|i| i as i64)
    }

    fn unfit(&self, schema: &Schema, id: NodeId) -> ConnectError {
        let found = self.avro.full_name(id);
        ConnectError::data(format!("{schema} cannot be written as Avro type {found}"))
    }

    fn unfit_branches(&self, schema: &Schema, branches: &[NodeId]) -> ConnectError {
        let names: Vec<_> = branches.iter().map(|id| self.avro.full_name(*id)).collect();
        let names = names.join(", ");
        ConnectError::data(format!(
            "{schema} cannot be written as any of the Avro types {names}"
        ))
    }
}

impl Encoder {
    /// Appends the value of a whole message; gives false, and appends nothing, for null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the value does not fit its schema.
    pub(super) fn write_message(&self, value: &Value, out: &mut Vec<u8>) -> Result<bool> {
        match (self, value) {
            // Alone, bytes are written as they are.
            (Encoder::Bytes, Value::Bytes(v)) => out.extend_from_slice(v),
            (Encoder::Decimal(schema), Value::Decimal(v)) => {
                out.extend_from_slice(&decimal::from_logical(schema, v)?);
            }
            (Encoder::Union { .. }, Value::Struct(structure))
                if structure.values().iter().all(Value::is_null) =>
            {
                return Ok(false);
            }
            _ => self.write(value, out)?,
        }
        Ok(true)
    }

    fn write(&self, value: &Value, out: &mut Vec<u8>) -> Result<()> {
        match (self, value) {
            (Encoder::Int8, Value::Int8(v)) => push_long(out, i64::from(*v)),
            (Encoder::Int16, Value::Int16(v)) => push_long(out, i64::from(*v)),
            (Encoder::Int32, Value::Int32(v)) => push_long(out, i64::from(*v)),
            (Encoder::Int64, Value::Int64(v)) => push_long(out, *v),
            (Encoder::Float32, Value::Float32(v)) => out.extend_from_slice(&v.to_le_bytes()),
            (Encoder::Float64, Value::Float64(v)) => out.extend_from_slice(&v.to_le_bytes()),
            (Encoder::Boolean, Value::Boolean(v)) => out.push(u8::from(*v)),
            (Encoder::String, Value::String(v)) => push_bytes(out, v.as_bytes()),
            (Encoder::Bytes, Value::Bytes(v)) => push_bytes(out, v),
            (Encoder::Timestamp, Value::Date(v)) => push_long(out, *v),
            (
                Encoder::Record {
                    schema,
                    ignore_defaults,
                    parts,
                },
                Value::Struct(v),
            ) => {
                return write_record(schema, *ignore_defaults, parts, v, out);
            }
            (
                Encoder::Branch {
                    null,
                    branch,
                    inner,
                },
                value,
            ) => {
                return match null {
                    Some(null) if value.is_null() => {
                        push_long(out, *null);
                        Ok(())
                    }
                    _ => {
                        push_long(out, *branch);
                        inner.write(value, out)
                    }
                };
            }
            (Encoder::Array(element), Value::Array(elements)) => {
                return write_array(element, elements, out);
            }
            (Encoder::Map(encoder), Value::Map(map)) => return write_map(encoder, map, out),
            (
                Encoder::Entries {
                    key_first,
                    key,
                    value,
                },
                Value::Map(map),
            ) => {
                return write_entries(*key_first, key, value, map, out);
            }
            (Encoder::Anything, value) => return anything::push(value, out, 0),
            (encoder, value) => return encoder.write_rare(value, out),
        }
        Ok(())
    }

    fn write_rare(&self, value: &Value, out: &mut Vec<u8>) -> Result<()> {
        match (self, value) {
            (Encoder::Decimal(schema), Value::Decimal(v)) => {
                push_bytes(out, &decimal::from_logical(schema, v)?);
            }
            (Encoder::FixedDecimal(schema, size), Value::Decimal(v)) => {
                return push_fixed_decimal(schema, *size, v, out);
            }
            (Encoder::Date(schema), Value::Date(v)) => {
                push_long(out, i64::from(date::from_logical(schema, *v)?));
            }
            (Encoder::Time(schema), Value::Date(v)) => {
                push_long(out, i64::from(time::from_logical(schema, *v)?));
            }
            (Encoder::Fixed(size), Value::Bytes(v)) if v.len() == *size => {
                out.extend_from_slice(v);
            }
            (Encoder::Fixed(size), Value::Bytes(v)) => {
                let found = v.len();
                return Err(ConnectError::data(format!(
                    "expected {size} bytes, found {found}"
                )));
            }
            (Encoder::Enum(symbols), Value::String(v)) => {
                let symbol = symbols.get(v.as_bytes().as_ref()).ok_or_else(|| {
                    ConnectError::data(format!("expected a symbol of the enum, found \"{v}\""))
                })?;
                push_long(out, *symbol);
            }
            (Encoder::AsFloat, v) if v.as_integer().is_some() => {
                let v = v.as_integer().unwrap_or_default() as f32;
                out.extend_from_slice(&v.to_le_bytes());
            }
            (Encoder::AsDouble, Value::Float32(v)) => {
                out.extend_from_slice(&f64::from(*v).to_le_bytes());
            }
            (Encoder::AsDouble, v) if v.as_integer().is_some() => {
                let v = v.as_integer().unwrap_or_default() as f64;
                out.extend_from_slice(&v.to_le_bytes());
            }
            (
                Encoder::Union {
                    null: Some(null), ..
                },
                Value::Null,
            ) => push_long(out, *null),
            (Encoder::Union { null, fields }, Value::Struct(v)) => {
                return write_union(*null, fields, v, out);
            }
            (_, Value::Null) => {
                return Err(ConnectError::data(
                    "Found null value for non-optional schema",
                ));
            }
            (encoder, value) => {
                return Err(ConnectError::data(format!(
                    "Invalid type for {}: class {}",
                    encoder.label(),
                    value.java_class()
                )));
            }
        }
        Ok(())
    }

    /// The Connect type of the values that it takes.
    fn label(&self) -> &'static str {
        match self {
            Encoder::Int8 => "INT8",
            Encoder::Int16 => "INT16",
            Encoder::Int32 => "INT32",
            Encoder::Int64 => "INT64",
            Encoder::Float32 => "FLOAT32",
            Encoder::Float64 => "FLOAT64",
            Encoder::AsFloat | Encoder::AsDouble => "a number",
            Encoder::Boolean => "BOOLEAN",
            Encoder::String | Encoder::Enum(_) => "STRING",
            Encoder::Bytes | Encoder::Fixed(_) => "BYTES",
            Encoder::Decimal(_) | Encoder::FixedDecimal(..) => "Decimal, expected BigDecimal",
            Encoder::Date(_) => "Date, expected Date",
            Encoder::Time(_) => "Time, expected Date",
            Encoder::Timestamp => "Timestamp, expected Date",
            Encoder::Array(_) => "ARRAY",
            Encoder::Map(_) | Encoder::Entries { .. } => "MAP",
            Encoder::Record { .. } | Encoder::Union { .. } => "STRUCT",
            Encoder::Branch { .. } => "a union",
            Encoder::Anything => "schemaless data",
        }
    }
}

fn write_record(
    schema: &Schema,
    ignore_defaults: bool,
    parts: &[Part],
    structure: &Struct,
    out: &mut Vec<u8>,
) -> Result<()> {
    let own = structure.schema();
    // The struct of a default value has the schema without that default.
    if !own.same(schema) && own.fields != schema.fields {
        return Err(ConnectError::data("Mismatching struct schema"));
    }
    for part in parts {
        match part {
            Part::Field(index, encoder) => {
                let value = if ignore_defaults {
                    &structure.values()[*index]
                } else {
                    structure.value(*index)
                };
                encoder.write(value, out)?;
            }
            Part::Default(bytes) => out.extend_from_slice(bytes),
        }
    }
    Ok(())
}

fn write_array(element: &Encoder, elements: &[Value], out: &mut Vec<u8>) -> Result<()> {
    if !elements.is_empty() {
        push_long(out, elements.len() as i64);
    }
    for value in elements {
        element.write(value, out)?;
    }
    out.push(0);
    Ok(())
}

fn write_map(encoder: &Encoder, map: &MapValue, out: &mut Vec<u8>) -> Result<()> {
    if !map.is_empty() {
        push_long(out, map.len() as i64);
    }
    for (key, value) in map {
        Encoder::String.write(key, out)?;
        encoder.write(value, out)?;
    }
    out.push(0);
    Ok(())
}

fn write_entries(
    key_first: bool,
    key: &Encoder,
    value: &Encoder,
    map: &MapValue,
    out: &mut Vec<u8>,
) -> Result<()> {
    if !map.is_empty() {
        push_long(out, map.len() as i64);
    }
    for (k, v) in map {
        if key_first {
            key.write(k, out)?;
            value.write(v, out)?;
        } else {
            value.write(v, out)?;
            key.write(k, out)?;
        }
    }
    out.push(0);
    Ok(())
}

/// Writes the first field that has a value.
fn write_union(
    null: Option<i64>,
    fields: &[(i64, Encoder)],
    structure: &Struct,
    out: &mut Vec<u8>,
) -> Result<()> {
    let set = (0..fields.len()).find(|i| !structure.value(*i).is_null());
    match (set, null) {
        (Some(index), _) => {
            let (branch, encoder) = &fields[index];
            push_long(out, *branch);
            encoder.write(structure.value(index), out)
        }
        (None, Some(null)) => {
            push_long(out, null);
            Ok(())
        }
        (None, None) => Err(ConnectError::data(
            "Found null value for non-optional schema",
        )),
    }
}

/// Extends the sign to the size of the type.
fn push_fixed_decimal(
    schema: &Schema,
    size: usize,
    value: &Decimal,
    out: &mut Vec<u8>,
) -> Result<()> {
    let bytes = decimal::from_logical(schema, value)?;
    let padding = size.checked_sub(bytes.len()).ok_or_else(|| {
        let length = bytes.len();
        ConnectError::data(format!(
            "Unscaled value byte array length {length} is greater than fixed size {size}"
        ))
    })?;
    let sign = if bytes.first().is_some_and(|b| *b >= 0x80) {
        0xff
    } else {
        0
    };
    out.resize(out.len() + padding, sign);
    out.extend_from_slice(&bytes);
    Ok(())
}

/// Appends an `int` or `long`.
pub(super) fn push_long(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends `bytes` or a `string`.
pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_long(out, bytes.len() as i64);
    windlass_api::short::push(out, bytes);
}
