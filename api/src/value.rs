//! Values with their Connect type.

use bytes::Bytes;
use num_bigint::BigInt;

use crate::{Struct, Text};

/// One Connect value. The variants are the Java classes that Connect's data API admits, so that a
/// schemaless value still knows whether it was an `int32` or an `int64`.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// `java.util.Date`: milliseconds since the epoch, UTC; the value of the logical types Date, Time and Timestamp.
    Date(i64),
    /// `List`
    Array(Vec<Value>),
    /// `Map`, in insertion order.
    Map(MapValue),
    /// `Struct`
    Struct(Struct),
}

/// A `BigDecimal`: `unscaled * 10^-scale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// The digits, without the decimal point.
    pub unscaled: BigInt,
    /// How many of the digits stand behind the point; negative for trailing zeros.
    pub scale: i32,
}

/// The entries of a map in insertion order; a key occurs once.
#[derive(Clone, Debug, Default)]
pub struct MapValue {
    entries: Vec<(Value, Value)>,
}

impl MapValue {
    /// The entries, in insertion order.
    pub fn entries(&self) -> &[(Value, Value)] {
        &self.entries
    }

    /// Adds the entry, or replaces the value of an equal key, keeping its place.
    pub fn insert(&mut self, key: Value, value: Value) {
        match self.entries.iter_mut().find(|(k, _)| *k == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }
}

impl PartialEq for MapValue {
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().all(|(k, v)| other.get(k) == Some(v))
    }
}
