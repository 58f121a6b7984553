//! Numbers as Java reads and writes them.

use std::fmt::{self, Write};

pub use crate::java_number::{decimal_digit, parse_double, parse_float, parse_integer};
use crate::short;

/// Appends an integer in decimal.
pub fn push_i64(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    while rest >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(pair(rest % 100));
        rest /= 100;
    }
    if rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(pair(rest));
    } else {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    short::push(out, &digits[at..]);
}

fn pair(number: u64) -> &'static [u8] {
    let at = number as usize * 2;
    &PAIRS.as_bytes()[at..at + 2]
}

/// Appends the text of `Double.toString`: `1.0`, `1.0E7`, `-0.0`, `NaN`, `Infinity`.
///
/// The digits are the fewest that read back as the same number, which is what Java 19 and later print (earlier ones
/// printed more for some numbers).
pub fn push_f64(out: &mut Vec<u8>, value: f64) {
    if !push_special(out, value) && !push_short(out, value, MAX_F64, |near| near == value.abs()) {
        let mut shortest = Digits::new();
        // Writing to the buffer cannot fail: it holds more than the longest text.
        let _ = write!(shortest, "{value:e}");
        if shortest.is_single() {
            let mut two = Digits::new();
            let _ = write!(two, "{value:.1e}");
            if two.text().parse() == Ok(value) {
                shortest = two;
            }
        }
        push_layout(out, shortest.text());
    }
}

/// Appends the text of `Float.toString`; see [`push_f64`].
pub fn push_f32(out: &mut Vec<u8>, value: f32) {
    let wide = f64::from(value);
    if !push_special(out, wide)
        && !push_short(out, wide, MAX_F32, |near| near as f32 == value.abs())
    {
        let mut shortest = Digits::new();
        let _ = write!(shortest, "{value:e}");
        if shortest.is_single() {
            let mut two = Digits::new();
            let _ = write!(two, "{value:.1e}");
            if two.text().parse() == Ok(value) {
                shortest = two;
            }
        }
        push_layout(out, shortest.text());
    }
}

fn push_special(out: &mut Vec<u8>, value: f64) -> bool {
    let text: &[u8] = if value.is_nan() {
        b"NaN"
    } else if value == f64::INFINITY {
        b"Infinity"
    } else if value == f64::NEG_INFINITY {
        b"-Infinity"
    } else {
        return false;
    };
    out.extend_from_slice(text);
    true
}

/// Appends a number that is a decimal of few digits, most of what there is; tells whether it was.
///
/// No two decimals of up to 15 digits (6 of a float) are the same number, so that the first one found is the shortest.
fn push_short(
    out: &mut Vec<u8>,
    value: f64,
    max_digits: u64,
    is_value: impl Fn(f64) -> bool,
) -> bool {
    let magnitude = value.abs();
    if !(1e-3..1e7).contains(&magnitude) {
        return false;
    }
    let mut power = 1;
    for decimals in 0..=6 {
        let digits = (magnitude * power as f64 + 0.5) as u64;
        if digits >= max_digits {
            return false;
        }
        if is_value(digits as f64 / power as f64) {
            if value.is_sign_negative() {
                out.push(b'-');
            }
            push_i64(out, (digits / power) as i64);
            out.push(b'.');
            push_fraction(out, digits % power, decimals);
            return true;
        }
        power *= 10;
    }
    false
}

fn push_fraction(out: &mut Vec<u8>, fraction: u64, decimals: usize) {
    if decimals == 2 {
        return short::push(out, pair(fraction));
    }
    let start = out.len();
    out.resize(start + decimals.max(1), b'0');
    let mut rest = fraction;
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// Lays out Rust's scientific text, such as `-1.25e7`, as Java does: plain from 10^-3 to below 10^7, else with `E`.
fn push_layout(out: &mut Vec<u8>, scientific: &str) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    if negative {
        out.push(b'-');
    }
    let first = &mantissa.as_bytes()[..1];
    let rest = mantissa.as_bytes().get(2..).unwrap_or_default();
    match exponent {
        0..=6 => {
            let whole = exponent as usize;
            out.extend_from_slice(first);
            out.extend_from_slice(&rest[..whole.min(rest.len())]);
            out.resize(out.len() + whole.saturating_sub(rest.len()), b'0');
            out.push(b'.');
            push_or_zero(out, rest.get(whole..).unwrap_or_default());
        }
        -3..=-1 => {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + (-exponent - 1) as usize, b'0');
            out.extend_from_slice(first);
            // A lone zero came from asking for two digits.
            out.extend_from_slice(if rest == b"0" { b"" } else { rest });
        }
        _ => {
            out.extend_from_slice(first);
            out.push(b'.');
            push_or_zero(out, rest);
            out.push(b'E');
            push_i64(out, i64::from(exponent));
        }
    }
}

fn push_or_zero(out: &mut Vec<u8>, digits: &[u8]) {
    out.extend_from_slice(if digits.is_empty() { b"0" } else { digits });
}

/// Room for the scientific text of any float.
struct Digits {
    text: [u8; 40],
    len: usize,
}

impl Digits {
    fn new() -> Self {
        Digits {
            text: [0; 40],
            len: 0,
        }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.text[..self.len]).unwrap_or_default()
    }

    /// Whether the mantissa is one digit; Java then prints the nearest number of two.
    fn is_single(&self) -> bool {
        !self.text[..self.len].contains(&b'.')
    }
}

impl Write for Digits {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = self
            .text
            .get_mut(self.len..self.len + part.len())
            .ok_or(fmt::Error)?;
        room.copy_from_slice(part.as_bytes());
        self.len += part.len();
        Ok(())
    }
}

/// The numbers from 0 to 99, two digits each.
pub const PAIRS: &str = "\
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
    5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899\
";

const MAX_F64: u64 = 10_u64.pow(15);
const MAX_F32: u64 = 10_u64.pow(6);

#[cfg(test)]
mod tests {
    use super::*;

    fn f64_text(value: f64) -> String {
        let mut out = Vec::new();
        push_f64(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn doubles_as_java() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.00123, "0.00123"),
            (0.0001, "1.0E-4"),
            (0.5, "0.5"),
            (123_456.7, "123456.7"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (12_345_678.0, "1.2345678E7"),
            (1e21, "1.0E21"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (5e-324, "4.9E-324"),
            (1e23, "1.0E23"),
            (2e23, "2.0E23"),
            (-1.5e-10, "-1.5E-10"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(f64_text(value), text);
        }
    }

    #[test]
    fn floats_as_java() {
        for (value, text) in [
            (1.4e-45f32, "1.4E-45"),
            (0.1, "0.1"),
            (33_554_432.0, "3.3554432E7"),
            (9.9e-4, "9.9E-4"),
        ] {
            let mut out = Vec::new();
            push_f32(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn short_numbers_are_written_as_others_are() {
        let mut random = proptest::test_runner::TestRunner::deterministic();
        let numbers = (0..=9_999_999u32, 0..=6i32, proptest::bool::ANY);
        random
            .run(&numbers, |(digits, decimals, narrow)| {
                let value = f64::from(digits) / 10f64.powi(decimals);
                let (mut short, mut long) = (Vec::new(), Vec::new());
                if narrow {
                    let value = value as f32;
                    push_f32(&mut short, value);
                    push_layout(&mut long, &format!("{value:e}"));
                } else {
                    push_f64(&mut short, value);
                    push_layout(&mut long, &format!("{value:e}"));
                }
                proptest::prop_assert_eq!(String::from_utf8(short), String::from_utf8(long));
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn integers() {
        for value in [0, 7, -7, 10, 99, 100, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            push_i64(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }
}
