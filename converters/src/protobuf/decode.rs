//! From Protobuf's bytes to Connect data, by a plan made of the message once.

use std::collections::HashMap;

use bytes::Bytes;
use windlass_api::{ConnectError, Logical, MapValue, Result, Schema, Struct, Text, Type, Value};

use super::logical::{read_date, read_decimal};
use super::scalar::Scalar;
use super::wire::{self, Cursor, ReadResult, unzigzag};

/// How messages are read as values of a schema.
#[derive(Debug)]
pub struct Decoder {
    pub(super) schema: Schema,
    pub(super) root: Root,
}

/// What a record is.
#[derive(Debug)]
pub(super) enum Root {
    Struct(MessageReader),
    /// A wrapper message that stands for the primitive inside.
    Wrapped(Scalar),
}

/// How a message is read.
#[derive(Debug)]
pub(super) struct MessageReader {
    pub(super) schema: Schema,
    /// The values of the fields that are not there.
    pub(super) absent: Vec<Value>,
    pub(super) fields: Fields,
}

/// The fields of a message by their numbers.
#[derive(Debug, Default)]
pub(super) struct Fields {
    all: Vec<FieldReader>,
    /// Positions, by number, of fields with small ones; `NONE` for no field.
    small: Vec<u16>,
    others: HashMap<u32, usize>,
}

/// How a field is read.
#[derive(Debug)]
pub(super) struct FieldReader {
    pub(super) number: u32,
    /// The position in the struct.
    pub(super) slot: usize,
    /// The place in the union that stands there, if one does.
    pub(super) member: Option<Member>,
    /// The positions of other members of the oneof, where these are fields themselves.
    pub(super) rivals: Vec<usize>,
    pub(super) shape: Shape,
}

/// A field of a union.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) schema: Schema,
    pub(super) index: usize,
}

/// How often the value stands on the wire.
#[derive(Debug)]
pub(super) enum Shape {
    Single(ValueReader),
    Repeated(ValueReader),
    /// Entries, of a key and a value.
    Map(Box<MessageReader>),
}

/// How one value is read.
#[derive(Debug)]
pub(super) enum ValueReader {
    /// To this Connect type.
    Scalar(Scalar, Type),
    Text {
        is_checked: bool,
    },
    Enum(Symbols),
    Wrapper(Scalar),
    Decimal,
    Date(Logical),
    Message(Box<MessageReader>),
}

/// How an enum is read.
#[derive(Debug)]
pub(super) struct Symbols {
    /// `None` for the number itself.
    pub(super) names: Option<HashMap<i32, Text>>,
    /// The numbers that count, where others are as if not there; `None` where all do.
    pub(super) closed: Option<Vec<i32>>,
    pub(super) name: Text,
}

impl Decoder {
    /// The schema of what is read.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Reads a message; text and bytes are slices of it.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the bytes are no such message.
    pub fn read(&self, bytes: &Bytes) -> Result<Value> {
        let cursor = Cursor::new(bytes);
        match &self.root {
            Root::Struct(reader) => reader.read(cursor),
            Root::Wrapped(scalar) => read_wrapped(*scalar, cursor, self.schema.kind),
        }
        .map_err(|e| *e)
    }
}

impl MessageReader {
    fn read(&self, cursor: Cursor<'_>) -> ReadResult<Value> {
        self.read_onto(cursor, self.absent.clone())
    }

    /// Reads on to values that were there before: a message that stands twice is one, of the fields of both.
    fn read_onto(&self, cursor: Cursor<'_>, mut values: Vec<Value>) -> ReadResult<Value> {
        self.read_fields(cursor, &mut values)?;
        Ok(Struct::from_values(self.schema.clone(), values)?.into())
    }

    fn read_fields(&self, mut cursor: Cursor<'_>, values: &mut [Value]) -> ReadResult<()> {
        while !cursor.is_empty() {
            let (number, wire_type) = cursor.tag()?;
            let is_read = match self.fields.get(number) {
                Some(field) => field.read(&mut cursor, wire_type, values)?,
                None => false,
            };
            if !is_read {
                cursor.skip(number, wire_type)?;
            }
        }
        Ok(())
    }

    /// The values of a struct of this message, of one that stood here before or of none.
    fn values_of(&self, earlier: Value) -> Vec<Value> {
        match earlier {
            Value::Struct(structure) if structure.schema().same(&self.schema) => {
                structure.into_values()
            }
            _ => self.absent.clone(),
        }
    }
}

