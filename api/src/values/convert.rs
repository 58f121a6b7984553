//! From a value of one type to a value of another.

use num_traits::ToPrimitive;

use super::parse::parse_string;
use super::text::to_text;
use crate::calendar::MILLIS_PER_DAY;
use crate::{
    ConnectError, Decimal, ErrorKind, Logical, MapValue, Result, Schema, Struct, Text, Type, Value,
    date, decimal, time, timestamp,
};

/// Converts a value to what a schema demands. `from` is the schema of the value, if known.
///
/// # Errors
/// [`ErrorKind::Data`] when there is no such conversion, or for null unless `to` is optional.
pub fn convert(to: &Schema, from: Option<&Schema>, value: &Value) -> Result<Value> {
    if value.is_null() {
        return if to.optional {
            Ok(Value::Null)
        } else {
            Err(null_value())
        };
    }
    Ok(match (to.kind, Logical::of(to)) {
        (Type::Bytes, Some(Logical::Decimal)) => decimal_of(to, value)?.into(),
        (Type::Bytes, _) => bytes_of(to, value)?,
        (Type::String, _) => Value::String(to_text(value)),
        (Type::Boolean, _) => to_boolean(from, value)?.into(),
        (Type::Int8, _) => to_int8(from, value)?.into(),
        (Type::Int16, _) => to_int16(from, value)?.into(),
        (Type::Int32, Some(Logical::Date)) => Value::Date(to_date(from, value)?),
        (Type::Int32, Some(Logical::Time)) => Value::Date(to_time(from, value)?),
        (Type::Int32, _) => to_int32(from, value)?.into(),
        (Type::Int64, Some(Logical::Timestamp)) => Value::Date(to_timestamp(from, value)?),
        (Type::Int64, _) => to_int64(from, value)?.into(),
        (Type::Float32, _) => to_float32(from, value)?.into(),
        (Type::Float64, _) => to_float64(from, value)?.into(),
        (Type::Array, _) => to_list(value)?.into(),
        (Type::Map, _) => to_map(value)?.into(),
        (Type::Struct, _) => to_struct(value)?.into(),
    })
}

/// Text is parsed; a number is true unless its integral part is zero. `None` for null.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind.
pub fn to_boolean(from: Option<&Schema>, value: &Value) -> Result<Option<bool>> {
    match value {
        Value::Null => Ok(None),
        Value::Boolean(v) => Ok(Some(*v)),
        Value::String(text) => match parsed(text)? {
            Value::Boolean(v) => Ok(Some(v)),
            _ => Ok(Some(as_i64(from, value)? != 0)),
        },
        _ => Ok(Some(as_i64(from, value)? != 0)),
    }
}

macro_rules! integers {
    ($($(#[$doc:meta])* $name:ident -> $int:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// Numbers and text that is a number are cut to the type; a date becomes the number its logical type stores,
        /// if `from` tells which. `None` for null.
        ///
        /// # Errors
        /// [`ErrorKind::Data`] when the value is nothing of the kind.
        pub fn $name(from: Option<&Schema>, value: &Value) -> Result<Option<$int>> {
            if value.is_null() { Ok(None) } else { Ok(Some(as_i64(from, value)? as $int)) }
        }
    )*};
}

integers! {
    /// To an `int8`.
    to_int8 -> i8;
    /// To an `int16`.
    to_int16 -> i16;
    /// To an `int32`.
    to_int32 -> i32;
    /// To an `int64`.
    to_int64 -> i64;
}

/// To a `float32`; see [`to_float64`].
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind.
pub fn to_float32(from: Option<&Schema>, value: &Value) -> Result<Option<f32>> {
    match value {
        Value::Float32(v) => Ok(Some(*v)),
        _ => Ok(to_float64(from, value)?.map(|v| v as f32)),
    }
}

/// To a `float64`. Numbers, text that is a number, and dates; `None` for null.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind.
pub fn to_float64(from: Option<&Schema>, value: &Value) -> Result<Option<f64>> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Float32(v) => f64::from(*v),
        Value::Float64(v) => *v,
        Value::Decimal(v) => v.to_f64(),
        Value::BigInteger(v) => v.to_f64().unwrap_or(f64::NAN),
        Value::String(text) => match text.parse::<Decimal>() {
            Ok(decimal) => decimal.to_f64(),
            Err(cause) => return Err(not_numeric(from, value, Some(cause))),
        },
        _ => as_i64(from, value)? as f64,
    }))
}

