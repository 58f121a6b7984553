//! Numbers as Java's `parseInt`, `parseLong` and `parseDouble` read them.

/// `Long.parseLong`: an optional sign and decimal digits of any script in the basic plane.
pub(super) fn parse_integer(text: &str) -> Option<i64> {
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

/// `Double.parseDouble` without its hexadecimal form.
pub(super) fn parse_double(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c| c <= ' ');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned {
        "NaN" => return Some(f64::NAN),
        "Infinity" => {
            return Some(if text.starts_with('-') {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            });
        }
        _ => {}
    }
    let number = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    // Rust reads `inf` and `nan` in any case, Java does not.
    let plain = number
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if plain { number.parse().ok() } else { None }
}

fn decimal_digit(c: char) -> Option<u8> {
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
    fn doubles() {
        assert_eq!(parse_double("1."), Some(1.0));
        assert_eq!(parse_double("-.5e1f"), Some(-5.0));
        assert_eq!(parse_double("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse_double("+NaN").is_some_and(f64::is_nan));
        for bad in ["", "inf", "nan", "infinity", ".", "1dd", "0x1p3", "e5"] {
            assert_eq!(parse_double(bad), None, "{bad}");
        }
    }
}
