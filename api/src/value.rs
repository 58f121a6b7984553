//! Values with their Connect type.

use std::hash::{Hash, Hasher};

use bytes::Bytes;
use num_bigint::BigInt;

use crate::{Decimal, MapValue, Struct, Text};

/// One Connect value. The variants are the Java classes that Connect's data API admits, so that a
/// schemaless value still knows whether it was an `int32` or an `int64`.
///
/// `Display` gives the text of Java's `String.valueOf`. Equality is Java's `equals`: floats are equal when their bits
/// are (`NaN` equals `NaN`, `0.0` differs from `-0.0`), decimals when their scales are too; bytes compare by content.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// Java's `null`.
    #[default]
    Null,
    /// `Boolean`
    Boolean(bool),
    /// `Byte`
    Int8(i8),
    /// `Short`
    Int16(i16),
    /// `Integer`
    Int32(i32),
    /// `Long`
    Int64(i64),
    /// `Float`
    Float32(f32),
    /// `Double`
    Float64(f64),
    /// `String`
    String(Text),
    /// `byte[]` or `ByteBuffer`
    Bytes(Bytes),
    /// `BigDecimal`, the value of the logical type Decimal.
    Decimal(Box<Decimal>),
    /// `BigInteger`: in schemaless data only, no schema admits it.
    BigInteger(Box<BigInt>),
    /// `java.util.Date`: milliseconds since the epoch, UTC; the value of the logical types Date, Time and Timestamp.
    Date(i64),
    /// `List`
    Array(Vec<Value>),
    /// `Map`, in insertion order.
    Map(MapValue),
    /// `Struct`
    Struct(Struct),
}

impl Value {
    /// Whether it is Java's `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The name of the Java class, as in messages: `java.lang.Integer`, `[B`.
    pub const fn java_class(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Boolean(_) => "java.lang.Boolean",
            Value::Int8(_) => "java.lang.Byte",
            Value::Int16(_) => "java.lang.Short",
            Value::Int32(_) => "java.lang.Integer",
            Value::Int64(_) => "java.lang.Long",
            Value::Float32(_) => "java.lang.Float",
            Value::Float64(_) => "java.lang.Double",
            Value::String(_) => "java.lang.String",
            Value::Bytes(_) => "[B",
            Value::Decimal(_) => "java.math.BigDecimal",
            Value::BigInteger(_) => "java.math.BigInteger",
            Value::Date(_) => "java.util.Date",
            Value::Array(_) => "java.util.ArrayList",
            Value::Map(_) => "java.util.LinkedHashMap",
            Value::Struct(_) => "org.apache.kafka.connect.data.Struct",
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of `bytes`.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The number of an `int8`, `int16`, `int32` or `int64`.
    pub const fn as_integer(&self) -> Option<i64> {
        match *self {
            Value::Int8(v) => Some(v as i64),
            Value::Int16(v) => Some(v as i64),
            Value::Int32(v) => Some(v as i64),
            Value::Int64(v) => Some(v),
            _ => None,
        }
    }

    /// The truth of a `boolean`.
    pub const fn as_bool(&self) -> Option<bool> {
        match *self {
            Value::Boolean(v) => Some(v),
            _ => None,
        }
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries of a map.
    pub const fn as_map(&self) -> Option<&MapValue> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The struct.
    pub const fn as_struct(&self) -> Option<&Struct> {
        match self {
            Value::Struct(structure) => Some(structure),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Boolean(a), Value::Boolean(b)) => a == b,
            (Value::Int8(a), Value::Int8(b)) => a == b,
            (Value::Int16(a), Value::Int16(b)) => a == b,
            (Value::Int32(a), Value::Int32(b)) => a == b,
            (Value::Int64(a), Value::Int64(b)) => a == b,
            (Value::Float32(a), Value::Float32(b)) => f32_bits(*a) == f32_bits(*b),
            (Value::Float64(a), Value::Float64(b)) => f64_bits(*a) == f64_bits(*b),
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::Decimal(a), Value::Decimal(b)) => a == b,
            (Value::BigInteger(a), Value::BigInteger(b)) => a == b,
            (Value::Date(a), Value::Date(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            (Value::Struct(a), Value::Struct(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Value::Null => {}
            Value::Boolean(v) => v.hash(state),
            Value::Int8(v) => v.hash(state),
            Value::Int16(v) => v.hash(state),
            Value::Int32(v) => v.hash(state),
            Value::Int64(v) | Value::Date(v) => v.hash(state),
            Value::Float32(v) => f32_bits(*v).hash(state),
            Value::Float64(v) => f64_bits(*v).hash(state),
            Value::String(v) => v.hash(state),
            Value::Bytes(v) => v.hash(state),
            Value::Decimal(v) => v.hash(state),
            Value::BigInteger(v) => v.hash(state),
            Value::Array(v) => v.hash(state),
            Value::Map(v) => v.hash(state),
            Value::Struct(v) => v.values().hash(state),
        }
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Value::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Boolean,
    i8 => Int8,
    i16 => Int16,
    i32 => Int32,
    i64 => Int64,
    f32 => Float32,
    f64 => Float64,
    Text => String,
    &str => String,
    String => String,
    Bytes => Bytes,
    Vec<u8> => Bytes,
    Decimal => Decimal,
    Vec<Value> => Array,
    MapValue => Map,
    Struct => Struct,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The bits of `Float.floatToIntBits`, in which every NaN is one NaN.
fn f32_bits(v: f32) -> u32 {
    if v.is_nan() {
        f32::NAN.to_bits()
    } else {
        v.to_bits()
    }
}

/// The bits of `Double.doubleToLongBits`, in which every NaN is one NaN.
fn f64_bits(v: f64) -> u64 {
    if v.is_nan() {
        f64::NAN.to_bits()
    } else {
        v.to_bits()
    }
}
