//! The text of values: Java's `String.valueOf`.

use std::fmt::{self, Display, Formatter, Write};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use crate::calendar::DateText;
use crate::{MapValue, Struct, Value, number, short};

impl Value {
    /// Appends the text that `Display` gives, without going through a formatter for what most records are made of.
    pub fn push_text(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => short::push(out, b"null"),
            Value::Boolean(true) => short::push(out, b"true"),
            Value::Boolean(false) => short::push(out, b"false"),
            Value::Int8(v) => number::push_i64(out, i64::from(*v)),
            Value::Int16(v) => number::push_i64(out, i64::from(*v)),
            Value::Int32(v) => number::push_i64(out, i64::from(*v)),
            Value::Int64(v) => number::push_i64(out, *v),
            Value::Float32(v) => number::push_f32(out, *v),
            Value::Float64(v) => number::push_f64(out, *v),
            Value::String(v) => short::push(out, v.as_bytes()),
            // Java prints an identity hash, which means nothing; equal bytes give equal text here.
            Value::Bytes(v) => {
                let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(v);
                push_display(out, format_args!("[B@{:x}", hash as u32));
            }
            Value::Decimal(v) => push_display(out, v),
            Value::BigInteger(v) => push_display(out, v),
            Value::Date(v) => push_display(out, DateText(*v)),
            Value::Array(v) => push_elements(out, v),
            Value::Map(v) => push_map(out, v),
            Value::Struct(v) => push_struct(out, v),
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Value::String(v) => f.write_str(v),
            other => write_text(f, |out| other.push_text(out)),
        }
    }
}

impl Display for MapValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_text(f, |out| push_map(out, self))
    }
}

/// The fields that have a value; a default is not one.
impl Display for Struct {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_text(f, |out| push_struct(out, self))
    }
}

fn push_map(out: &mut Vec<u8>, map: &MapValue) {
    let mut separator: &[u8] = b"{";
    for (key, value) in map {
        short::push(out, separator);
        key.push_text(out);
        out.push(b'=');
        value.push_text(out);
        separator = b", ";
    }
    short::push(out, if map.is_empty() { b"{}" } else { b"}" });
}

fn push_struct(out: &mut Vec<u8>, structure: &Struct) {
    short::push(out, b"Struct{");
    let mut first = true;
    for (field, value) in structure.iter().filter(|(_, value)| !value.is_null()) {
        if !first {
            out.push(b',');
        }
        first = false;
        short::push(out, field.name.as_bytes());
        out.push(b'=');
        value.push_text(out);
    }
    out.push(b'}');
}

fn push_elements(out: &mut Vec<u8>, elements: &[Value]) {
    out.push(b'[');
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            short::push(out, b", ");
        }
        element.push_text(out);
    }
    out.push(b']');
}

fn push_display(out: &mut Vec<u8>, value: impl Display) {
    // Writing to memory cannot fail.
    let _ = write!(Appended(out), "{value}");
}

fn write_text(f: &mut Formatter<'_>, push: impl FnOnce(&mut Vec<u8>)) -> fmt::Result {
    let mut text = Vec::with_capacity(24);
    push(&mut text);
    f.write_str(&String::from_utf8_lossy(&text))
}

/// Takes text as bytes.
struct Appended<'a>(&'a mut Vec<u8>);

impl Write for Appended<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        short::push(self.0, text.as_bytes());
        Ok(())
    }
}