/// To the elements of an array; text is parsed.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind.
pub fn to_list(value: &Value) -> Result<Vec<Value>> {
    match unparsed(value)? {
        Value::Array(elements) => Ok(elements),
        Value::Null if value.is_null() => Err(null_value()),
        other => Err(inconvertible(&other, &"Schema{ARRAY}")),
    }
}

/// To the entries of a map; text is parsed.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind.
pub fn to_map(value: &Value) -> Result<MapValue> {
    match unparsed(value)? {
        Value::Map(map) => Ok(map),
        Value::Null if value.is_null() => Err(null_value()),
        other => Err(inconvertible(&other, &"Schema{MAP}")),
    }
}

/// To a struct, which only a struct is.
///
/// # Errors
/// [`ErrorKind::Data`] for anything else.
pub fn to_struct(value: &Value) -> Result<Struct> {
    match value {
        Value::Struct(structure) => Ok(structure.clone()),
        Value::Null => Err(null_value()),
        other => Err(inconvertible(other, &"Schema{STRUCT}")),
    }
}

/// To a Date, in milliseconds since the epoch. Text is parsed; a number counts days; a Timestamp loses its time.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind.
pub fn to_date(from: Option<&Schema>, value: &Value) -> Result<i64> {
    let value = &unparsed(value)?;
    if let Value::Date(millis) = value {
        match from.map(|schema| Logical::of(schema)) {
            None | Some(Some(Logical::Date)) => return Ok(*millis),
            Some(Some(Logical::Timestamp)) => {
                return Ok(i64::from((millis / MILLIS_PER_DAY) as i32) * MILLIS_PER_DAY);
            }
            _ => {}
        }
    }
    date::to_logical(&date::schema(), as_i64_or_null_error(from, value)? as i32)
}

/// To a Time, in milliseconds since the epoch. Text is parsed; a number counts milliseconds; a Timestamp loses its date.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind, or beyond a day.
pub fn to_time(from: Option<&Schema>, value: &Value) -> Result<i64> {
    let value = &unparsed(value)?;
    if let Value::Date(millis) = value {
        match from.map(|schema| Logical::of(schema)) {
            None | Some(Some(Logical::Time)) => return Ok(*millis),
            Some(Some(Logical::Timestamp)) => return Ok(millis.rem_euclid(MILLIS_PER_DAY)),
            _ => {}
        }
    }
    time::to_logical(&time::schema(), as_i64_or_null_error(from, value)? as i32)
}

/// To a Timestamp, in milliseconds since the epoch. Text is parsed.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind.
pub fn to_timestamp(from: Option<&Schema>, value: &Value) -> Result<i64> {
    let value = &unparsed(value)?;
    if let Value::Date(millis) = value {
        match from.map(|schema| (Logical::of(schema), schema)) {
            None | Some((Some(Logical::Timestamp), _)) => return Ok(*millis),
            Some((Some(Logical::Date), schema)) => {
                return Ok(i64::from(date::from_logical(schema, *millis)?) * MILLIS_PER_DAY);
            }
            Some((Some(Logical::Time), schema)) => {
                return Ok(i64::from(time::from_logical(schema, *millis)?));
            }
            _ => {}
        }
    }
    timestamp::to_logical(&timestamp::schema(), as_i64_or_null_error(from, value)?)
}