impl FieldReader {
    /// Reads a value into its place; false when its wire type is another, which makes it an unknown field.
    fn read(
        &self,
        cursor: &mut Cursor<'_>,
        wire_type: u32,
        values: &mut [Value],
    ) -> ReadResult<bool> {
        match &self.shape {
            Shape::Single(reader) if reader.wire_type() == wire_type => {
                self.read_single(reader, cursor, values)?;
            }
            Shape::Repeated(reader) => return self.read_element(reader, cursor, wire_type, values),
            Shape::Map(entry) if wire_type == wire::BYTES => {
                let mut pair = entry.absent.clone();
                entry.read_fields(cursor.part()?, &mut pair)?;
                let mut pair = pair.into_iter();
                let (key, value) = (pair.next(), pair.next());
                let map = list(&mut values[self.slot], || Value::Map(MapValue::new()));
                if let Value::Map(map) = map {
                    map.insert(key.unwrap_or_default(), value.unwrap_or_default());
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_single(
        &self,
        reader: &ValueReader,
        cursor: &mut Cursor<'_>,
        values: &mut [Value],
    ) -> ReadResult<()> {
        let Some(member) = &self.member else {
            let earlier = match reader {
                ValueReader::Message(_) => std::mem::take(&mut values[self.slot]),
                _ => Value::Null,
            };
            let Some(value) = reader.read(cursor, earlier)? else {
                return Ok(());
            };
            values[self.slot] = value;
            for rival in &self.rivals {
                values[*rival] = Value::Null;
            }
            return Ok(());
        };
        let mut union = match std::mem::take(&mut values[self.slot]) {
            Value::Struct(union) => union.into_values(),
            _ => vec![Value::Null; member.schema.fields.len()],
        };
        let earlier = std::mem::take(&mut union[member.index]);
        if let Some(value) = reader.read(cursor, earlier)? {
            union.fill(Value::Null);
            union[member.index] = value;
        }
        if union.iter().any(|value| !value.is_null()) {
            values[self.slot] = Struct::from_values(member.schema.clone(), union)?.into();
        }
        Ok(())
    }

    fn read_element(
        &self,
        reader: &ValueReader,
        cursor: &mut Cursor<'_>,
        wire_type: u32,
        values: &mut [Value],
    ) -> ReadResult<bool> {
        let Value::Array(elements) = list(&mut values[self.slot], || Value::Array(Vec::new()))
        else {
            return Ok(false);
        };
        if reader.wire_type() == wire_type {
            elements.extend(reader.read(cursor, Value::Null)?);
            return Ok(true);
        }
        if wire_type != wire::BYTES || !reader.is_packable() {
            return Ok(false);
        }
        let mut packed = cursor.part()?;
        while !packed.is_empty() {
            elements.extend(reader.read(&mut packed, Value::Null)?);
        }
        Ok(true)
    }
}

/// The list or map in a place, a new one where there was none.
fn list(place: &mut Value, new: impl FnOnce() -> Value) -> &mut Value {
    if place.is_null() {
        *place = new();
    }
    place
}

impl ValueReader {
    fn wire_type(&self) -> u32 {
        match self {
            ValueReader::Scalar(scalar, _) => scalar.wire_type(),
            ValueReader::Enum(_) => wire::VARINT,
            _ => wire::BYTES,
        }
    }

    fn is_packable(&self) -> bool {
        match self {
            ValueReader::Scalar(scalar, _) => scalar.is_packable(),
            ValueReader::Enum(_) => true,
            _ => false,
        }
    }

    /// Reads a value; `None` for the number of an enum that does not count.
    fn read(&self, cursor: &mut Cursor<'_>, earlier: Value) -> ReadResult<Option<Value>> {
        Ok(Some(match self {
            ValueReader::Scalar(scalar, kind) => read_scalar(*scalar, cursor, *kind)?,
            ValueReader::Text { is_checked } => read_text(&cursor.part()?, *is_checked)?,
            ValueReader::Enum(symbols) => return Ok(symbols.value(cursor.varint()? as i32)),
            ValueReader::Wrapper(scalar) => {
                read_wrapped(*scalar, cursor.part()?, scalar.connect_type())?
            }
            ValueReader::Decimal => read_decimal(cursor.part()?)?.into(),
            ValueReader::Date(logical) => Value::Date(read_date(*logical, cursor.part()?)?),
            ValueReader::Message(reader) => {
                let values = reader.values_of(earlier);
                reader.read_onto(cursor.part()?, values)?
            }
        }))
    }
}

impl Symbols {
    /// The value of a number.
    pub(super) fn value(&self, number: i32) -> Option<Value> {
        if let Some(known) = &self.closed
            && !known.contains(&number)
        {
            return None;
        }
        let Some(names) = &self.names else {
            return Some(Value::Int32(number));
        };
        Some(match names.get(&number) {
            Some(name) => Value::String(name.clone()),
            None => Value::from(format!("UNKNOWN_ENUM_VALUE_{}_{number}", self.name)),
        })
    }
}

impl Fields {
    pub(super) fn new(all: Vec<FieldReader>) -> Self {
        let mut fields = Fields::default();
        for (at, field) in all.iter().enumerate() {
            let number = field.number as usize;
            match u16::try_from(at) {
                Ok(at) if number < MAX_SMALL => {
                    if fields.small.len() <= number {
                        fields.small.resize(number + 1, NONE);
                    }
                    fields.small[number] = at;
                }
                _ => {
                    fields.others.insert(field.number, at);
                }
            }
        }
        fields.all = all;
        fields
    }

    #[inline]
    fn get(&self, number: u32) -> Option<&FieldReader> {
        let at = match self.small.get(number as usize) {
            Some(&NONE) | None => *self.others.get(&number)?,
            Some(at) => usize::from(*at),
        };
        self.all.get(at)
    }
}

/// The value that a wrapper message holds.
fn read_wrapped(scalar: Scalar, mut cursor: Cursor<'_>, kind: Type) -> ReadResult<Value> {
    let mut value = zero(kind);
    while !cursor.is_empty() {
        let (number, wire_type) = cursor.tag()?;
        if number != 1 || wire_type != scalar.wire_type() {
            cursor.skip(number, wire_type)?;
            continue;
        }
        value = match scalar {
            Scalar::String => read_text(&cursor.part()?, true)?,
            scalar => read_scalar(scalar, &mut cursor, kind)?,
        };
    }
    Ok(value)
}

/// What a field holds that was never set.
pub(super) fn zero(kind: Type) -> Value {
    match kind {
        Type::Int8 => Value::Int8(0),
        Type::Int16 => Value::Int16(0),
        Type::Int32 => Value::Int32(0),
        Type::Int64 => Value::Int64(0),
        Type::Float32 => Value::Float32(0.0),
        Type::Float64 => Value::Float64(0.0),
        Type::Boolean => Value::Boolean(false),
        Type::String => Value::String(Text::EMPTY),
        Type::Bytes => Value::Bytes(Bytes::new()),
        Type::Array | Type::Map | Type::Struct => Value::Null,
    }
}

fn read_scalar(scalar: Scalar, cursor: &mut Cursor<'_>, kind: Type) -> ReadResult<Value> {
    let number = match scalar {
        Scalar::Int32 => i64::from(cursor.varint()? as i32),
        Scalar::Int64 | Scalar::Uint64 => cursor.varint()? as i64,
        Scalar::Uint32 => i64::from(cursor.varint()? as u32),
        Scalar::Sint32 => unzigzag(u64::from(cursor.varint()? as u32)),
        Scalar::Sint64 => unzigzag(cursor.varint()?),
        Scalar::Fixed32 => i64::from(u32::from_le_bytes(cursor.fixed32()?)),
        Scalar::Sfixed32 => i64::from(i32::from_le_bytes(cursor.fixed32()?)),
        Scalar::Fixed64 | Scalar::Sfixed64 => i64::from_le_bytes(cursor.fixed64()?),
        Scalar::Float => return Ok(Value::Float32(f32::from_le_bytes(cursor.fixed32()?))),
        Scalar::Double => return Ok(Value::Float64(f64::from_le_bytes(cursor.fixed64()?))),
        Scalar::Bool => return Ok(Value::Boolean(cursor.varint()? != 0)),
        Scalar::String => return read_text(&cursor.part()?, true),
        Scalar::Bytes => return Ok(Value::Bytes(cursor.part()?.rest())),
    };
    Ok(match kind {
        Type::Int8 => Value::Int8(number as i8),
        Type::Int16 => Value::Int16(number as i16),
        Type::Int32 => Value::Int32(number as i32),
        _ => Value::Int64(number),
    })
}

/// Text; where it is not checked, what is no UTF-8 is replaced.
fn read_text(cursor: &Cursor<'_>, is_checked: bool) -> ReadResult<Value> {
    match Text::try_new(cursor.rest()) {
        Ok(text) => Ok(Value::String(text)),
        Err(bytes) if !is_checked => Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned())),
        Err(_) => Err(Box::new(ConnectError::data(
            "Failed to deserialize data to Protobuf: expected UTF-8 for a string",
        ))),
    }
}

/// Fields with smaller numbers are found without a search.
const MAX_SMALL: usize = 256;
const NONE: u16 = u16::MAX;
