//! The text of values: Java's `String.valueOf`.

use std::fmt::{self, Display, Formatter};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use crate::calendar::DateText;
use crate::{MapValue, Struct, Value, number};

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Boolean(v) => v.fmt(f),
            Value::Int8(v) => v.fmt(f),
            Value::Int16(v) => v.fmt(f),
            Value::Int32(v) => v.fmt(f),
            Value::Int64(v) => v.fmt(f),
            Value::Float32(v) => write_number(f, |out| number::push_f32(out, *v)),
            Value::Float64(v) => write_number(f, |out| number::push_f64(out, *v)),
            Value::String(v) => f.write_str(v),
            // Java prints an identity hash, which means nothing; equal bytes give equal text here.
            Value::Bytes(v) => write!(
                f,
                "[B@{:x}",
                BuildHasherDefault::<DefaultHasher>::default().hash_one(v) as u32
            ),
            Value::Decimal(v) => v.fmt(f),
            Value::BigInteger(v) => v.fmt(f),
            Value::Date(v) => DateText(*v).fmt(f),
            Value::Array(v) => write_elements(f, v),
            Value::Map(v) => v.fmt(f),
            Value::Struct(v) => v.fmt(f),
        }
    }
}

impl Display for MapValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut separator = "{";
        for (key, value) in self {
            f.write_str(separator)?;
            key.fmt(f)?;
            f.write_str("=")?;
            value.fmt(f)?;
            separator = ", ";
        }
        f.write_str(if self.is_empty() { "{}" } else { "}" })
    }
}

/// The fields that have a value; a default is not one.
impl Display for Struct {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Struct{")?;
        let mut separator = "";
        for (field, value) in self.iter().filter(|(_, value)| !value.is_null()) {
            // Not by `write!`, whose arguments cost more than short texts do.
            f.write_str(separator)?;
            f.write_str(&field.name)?;
            f.write_str("=")?;
            value.fmt(f)?;
            separator = ",";
        }
        f.write_str("}")
    }
}

fn write_elements(f: &mut Formatter<'_>, elements: &[Value]) -> fmt::Result {
    f.write_str("[")?;
    let mut separator = "";
    for element in elements {
        f.write_str(separator)?;
        element.fmt(f)?;
        separator = ", ";
    }
    f.write_str("]")
}

fn write_number(f: &mut Formatter<'_>, push: impl FnOnce(&mut Vec<u8>)) -> fmt::Result {
    let mut text = Vec::with_capacity(24);
    push(&mut text);
    f.write_str(&String::from_utf8_lossy(&text))
}
