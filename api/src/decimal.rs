//! The logical type Decimal and its value, Java's `BigDecimal`.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use num_bigint::{BigInt, Sign};
use num_traits::{Signed, ToPrimitive, Zero};

use crate::{ConnectError, Result, Schema, SchemaDef, Text, Type};

/// The schema name of the logical type.
pub const NAME: &str = "org.apache.kafka.connect.data.Decimal";

/// A `BigDecimal`: `unscaled * 10^-scale`.
///
/// Equality is `BigDecimal.equals`: 1.0 and 1.00 differ. `Display` is `BigDecimal.toString`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits, without the decimal point.
    pub unscaled: BigInt,
    /// How many of the digits stand behind the point; negative for trailing zeros.
    pub scale: i32,
}

/// The schema of decimals with this scale.
pub fn schema(scale: i32) -> Schema {
    let mut def = SchemaDef::new(Type::Bytes, false);
    def.name = Some(Text::from_static(NAME));
    def.version = Some(1);
    def.parameters = Some(
        [(Text::from_static(SCALE), Text::from(scale.to_string()))]
            .into_iter()
            .collect(),
    );
    def.into()
}

/// The big-endian two's complement bytes of the digits.
///
/// # Errors
/// When the scale is not the schema's, or the schema has none.
pub fn from_logical(schema: &SchemaDef, value: &Decimal) -> Result<Vec<u8>> {
    let scale = scale(schema)?;
    if value.scale != scale {
        return Err(ConnectError::data(format!(
            "Decimal value has mismatching scale for given Decimal schema. Schema has scale {scale}, value has scale {}.",
            value.scale
        )));
    }
    Ok(value.unscaled.to_signed_bytes_be())
}

/// The decimal of big-endian two's complement bytes.
///
/// # Errors
/// When the schema has no scale, or there are no bytes.
pub fn to_logical(schema: &SchemaDef, bytes: &Bytes) -> Result<Decimal> {
    let scale = scale(schema)?;
    if bytes.is_empty() {
        return Err(ConnectError::new(
            crate::ErrorKind::Internal,
            "Zero length BigInteger",
        ));
    }
    Ok(Decimal {
        unscaled: BigInt::from_signed_bytes_be(bytes),
        scale,
    })
}

/// The scale that a Decimal schema prescribes.
///
/// # Errors
/// When it has none, or something that is no number.
pub fn scale(schema: &SchemaDef) -> Result<i32> {
    let text = schema
        .parameter(SCALE)
        .ok_or_else(|| ConnectError::data("Invalid Decimal schema: scale parameter not found."))?;
    text.parse().map_err(|e: std::num::ParseIntError| {
        ConnectError::data("Invalid scale parameter found in Decimal schema: ").caused_by(e)
    })
}

impl Decimal {
    /// How many decimal digits the number has; 1 for zero.
    pub fn precision(&self) -> usize {
        match self.unscaled.to_u64() {
            Some(0) => 1,
            Some(small) => small.ilog10() as usize + 1,
            None => self.unscaled.magnitude().to_str_radix(10).len(),
        }
    }

    /// Bounds of how many digits stand before the point, told from the number of bits: counting digits takes long.
    fn digits_before_point(&self) -> (i64, i64) {
        let bits = i64::try_from(self.unscaled.bits()).unwrap_or(i64::MAX);
        let scale = i64::from(self.scale);
        // The decimal logarithm of 2 lies between these.
        ((bits - 1) / 4 - scale, bits / 3 + 1 - scale)
    }

    /// The integral part modulo 2^64, as `BigDecimal.longValue`.
    pub fn to_i64(&self) -> i64 {
        // At -64 and below the number is a multiple of 2^64; above, powers of ten stay as small as the digits are.
        if self.unscaled.is_zero() || self.scale <= -64 || self.digits_before_point().1 < 1 {
            return 0;
        }
        low_bits(&self.integral())
    }

