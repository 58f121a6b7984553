//! What a value must be.

use windlass_api::number::{parse_double, parse_float, parse_integer};
use windlass_api::{Decimal, JavaRegex, Result, Value, values};

/// What a value must be.
#[derive(Debug)]
pub(super) enum Condition {
    /// Equal to a text, or to the number that it is.
    Equal(Expected),
    /// Matched by a pattern as a whole.
    Matching(JavaRegex),
}

/// A text, and what it is as a number of each kind.
#[derive(Debug)]
pub(super) struct Expected {
    text: String,
    integer: Option<i64>,
    float32: Option<f32>,
    float64: Option<f64>,
    decimal: Option<(String, i64)>,
}

impl Condition {
    /// Equality with a text.
    pub(super) fn equal_to(text: &str) -> Self {
        let float64 = parse_double(text);
        let whole = float64.filter(|v| v.fract() == 0.0 && v.abs() < WHOLE_DOUBLES);
        Condition::Equal(Expected {
            text: text.to_owned(),
            integer: parse_integer(text).or(whole.map(|v| v as i64)),
            float32: parse_float(text),
            float64,
            decimal: text.parse().ok().as_ref().map(normalized),
        })
    }

    /// A match of a pattern.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) when it is none.
    pub(super) fn matching(regex: &str) -> Result<Self> {
        JavaRegex::new(regex).map(Condition::Matching)
    }

    /// Whether a value is so. Null and structures never are; dates are compared in ISO form, bytes in base64.
    ///
    /// # Errors
    /// When the pattern needs too many attempts.
    pub(super) fn holds(&self, value: &Value) -> Result<bool> {
        match self {
            Condition::Equal(expected) => Ok(expected.is(value)),
            Condition::Matching(regex) => match value {
                Value::Null | Value::Array(_) | Value::Map(_) | Value::Struct(_) => Ok(false),
                Value::String(text) => regex.matches(text),
                other => regex.matches(&values::to_text(other)),
            },
        }
    }
}

impl Expected {
    fn is(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Array(_) | Value::Map(_) | Value::Struct(_) => false,
            Value::String(text) => *text == self.text.as_str(),
            Value::Boolean(v) => self.text == if *v { "true" } else { "false" },
            Value::Float32(v) => self.float32 == Some(*v),
            Value::Float64(v) => self.float64 == Some(*v),
            Value::Decimal(v) => self.decimal.as_ref() == Some(&normalized(v)),
            other => match other.as_integer() {
                Some(v) => self.integer == Some(v),
                None => *values::to_text(other) == self.text,
            },
        }
    }
}

/// The digits of a decimal without the zeros at their end, and the scale that goes with them.
fn normalized(decimal: &Decimal) -> (String, i64) {
    let digits = decimal.unscaled.to_string();
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return ("0".to_owned(), 0);
    }
    let zeros = (digits.len() - significant.len()) as i64;
    (significant.to_owned(), i64::from(decimal.scale) - zeros)
}

/// Below this a double is every whole number exactly.
const WHOLE_DOUBLES: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let is = |text: &str, value: Value| Condition::equal_to(text).holds(&value).unwrap();
        assert!(is("10.0", 10.into()) && is("10", 10i64.into()) && is("1e1", 10i8.into()));
        assert!(is("0.1", 0.1f32.into()) && is("0.10", 0.1f64.into()) && is("1", 1f64.into()));
        assert!(!is("10.5", 10.into()) && !is("x", 0.into()) && !is("NaN", f64::NAN.into()));
        let price = Decimal {
            unscaled: 1250.into(),
            scale: 2,
        };
        assert!(is("12.5", price.clone().into()) && !is("1250", price.into()));
        let large = Decimal {
            unscaled: 12.into(),
            scale: i32::MIN,
        };
        assert!(!is("12", large.into()));
        let round = Decimal {
            unscaled: 1.into(),
            scale: -1,
        };
        assert!(is("10.00", round.clone().into()) && is("1e1", round.into()));
        assert!(is("1970-01-02", Value::Date(86_400_000)) && is("AQI=", vec![1u8, 2].into()));
        assert!(
            !is("10", "10.0".into()) && is("9007199254740993", 9_007_199_254_740_993i64.into())
        );
    }
}
