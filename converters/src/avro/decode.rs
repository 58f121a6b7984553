//! Reading values, by a plan made once for each schema.

use std::sync::Arc;

use bytes::Bytes;
use num_bigint::BigInt;
use windlass_api::calendar::MILLIS_PER_DAY;
use windlass_api::{ConnectError, Decimal, MapValue, Result, Schema, Struct, Text, Value};

use super::anything;

/// How the values of one type are read.
#[derive(Clone, Debug)]
pub(super) enum Decoder {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    String,
    Bytes,
    Fixed(usize),
    Enum(Arc<[Text]>),
    /// With the scale.
    Decimal(i32),
    /// With the size and the scale.
    FixedDecimal(usize, i32),
    Date,
    Time,
    Timestamp,
    Array(Box<Decoder>),
    Map(Box<Decoder>),
    /// A map as an array of records.
    Entries {
        key_first: bool,
        key: Box<Decoder>,
        value: Box<Decoder>,
    },
    Record {
        schema: Schema,
        fields: Box<[Decoder]>,
    },
    /// A union that is told as one of its types.
    Optional {
        /// The branch of null, if there is one.
        null: Option<i64>,
        branch: i64,
        inner: Box<Decoder>,
    },
    /// A union that is told as a struct.
    Union {
        schema: Schema,
        branches: Box<[Branch]>,
    },
    /// A schemaless value.
    Anything,
}

/// A branch of a union: null, or the field it stands in.
#[derive(Clone, Debug)]
pub(super) enum Branch {
    Null,
    Field(usize, Decoder),
}

impl Decoder {
    /// A record whose schema is still to be set.
    pub(super) fn record(fields: Vec<Decoder>) -> Self {
        Decoder::Record {
            schema: Schema::BOOLEAN,
            fields: fields.into(),
        }
    }

    /// A union whose schema is still to be set.
    pub(super) fn union(branches: Vec<Branch>) -> Self {
        Decoder::Union {
            schema: Schema::BOOLEAN,
            branches: branches.into(),
        }
    }

    /// Sets the schema of the structs that it makes.
    pub(super) fn with_schema(self, schema: Schema) -> Self {
        match self {
            Decoder::Record { fields, .. } => Decoder::Record { schema, fields },
            Decoder::Union { branches, .. } => Decoder::Union { schema, branches },
            Decoder::Optional {
                null,
                branch,
                inner,
            } => Decoder::Optional {
                null,
                branch,
                inner: Box::new(inner.with_schema(schema)),
            },
            other => other,
        }
    }

    /// Reads the value of a whole message; what follows it is ignored, as in Java.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the bytes are not of the schema.
    pub(super) fn read_message(&self, bytes: Bytes) -> Result<Value> {
        // Alone, bytes are written as they are.
        match self {
            Decoder::Bytes => return Ok(Value::Bytes(bytes)),
            Decoder::Decimal(scale) => return decimal(&bytes, *scale),
            _ => {}
        }
        self.read(&mut Input::new(bytes))
    }

    fn read(&self, input: &mut Input) -> Result<Value> {
        Ok(match self {
            Decoder::Boolean => Value::Boolean(input.byte()? != 0),
            // Java cuts off what does not fit.
            Decoder::Int8 => Value::Int8(input.int()? as i8),
            Decoder::Int16 => Value::Int16(input.int()? as i16),
            Decoder::Int32 => Value::Int32(input.int()?),
            Decoder::Int64 => Value::Int64(input.long()?),
            Decoder::Float32 => Value::Float32(input.float()?),
            Decoder::Float64 => Value::Float64(input.double()?),
            Decoder::String => Value::String(input.text()?),
            Decoder::Bytes => Value::Bytes(input.bytes()?),
            Decoder::Fixed(size) => Value::Bytes(input.take(*size)?),
            Decoder::Enum(symbols) => Value::String(input.symbol(symbols)?),
            Decoder::Decimal(scale) => {
                let bytes = input.bytes()?;
                decimal(&bytes, *scale)?
            }
            Decoder::FixedDecimal(size, scale) => {
                let bytes = input.take(*size)?;
                decimal(&bytes, *scale)?
            }
            Decoder::Date => Value::Date(i64::from(input.int()?) * MILLIS_PER_DAY),
            Decoder::Time => time(input.int()?)?,
            Decoder::Timestamp => Value::Date(input.long()?),
            Decoder::Array(element) => read_array(element, input)?,
            Decoder::Map(value) => {
                let mut map = MapValue::new();
                input.blocks(|input, room| {
                    if map.is_empty() {
                        map = MapValue::with_capacity(room);
                    }
                    let key = input.text()?;
                    map.insert(key, value.read(input)?);
                    Ok(())
                })?;
                Value::Map(map)
            }
            Decoder::Entries {
                key_first,
                key,
                value,
            } => read_entries(*key_first, key, value, input)?,
            Decoder::Record { schema, fields } => {
                let mut values = Vec::with_capacity(fields.len());
                for field in fields {
                    values.push(field.read(input)?);
                }
                Value::Struct(Struct::from_values(schema.clone(), values)?)
            }
            Decoder::Optional {
                null,
                branch,
                inner,
            } => match input.long()? {
                index if index == *branch => inner.read(input)?,
                index if Some(index) == *null => Value::Null,
                index => return Err(no_branch(index)),
            },
            Decoder::Union { schema, branches } => read_union(schema, branches, input)?,
            Decoder::Anything => anything::read(input)?,
        })
    }
}

fn read_array(element: &Decoder, input: &mut Input) -> Result<Value> {
    let mut values = Vec::new();
    input.blocks(|input, room| {
        if values.is_empty() {
            values.reserve(room);
        }
        values.push(element.read(input)?);
        Ok(())
    })?;
    Ok(Value::Array(values))
}

