//! One value in another type, as Java's casts and `parseX`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_api::number::{
    parse_double, parse_float, parse_integer, push_f32, push_f64, push_i64,
};
use windlass_api::{
    ConnectError, ErrorKind, Logical, Result, Schema, Text, Type, Value, date, time, timestamp,
    values,
};

/// The value in another type; null stays null. A logical type other than Decimal is cast as what it stores, except to
/// text.
///
/// # Errors
/// [`ErrorKind::Data`] when there is no such cast or the text is no such number.
pub(super) fn cast(schema: Option<&Schema>, value: Value, to: Type) -> Result<Value> {
    if value.is_null() {
        return Ok(value);
    }
    check_type(schema, &value)?;
    let value = match schema {
        Some(schema) if to != Type::String => stored(schema, value)?,
        _ => value,
    };
    Ok(match to {
        Type::Int8 => Value::Int8(match &value {
            Value::String(text) => integer(text)?,
            value => low_bits(value)? as i8,
        }),
        Type::Int16 => Value::Int16(match &value {
            Value::String(text) => integer(text)?,
            value => low_bits(value)? as i16,
        }),
        Type::Int32 => Value::Int32(match &value {
            Value::String(text) => integer(text)?,
            value => low_bits(value)? as i32,
        }),
        Type::Int64 => Value::Int64(match &value {
            Value::String(text) => integer(text)?,
            Value::Float32(v) => *v as i64,
            Value::Float64(v) => *v as i64,
            value => low_bits(value)?,
        }),
        Type::Float32 => Value::Float32(to_f32(&value)?),
        Type::Float64 => Value::Float64(to_f64(&value)?),
        Type::Boolean => Value::Boolean(to_boolean(&value)?),
        Type::String => Value::String(to_string(value)),
        other => {
            return Err(ConnectError::data(format!(
                "{other} is not supported in the Cast transformation."
            )));
        }
    })
}

/// Java goes by the schema when there is one, and then casts whatever the value is.
fn check_type(schema: Option<&Schema>, value: &Value) -> Result<()> {
    let castable = match (schema, value) {
        (Some(schema), _) => schema.kind.is_primitive(),
        (None, value) => !matches!(
            value,
            Value::Array(_)
                | Value::Map(_)
                | Value::Struct(_)
                | Value::Decimal(_)
                | Value::BigInteger(_)
                | Value::Date(_)
        ),
    };
    if castable {
        return Ok(());
    }
    Err(ConnectError::data(match schema {
        Some(schema) => format!(
            "Cast transformation does not support casting from {}",
            schema.kind
        ),
        None => format!(
            "Cast transformation was passed a value of type {} which cannot be cast",
            value.java_class()
        ),
    }))
}

/// What a Date, Time or Timestamp stores.
fn stored(schema: &Schema, value: Value) -> Result<Value> {
    let logical = match Logical::of(schema) {
        None | Some(Logical::Decimal) => return Ok(value),
        Some(logical) => logical,
    };
    let Value::Date(millis) = value else {
        let class = value.java_class();
        return Err(ConnectError::new(
            ErrorKind::Internal,
            format!("expected a java.util.Date for {schema}, found {class}"),
        ));
    };
    Ok(match logical {
        Logical::Date => Value::Int32(date::from_logical(schema, millis)?),
        Logical::Time => Value::Int32(time::from_logical(schema, millis)?),
        _ => Value::Int64(timestamp::from_logical(schema, millis)?),
    })
}

/// The number as an integer whose low bits are those of Java's `byteValue`, `shortValue` and `intValue`: a float stops at
/// the ends of `int` first.
fn low_bits(value: &Value) -> Result<i64> {
    Ok(match value {
        Value::Float32(v) => i64::from(*v as i32),
        Value::Float64(v) => i64::from(*v as i32),
        Value::Decimal(v) => v.to_i64(),
        Value::Boolean(v) => i64::from(*v),
        other => other.as_integer().ok_or_else(|| unexpected(other))?,
    })
}

fn to_f32(value: &Value) -> Result<f32> {
    Ok(match value {
        Value::Float32(v) => *v,
        Value::Float64(v) => *v as f32,
        Value::Decimal(v) => v.to_f32(),
        Value::Boolean(v) => f32::from(u8::from(*v)),
        Value::String(text) => parse_float(text).ok_or_else(|| out_of_range(text))?,
        other => other.as_integer().ok_or_else(|| unexpected(other))? as f32,
    })
}

fn to_f64(value: &Value) -> Result<f64> {
    Ok(match value {
        Value::Float32(v) => f64::from(*v),
        Value::Float64(v) => *v,
        Value::Decimal(v) => v.to_f64(),
        Value::Boolean(v) => f64::from(u8::from(*v)),
        Value::String(text) => parse_double(text).ok_or_else(|| out_of_range(text))?,
        other => other.as_integer().ok_or_else(|| unexpected(other))? as f64,
    })
}

fn to_boolean(value: &Value) -> Result<bool> {
    Ok(match value {
        Value::Boolean(v) => *v,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        Value::Float32(v) => *v as i64 != 0,
        Value::Float64(v) => *v as i64 != 0,
        Value::Decimal(v) => v.to_i64() != 0,
        other => other.as_integer().ok_or_else(|| unexpected(other))? != 0,
    })
}

/// `toString`, but dates in ISO form and bytes in base64.
fn to_string(value: Value) -> Text {
    let mut out = Vec::new();
    match value {
        Value::String(text) => return text,
        Value::Boolean(v) => return Text::from_static(if v { "true" } else { "false" }),
        Value::Date(_) => return values::to_text(&value),
        Value::Bytes(bytes) => return STANDARD.encode(bytes).into(),
        Value::Float32(v) => push_f32(&mut out, v),
        Value::Float64(v) => push_f64(&mut out, v),
        other => match other.as_integer() {
            Some(v) => push_i64(&mut out, v),
            None => return other.to_string().into(),
        },
    }
    // Numbers are written in ASCII.
    Text::from_utf8(out.into()).unwrap_or_default()
}

fn integer<T: TryFrom<i64>>(text: &Text) -> Result<T> {
    parse_integer(text)
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| out_of_range(text))
}

fn out_of_range(text: &Text) -> ConnectError {
    ConnectError::data(format!(
        "Value ({text}) was out of range for requested data type"
    ))
}

fn unexpected(value: &Value) -> ConnectError {
    let class = value.java_class();
    ConnectError::data(format!(
        "Unexpected type in Cast transformation: class {class}"
    ))
}
