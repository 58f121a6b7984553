//! What a value is overwritten with.

use windlass_api::{ConnectError, Decimal, MapValue, Result, Text, Value, values};

/// What a value is overwritten with, by its class.
#[derive(Debug, Default)]
pub(crate) struct Mask(Option<Box<Replacement>>);

/// A text as a value of each class that can be replaced; `None` where it says no such number.
#[derive(Debug)]
struct Replacement {
    text: Text,
    int8: Option<i8>,
    int16: Option<i16>,
    int32: Option<i32>,
    int64: Option<i64>,
    float32: Option<f32>,
    float64: Option<f64>,
    decimal: Option<Decimal>,
}

impl Mask {
    /// Overwrites with a text, or what it means in a number; without one, with zero, false or nothing.
    pub(crate) fn new(replacement: Option<String>) -> Self {
        Mask(replacement.map(|text| Box::new(Replacement::new(text.into()))))
    }

    /// Overwrites a value; null stays null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when values of the class cannot be overwritten, or not with the
    /// replacement.
    pub(crate) fn cover(&self, value: &mut Value) -> Result<()> {
        match &self.0 {
            None => cover_with_nothing(value),
            Some(replacement) => replacement.cover(value),
        }
    }
}

fn cover_with_nothing(value: &mut Value) -> Result<()> {
    match value {
        Value::Null => {}
        Value::Boolean(v) => *v = false,
        Value::Int8(v) => *v = 0,
        Value::Int16(v) => *v = 0,
        Value::Int32(v) => *v = 0,
        Value::Int64(v) | Value::Date(v) => *v = 0,
        Value::Float32(v) => *v = 0.0,
        Value::Float64(v) => *v = 0.0,
        Value::String(v) => *v = Text::EMPTY,
        Value::Decimal(v) => {
            **v = Decimal {
                unscaled: 0.into(),
                scale: 0,
            }
        }
        Value::BigInteger(v) => **v = 0.into(),
        Value::Array(v) => *v = Vec::new(),
        Value::Map(v) => *v = MapValue::new(),
        other => {
            let class = other.java_class();
            return Err(ConnectError::data(format!(
                "Cannot mask value of type: class {class}"
            )));
        }
    }
    Ok(())
}

impl Replacement {
    fn new(text: Text) -> Self {
        let value = Value::String(text.clone());
        Replacement {
            int8: values::to_int8(None, &value).ok().flatten(),
            int16: values::to_int16(None, &value).ok().flatten(),
            int32: values::to_int32(None, &value).ok().flatten(),
            int64: values::to_int64(None, &value).ok().flatten(),
            float32: values::to_float32(None, &value).ok().flatten(),
            float64: values::to_float64(None, &value).ok().flatten(),
            decimal: text.parse().ok(),
            text,
        }
    }

    fn cover(&self, value: &mut Value) -> Result<()> {
        match value {
            Value::Null => {}
            Value::Int8(v) => *v = self.number(self.int8)?,
            Value::Int16(v) => *v = self.number(self.int16)?,
            Value::Int32(v) => *v = self.number(self.int32)?,
            Value::Int64(v) => *v = self.number(self.int64)?,
            Value::Float32(v) => *v = self.number(self.float32)?,
            Value::Float64(v) => *v = self.number(self.float64)?,
            Value::String(v) => *v = self.text.clone(),
            Value::Decimal(v) => **v = self.number(self.decimal.clone())?,
            Value::BigInteger(v) => {
                // BigInteger takes no point and no exponent, whatever the number.
                let integer = self
                    .decimal
                    .clone()
                    .filter(|_| !self.text.contains(['.', 'e', 'E']));
                **v = self.number(integer)?.unscaled;
            }
            other => {
                let class = other.java_class();
                return Err(ConnectError::data(format!(
                    "Cannot mask value of type class {class} with custom replacement."
                )));
            }
        }
        Ok(())
    }

    fn number<T>(&self, number: Option<T>) -> Result<T> {
        number.ok_or_else(|| {
            let text = &self.text;
            ConnectError::data(format!(
                "Unable to convert {text} (class java.lang.String) to a number"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(replacement: &str, value: impl Into<Value>) -> Result<Value> {
        let mut value = value.into();
        Mask::new(Some(replacement.to_owned())).cover(&mut value)?;
        Ok(value)
    }

    #[test]
    fn a_replacement_becomes_the_class_of_the_value() {
        assert_eq!(covered("12", 5i8).unwrap(), Value::Int8(12));
        assert_eq!(covered("12", "x").unwrap(), Value::from("12"));
        assert_eq!(covered("1.5", 5f64).unwrap(), Value::Float64(1.5));
        assert_eq!(
            covered("1.5", true).unwrap_err().kind(),
            windlass_api::ErrorKind::Data
        );
    }

    #[test]
    fn a_big_integer_takes_digits_only() {
        let big = || Value::BigInteger(Box::new(5.into()));
        assert_eq!(
            covered("+12", big()).unwrap(),
            Value::BigInteger(Box::new(12.into()))
        );
        for refused in ["1.0", "1e2", "1_000", " 1", "-", "x"] {
            assert!(covered(refused, big()).is_err(), "{refused}");
        }
        assert_eq!(covered("12", Value::Null).unwrap(), Value::Null);
    }
}