/// To a decimal; `scale` is that of bytes, other values keep their own.
///
/// # Errors
/// [`ErrorKind::Data`] when the value is nothing of the kind, [`ErrorKind::Internal`] for text that is no number.
pub fn to_decimal(value: &Value, scale: i32) -> Result<Decimal> {
    if value.is_null() {
        return Err(null_value());
    }
    decimal_of(&decimal::schema(scale), value)
}

fn decimal_of(to: &Schema, value: &Value) -> Result<Decimal> {
    match value {
        Value::Bytes(bytes) => decimal::to_logical(to, bytes),
        Value::Decimal(decimal) => Ok((**decimal).clone()),
        Value::String(text) => text.parse(),
        Value::BigInteger(v) => Decimal::from_f64(v.to_f64().unwrap_or(f64::NAN)),
        Value::Float32(v) => Decimal::from_f64(f64::from(*v)),
        Value::Float64(v) => Decimal::from_f64(*v),
        other => match other.as_integer() {
            // By way of a double, as Java does it, which is why there is a ".0".
            Some(v) => Decimal::from_f64(v as f64),
            None => Err(inconvertible(other, to)),
        },
    }
}

fn bytes_of(to: &Schema, value: &Value) -> Result<Value> {
    match value {
        Value::Bytes(_) => Ok(value.clone()),
        Value::Decimal(decimal) => Ok(decimal::from_logical(to, decimal)?.into()),
        other => Err(inconvertible(other, to)),
    }
}

fn as_i64_or_null_error(from: Option<&Schema>, value: &Value) -> Result<i64> {
    if value.is_null() {
        Err(null_value())
    } else {
        as_i64(from, value)
    }
}

fn as_i64(from: Option<&Schema>, value: &Value) -> Result<i64> {
    match (value, from) {
        (Value::Float32(v), _) => Ok(*v as i64),
        (Value::Float64(v), _) => Ok(*v as i64),
        (Value::Decimal(v), _) => Ok(v.to_i64()),
        (Value::BigInteger(v), _) => Ok(decimal::low_bits(v)),
        (Value::String(text), _) => match text.parse::<Decimal>() {
            Ok(decimal) => Ok(decimal.to_i64()),
            Err(cause) => Err(not_numeric(from, value, Some(cause))),
        },
        (Value::Date(millis), Some(schema)) => match Logical::of(schema) {
            Some(Logical::Date) => date::from_logical(schema, *millis).map(i64::from),
            Some(Logical::Time) => time::from_logical(schema, *millis).map(i64::from),
            Some(Logical::Timestamp) => Ok(*millis),
            _ => Err(not_numeric(from, value, None)),
        },
        _ => value
            .as_integer()
            .ok_or_else(|| not_numeric(from, value, None)),
    }
}

/// What text says, and any other value as it is.
fn unparsed(value: &Value) -> Result<Value> {
    match value {
        Value::String(text) => parsed(text),
        other => Ok(other.clone()),
    }
}

fn parsed(text: &Text) -> Result<Value> {
    match parse_string(text) {
        Some(parsed) => Ok(parsed.value),
        // Java dereferences the null that stands for the text `null`.
        None => Err(ConnectError::new(
            ErrorKind::Internal,
            "the text null has no value to convert",
        )),
    }
}

fn null_value() -> ConnectError {
    ConnectError::data("Unable to convert a null value to a schema that requires a value")
}

fn inconvertible(value: &Value, to: &dyn std::fmt::Display) -> ConnectError {
    ConnectError::data(format!(
        "Unable to convert {value} (class {}) to {to}",
        value.java_class()
    ))
}

fn not_numeric(from: Option<&Schema>, value: &Value, cause: Option<ConnectError>) -> ConnectError {
    let error = match from {
        Some(schema) => inconvertible(value, schema),
        None => inconvertible(value, &"a number"),
    };
    match cause {
        Some(cause) => error.caused_by(cause),
        None => error,
    }
}