    /// The nearest double; an infinity when it is out of range.
    pub fn to_f64(&self) -> f64 {
        format!("{}e{}", self.unscaled, -i64::from(self.scale))
            .parse()
            .unwrap_or(f64::NAN)
    }

    /// The nearest float; an infinity when it is out of range.
    pub fn to_f32(&self) -> f32 {
        format!("{}e{}", self.unscaled, -i64::from(self.scale))
            .parse()
            .unwrap_or(f32::NAN)
    }

    /// The number as an `i64` when it is integral and in range.
    pub fn to_exact_i64(&self) -> Option<i64> {
        if self.unscaled.is_zero() {
            return Some(0);
        }
        let (least, most) = self.digits_before_point();
        if least > 19 || most < 1 {
            return None;
        }
        let digits_before_point = self.precision() as i64 - i64::from(self.scale);
        if !(1..=19).contains(&digits_before_point) {
            return None;
        }
        let integral = self.integral();
        let exact = self.scale <= 0 || &integral * power_of_ten(self.scale as u32) == self.unscaled;
        if exact { integral.to_i64() } else { None }
    }

    /// The decimal of a double's shortest text, as `BigDecimal.valueOf(double)`.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) for infinities and NaN.
    pub fn from_f64(value: f64) -> Result<Decimal> {
        let mut text = Vec::new();
        crate::number::push_f64(&mut text, value);
        String::from_utf8_lossy(&text).parse()
    }

    /// The number cut off at the point. Only for scales that the digits bound.
    fn integral(&self) -> BigInt {
        match self.scale {
            0 => self.unscaled.clone(),
            s if s < 0 => &self.unscaled * power_of_ten(s.unsigned_abs()),
            s => &self.unscaled / power_of_ten(s as u32),
        }
    }
}

/// Reads a number as `new BigDecimal(String)`: digits, a point, an exponent.
impl FromStr for Decimal {
    type Err = ConnectError;

    fn from_str(text: &str) -> Result<Decimal> {
        let malformed = || {
            let message = format!(
                "expected a decimal number, found {:?}",
                crate::text::excerpt(text)
            );
            ConnectError::new(crate::ErrorKind::Internal, message)
        };
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (
                &text[..at],
                parse_exponent(&text[at + 1..]).ok_or_else(malformed)?,
            ),
            None => (text, 0),
        };
        let (negative, mantissa) = match mantissa.as_bytes().first() {
            Some(b'-') => (true, &mantissa[1..]),
            Some(b'+') => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
            return Err(malformed());
        }
        let scale = i32::try_from(fraction.len() as i64 - exponent).map_err(|_| malformed())?;
        let unscaled = parse_digits(whole, fraction).ok_or_else(malformed)?;
        Ok(Decimal {
            unscaled: if negative { -unscaled } else { unscaled },
            scale,
        })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.unscaled.magnitude().to_str_radix(10);
        if self.unscaled.is_negative() {
            f.write_str("-")?;
        }
        if self.scale == 0 {
            return f.write_str(&digits);
        }
        let adjusted = digits.len() as i64 - 1 - i64::from(self.scale);
        if self.scale > 0 && adjusted >= -6 {
            let point = digits.len() as i64 - i64::from(self.scale);
            return if point > 0 {
                let (whole, fraction) = digits.split_at(point as usize);
                write!(f, "{whole}.{fraction}")
            } else {
                write!(
                    f,
                    "0.{:0<zeros$}{digits}",
                    "",
                    zeros = point.unsigned_abs() as usize
                )
            };
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{first}{point}{rest}")?;
        if adjusted == 0 {
            Ok(())
        } else {
            write!(f, "E{adjusted:+}")
        }
    }
}