fn read_entries(
    key_first: bool,
    key: &Decoder,
    value: &Decoder,
    input: &mut Input,
) -> Result<Value> {
    let mut map = MapValue::new();
    input.blocks(|input, _| {
        if key_first {
            let k = key.read(input)?;
            map.insert(k, value.read(input)?);
        } else {
            let v = value.read(input)?;
            map.insert(key.read(input)?, v);
        }
        Ok(())
    })?;
    Ok(Value::Map(map))
}

fn read_union(schema: &Schema, branches: &[Branch], input: &mut Input) -> Result<Value> {
    let index = input.long()?;
    let branch = usize::try_from(index).ok().and_then(|i| branches.get(i));
    match branch {
        Some(Branch::Null) => Ok(Value::Null),
        Some(Branch::Field(field, decoder)) => {
            let mut values = vec![Value::Null; schema.fields.len()];
            values[*field] = decoder.read(input)?;
            Ok(Value::Struct(Struct::from_values(schema.clone(), values)?))
        }
        None => Err(no_branch(index)),
    }
}

/// The bytes of a message, read from front to back.
pub(super) struct Input {
    bytes: Bytes,
    at: usize,
    /// How many elements there were that took no bytes.
    empty: usize,
    /// How deep values without a schema nest here.
    pub(super) depth: usize,
}

impl Input {
    pub(super) fn new(bytes: Bytes) -> Self {
        Input {
            bytes,
            at: 0,
            empty: 0,
            depth: 0,
        }
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.too_short(1))?;
        self.at += 1;
        Ok(byte)
    }

    /// A number of at most ten bytes, seven bits each, the sign in the lowest.
    pub(super) fn long(&mut self) -> Result<i64> {
        let mut number = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).wrapping_shl(shift);
            if byte < 0x80 {
                return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
            }
        }
        Err(ConnectError::data("Invalid long encoding"))
    }

    pub(super) fn int(&mut self) -> Result<i32> {
        i32::try_from(self.long()?).map_err(|_| ConnectError::data("Invalid int encoding"))
    }

    pub(super) fn float(&mut self) -> Result<f32> {
        Ok(f32::from_le_bytes(self.chunk()?))
    }

    pub(super) fn double(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.chunk()?))
    }

    pub(super) fn bytes(&mut self) -> Result<Bytes> {
        let length = self.long()?;
        let length = usize::try_from(length).map_err(|_| {
            ConnectError::data(format!("Malformed data. Length is negative: {length}"))
        })?;
        self.take(length)
    }

    /// What is no UTF-8 is replaced, as in Java.
    pub(super) fn text(&mut self) -> Result<Text> {
        let bytes = self.bytes()?;
        Ok(Text::try_new(bytes)
            .unwrap_or_else(|bytes| Text::from(String::from_utf8_lossy(&bytes).into_owned())))
    }

    fn take(&mut self, length: usize) -> Result<Bytes> {
        if self.bytes.len() - self.at < length {
            return Err(self.too_short(length));
        }
        let taken = self.bytes.slice(self.at..self.at + length);
        self.at += length;
        Ok(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N]> {
        let chunk = self.bytes[self.at..].first_chunk();
        let chunk = *chunk.ok_or_else(|| self.too_short(N))?;
        self.at += N;
        Ok(chunk)
    }

    fn symbol(&mut self, symbols: &[Text]) -> Result<Text> {
        let index = self.long()?;
        usize::try_from(index)
            .ok()
            .and_then(|i| symbols.get(i))
            .cloned()
            .ok_or_else(|| {
                let count = symbols.len();
                ConnectError::data(format!(
                    "expected one of {count} symbols, found number {index}"
                ))
            })
    }

    /// Reads the elements of an array or map, which come in blocks; each is told how many there can be in its block.
    pub(super) fn blocks(
        &mut self,
        mut element: impl FnMut(&mut Input, usize) -> Result<()>,
    ) -> Result<()> {
        loop {
            let mut count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // Then the length in bytes follows, for readers that skip.
                count = count.checked_neg().ok_or_else(|| {
                    ConnectError::data("Malformed data. A block has too many elements")
                })?;
                self.long()?;
            }
            let room = usize::try_from(count)
                .unwrap_or(usize::MAX)
                .min(self.bytes.len() - self.at);
            for _ in 0..count {
                let before = self.at;
                element(self, room)?;
                if self.at == before {
                    self.empty += 1;
                    if self.empty > MAX_EMPTY {
                        return Err(ConnectError::data(format!(
                            "expected at most {MAX_EMPTY} elements without bytes"
                        )));
                    }
                }
            }
        }
    }

    fn too_short(&self, expected: usize) -> ConnectError {
        ConnectError::data(format!(
            "expected {expected} bytes at position {} of the Avro data, found {}",
            self.at,
            self.bytes.len() - self.at
        ))
    }
}

fn decimal(bytes: &[u8], scale: i32) -> Result<Value> {
    if bytes.is_empty() {
        return Err(ConnectError::data("Zero length BigInteger"));
    }
    Ok(Value::Decimal(Box::new(Decimal {
        unscaled: BigInt::from_signed_bytes_be(bytes),
        scale,
    })))
}

fn time(millis: i32) -> Result<Value> {
    let millis = i64::from(millis);
    if (0..=MILLIS_PER_DAY).contains(&millis) {
        return Ok(Value::Date(millis));
    }
    Err(ConnectError::data(
        "Time values must use number of milliseconds greater than 0 and less than 86400000",
    ))
}

pub(super) fn no_branch(index: i64) -> ConnectError {
    ConnectError::data(format!(
        "expected a branch of the union, found number {index}"
    ))
}
const MAX_EMPTY: usize = 65_536;
