//! Numbers as Java's `parseInt`, `parseLong`, `parseFloat` and `parseDouble` read them.

use std::str::FromStr;

/// `Long.parseLong`: an optional sign and decimal digits of any script in the basic plane.
pub fn parse_integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    // Downwards, for i64::MIN has no positive counterpart.
    let mut number = 0i64;
    for c in digits.chars() {
        number = number
            .checked_mul(10)?
            .checked_sub(i64::from(decimal_digit(c)?))?;
    }
    if negative {
        Some(number)
    } else {
        number.checked_neg()
    }
}

/// `Double.parseDouble`.
pub fn parse_double(text: &str) -> Option<f64> {
    parse(text, |mantissa, exponent| {
        scaled(mantissa, exponent, 53, -1074)
    })
}

/// `Float.parseFloat`, which is not a double cut to a float.
pub fn parse_float(text: &str) -> Option<f32> {
    parse(text, |mantissa, exponent| {
        scaled(mantissa, exponent, 24, -149) as f32
    })
}

/// `hexadecimal` rounds a mantissa times a power of two.
fn parse<F: FromStr + std::ops::Neg<Output = F>>(
    text: &str,
    hexadecimal: impl Fn(u64, i64) -> F,
) -> Option<F> {
    let text = text.trim_matches(|c| c <= ' ');
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let number = unsigned
        .strip_suffix(['d', 'D', 'f', 'F'])
        .unwrap_or(unsigned);
    // Rust reads `inf` and `nan` in any case, and a second sign; Java does not.
    let plain = number
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let value = if matches!(unsigned, "NaN" | "Infinity") {
        unsigned.parse().ok()?
    } else if let Some(digits) = unsigned.strip_prefix("0x").or(unsigned.strip_prefix("0X")) {
        let (mantissa, exponent) = hexadecimal_parts(digits)?;
        hexadecimal(mantissa, exponent)
    } else if plain && !number.starts_with(['+', '-']) {
        number.parse().ok()?
    } else {
        return None;
    };
    Some(if negative { -value } else { value })
}

/// The mantissa and its power of two of what follows `0x`: `1.8p1`. Digits that no float can hold are folded into the
/// last bit, so that rounding still sees that they were there.
fn hexadecimal_parts(text: &str) -> Option<(u64, i64)> {
    let text = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let (digits, power) = text.split_once(['p', 'P'])?;
    let signed = power.strip_prefix(['+', '-']).unwrap_or(power);
    if signed.is_empty() || !signed.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let power = power.parse().unwrap_or(match power.starts_with('-') {
        true => -FAR,
        false => FAR,
    });
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut mantissa, mut exponent) = (0u64, power.clamp(-FAR, FAR));
    for c in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(c.to_digit(16)?);
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
        } else {
            mantissa |= u64::from(digit != 0);
            exponent += 4;
        }
    }
    Some((mantissa, exponent - 4 * fraction.len() as i64))
}

/// `mantissa * 2^exponent`, rounded once, half to even, to so many bits whose last is worth at least `2^least`.
fn scaled(mantissa: u64, exponent: i64, bits: i64, least: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let top = 64 - i64::from(mantissa.leading_zeros()) + exponent;
    let last = least.max(top - bits);
    let dropped = last - exponent;
    let rounded = match dropped {
        ..=0 => mantissa,
        1..=63 => {
            let (kept, rest) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1));
            let half = 1 << (dropped - 1);
            kept + u64::from(rest > half || rest == half && kept & 1 == 1)
        }
        64 => u64::from(mantissa > 1 << 63),
        _ => 0,
    };
    let exponent = exponent.max(last);
    // Two steps, each exact, for the power alone may be beyond what a double holds.
    let power = |e: i64| 2f64.powi(e.clamp(-2000, 2000) as i32);
    let near = exponent / 2;
    rounded as f64 * power(near) * power(exponent - near)
}

/// The value of a decimal digit of any script in the basic plane, as `Character.digit`.
pub fn decimal_digit(c: char) -> Option<u8> {
    if let Some(digit) = c.to_digit(10) {
        return Some(digit as u8);
    }
    // A Java `char` is 16 bits: digits beyond the basic plane are not digits to parseInt.
    let code = u16::try_from(u32::from(c)).ok()?;
    let zero = ZEROS[..ZEROS.partition_point(|&zero| zero <= code)].last()?;
    u8::try_from(code - zero).ok().filter(|&digit| digit < 10)
}

/// The digit zero of each script, ascending; its nine other digits follow it.
const ZEROS: [u16; 36] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// An exponent beyond every float, however many digits precede it.
const FAR: i64 = 1 << 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        assert_eq!(parse_integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_integer("9223372036854775808"), None);
        assert_eq!(parse_integer("+07"), Some(7));
        assert_eq!(parse_integer("\u{664}\u{ff12}"), Some(42));
        for bad in ["", "+", "-", "1 ", "0x1", "1_0", "\u{1d7d8}", "--1"] {
            assert_eq!(parse_integer(bad), None, "{bad}");
        }
    }

    #[test]
    fn hexadecimal_floats() {
        assert_eq!(parse_double("0x1.8p1"), Some(3.0));
        assert_eq!(parse_double(" -0X.8P-1d"), Some(-0.25));
        assert_eq!(parse_double("0x1p-1074"), Some(5e-324));
        assert_eq!(parse_double("0x1p-1075"), Some(0.0));
        assert_eq!(parse_double("0x1.8p-1075"), Some(5e-324));
        assert_eq!(parse_double("0x1.fffffffffffffp1023"), Some(f64::MAX));
        assert_eq!(parse_double("0x1.fffffffffffff8p1023"), Some(f64::INFINITY));
        assert_eq!(
            parse_double("0x1p99999999999999999999"),
            Some(f64::INFINITY)
        );
        assert_eq!(parse_double("0x0p99999999999999999999"), Some(0.0));
        assert_eq!(
            parse_double("0x10000000000000800000000000001p0"),
            Some(2f64.powi(112) * (1.0 + f64::EPSILON))
        );
        assert_eq!(parse_float("0x1.000001p0"), Some(1.0));
        assert_eq!(parse_float("0x1.0000011p0"), Some(1.000_000_1));
        assert_eq!(parse_float("0x1p-149"), Some(1e-45));
        assert_eq!(parse_float("0x1.ffffffp127"), Some(f32::INFINITY));
    }

    #[test]
    fn floats_are_rounded_once() {
        // Halfway between two floats but for a digit that a double cannot hold.
        assert_eq!(
            parse_float("1.00000017881393432617187499"),
            Some(1.000_000_1)
        );
        assert_eq!(
            parse_float("1.00000017881393432617187501"),
            Some(1.000_000_2)
        );
        assert_eq!(parse_float("1e39"), Some(f32::INFINITY));
    }

    #[test]
    fn doubles() {
        assert_eq!(parse_double("1."), Some(1.0));
        assert_eq!(parse_double("-.5e1f"), Some(-5.0));
        assert_eq!(parse_double("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse_double("+NaN").is_some_and(f64::is_nan));
        for bad in [
            "", "inf", "nan", "infinity", ".", "1dd", "0x1", "0xp1", "0x1p", "0x1.gp1", "+-1",
            "NaNf", "e5",
        ] {
            assert_eq!(parse_double(bad), None, "{bad}");
        }
    }
}