/// The low 64 bits of the two's complement, as `BigInteger.longValue`.
pub(crate) fn low_bits(value: &BigInt) -> i64 {
    let low = value.iter_u64_digits().next().unwrap_or(0) as i64;
    if value.sign() == Sign::Minus {
        low.wrapping_neg()
    } else {
        low
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.strip_prefix('+')
        .unwrap_or(text)
        .parse::<i64>()
        .ok()
        .filter(|e| e.abs() <= i64::from(u32::MAX))
}

fn parse_digits(whole: &str, fraction: &str) -> Option<BigInt> {
    if whole.len() + fraction.len() <= 18 {
        let digits = whole.bytes().chain(fraction.bytes());
        return Some(
            digits
                .fold(0i64, |n, b| n * 10 + i64::from(b - b'0'))
                .into(),
        );
    }
    let digits = [whole, fraction].concat();
    parse_halves(digits.as_bytes())
}

/// Parses many digits half by half: multiplying is faster than taking them one after the other, which is quadratic.
fn parse_halves(digits: &[u8]) -> Option<BigInt> {
    if digits.len() <= PARSED_AT_ONCE {
        return BigInt::parse_bytes(digits, 10);
    }
    let (high, low) = digits.split_at(digits.len() / 2);
    let shift = power_of_ten(u32::try_from(low.len()).ok()?);
    Some(parse_halves(high)? * shift + parse_halves(low)?)
}

fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10u8).pow(exponent)
}

const SCALE: &str = "scale";
const PARSED_AT_ONCE: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_as_big_decimal() {
        for (text, unscaled, scale, shown) in [
            ("1.50", 150, 2, "1.50"),
            ("-0.01", -1, 2, "-0.01"),
            ("1e3", 1, -3, "1E+3"),
            ("12e2", 12, -2, "1.2E+3"),
            ("1e-7", 1, 7, "1E-7"),
            ("0.000001", 1, 6, "0.000001"),
            (".5", 5, 1, "0.5"),
            ("5.", 5, 0, "5"),
            ("0e10", 0, -10, "0E+10"),
        ] {
            let decimal = parse(text);
            assert_eq!(
                decimal,
                Decimal {
                    unscaled: unscaled.into(),
                    scale
                },
                "{text}"
            );
            assert_eq!(decimal.to_string(), shown, "{text}");
        }
        for text in [
            "",
            ".",
            "-",
            "1e",
            "1e+",
            "e1",
            "1.2.3",
            "1_0",
            " 1",
            "1e99999999999",
            "1e-99999999999",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn huge_exponents_cost_nothing() {
        assert_eq!(parse("1e2147483647").to_i64(), 0);
        assert_eq!(parse("1e-2147483647").to_i64(), 0);
        assert_eq!(parse("7e-2147483647").to_f64(), 0.0);
        assert_eq!(parse("7e2147483647").to_f64(), f64::INFINITY);
        assert_eq!(parse("7e2147483647").to_exact_i64(), None);
        assert_eq!(parse("7e-2147483647").to_exact_i64(), None);
    }

    #[test]
    fn many_digits_are_read_as_few_are() {
        let digits: String = (0..9999u32)
            .map(|i| char::from(b'0' + (i * 7 % 10) as u8))
            .collect();
        let expected = BigInt::parse_bytes(digits.as_bytes(), 10).unwrap();
        assert_eq!(
            parse(&format!("-{digits}e-5")),
            Decimal {
                unscaled: -expected,
                scale: 5
            }
        );
    }

    #[test]
    fn integral_parts() {
        assert_eq!(parse("123.99").to_i64(), 123);
        assert_eq!(parse("-123.99").to_i64(), -123);
        assert_eq!(parse("9223372036854775808").to_i64(), i64::MIN);
        assert_eq!(parse("18446744073709551617").to_i64(), 1);
        assert_eq!(parse("1.50").to_exact_i64(), None);
        assert_eq!(parse("150e-1").to_exact_i64(), Some(15));
        assert_eq!(
            parse("9.2e18").to_exact_i64(),
            Some(9_200_000_000_000_000_000)
        );
        assert_eq!(parse("-9223372036854775808").to_exact_i64(), Some(i64::MIN));
        assert_eq!(parse("9223372036854775808").to_exact_i64(), None);
    }
}
