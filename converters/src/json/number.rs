//! The numbers of JSON.

use num_bigint::BigInt;
use windlass_api::Decimal;

/// A number as it stands in the text; integers that fit are already read.
pub(crate) struct Number<'a> {
    text: &'a str,
    integral: bool,
    small: Option<i64>,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Integer,
    Fraction,
    Exponent,
}

impl<'a> Number<'a> {
    /// A number of this text, which is `small` if it is an integer that is known already; `None` when its exponent is out
    /// of range.
    pub(crate) fn new(text: &'a str, form: Form, small: Option<i64>) -> Option<Self> {
        (form != Form::Exponent || text.parse::<Decimal>().is_ok()).then_some(Number {
            text,
            integral: form == Form::Integer,
            small,
        })
    }

    /// Whether it has neither point nor exponent.
    pub(crate) fn is_integral(&self) -> bool {
        self.integral
    }

    /// The number, if it is integral and in the range of an `int32`.
    pub(crate) fn as_int(&self) -> Option<i32> {
        self.small.and_then(|n| i32::try_from(n).ok())
    }

    /// The integral part, cut to 64 bits.
    pub(crate) fn to_i64(&self) -> i64 {
        self.small.unwrap_or_else(|| self.to_decimal().to_i64())
    }

    /// The nearest float.
    pub(crate) fn to_f32(&self) -> f32 {
        if self.is_zero() {
            0.0
        } else {
            self.text.parse().unwrap_or(f32::NAN)
        }
    }

    /// The nearest double.
    pub(crate) fn to_f64(&self) -> f64 {
        if self.is_zero() {
            0.0
        } else {
            self.text.parse().unwrap_or(f64::NAN)
        }
    }

    /// The number with all its digits.
    pub(crate) fn to_decimal(&self) -> Decimal {
        let zero = || Decimal {
            unscaled: BigInt::ZERO,
            scale: 0,
        };
        self.small.map_or_else(
            || self.text.parse().unwrap_or_else(|_| zero()),
            |small| Decimal {
                unscaled: small.into(),
                scale: 0,
            },
        )
    }

    /// Zero has no sign: Java reads a decimal first.
    fn is_zero(&self) -> bool {
        let mantissa = self.text.bytes().take_while(|b| !matches!(b, b'e' | b'E'));
        self.text.as_bytes()[0] == b'-' && mantissa.into_iter().all(|b| !(b'1'..=b'9').contains(&b))
    }
}
