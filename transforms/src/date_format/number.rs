//! Integers in text, as Java's number format for dates finds them.

use num_traits::ToPrimitive;

/// The number that a text begins with, cut to 32 bits as `Number.intValue`, and its length in bytes.
///
/// Digits of any script count, an exponent may follow, and `NaN` and `∞` are numbers too.
pub(super) fn read(text: &str) -> Option<(i32, usize)> {
    if let Some(plain) = read_plain(text.as_bytes()) {
        return Some(plain);
    }
    if text.starts_with("NaN") {
        return Some((0, 3));
    }
    let (negative, start) = match text.strip_prefix('-') {
        Some(_) => (true, 1),
        None => (false, 0),
    };
    if text[start..].starts_with('∞') {
        let value = if negative { i32::MIN } else { i32::MAX };
        return Some((value, start + '∞'.len_utf8()));
    }
    let (digits, mut length) = digits(&text[start..]);
    if length == 0 {
        return None;
    }
    length += start;
    let mut exponent = 0;
    if let Some(after) = text[length..].strip_prefix('E') {
        let sign = usize::from(after.starts_with('-'));
        let (power, taken) = self::digits(&after[sign..]);
        if taken > 0 {
            let power = match power.as_str() {
                "" => 0,
                power => power.parse().unwrap_or(i64::MAX).min(i64::from(i32::MAX)),
            };
            exponent = if sign == 1 { -power } else { power };
            length += 1 + sign + taken;
        }
    }
    Some((int_value(&digits, exponent, negative), length))
}

/// A few ASCII digits and nothing that could go on with them: what nearly every number is.
fn read_plain(text: &[u8]) -> Option<(i32, usize)> {
    let length = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..10).contains(&length)
        || text
            .get(length)
            .is_some_and(|b| *b == b'E' || !b.is_ascii())
    {
        return None;
    }
    let digits = text[..length].iter();
    let value = digits.fold(0, |value, b| value * 10 + i32::from(b - b'0'));
    Some((value, length))
}

/// The decimal digits that a text begins with, without leading zeros, and their length in bytes.
fn digits(text: &str) -> (String, usize) {
    let mut digits = String::new();
    let mut length = 0;
    for c in text.chars() {
        let Some(digit) = windlass_api::number::decimal_digit(c) else {
            break;
        };
        length += c.len_utf8();
        if digit != 0 || !digits.is_empty() {
            digits.push(char::from(b'0' + digit));
        }
    }
    (digits, length)
}

/// Java makes a long of what fits into one and is whole, whose low bits are then taken, and a double of the rest, which
/// stops at the ends of `int`.
fn int_value(digits: &str, exponent: i64, negative: bool) -> i32 {
    let significant = digits.trim_end_matches('0');
    let zeros = (digits.len() - significant.len()) as i64 + exponent;
    let sign = if negative { "-" } else { "" };
    if (0..20).contains(&zeros) || significant.is_empty() {
        let zeros = if significant.is_empty() {
            0
        } else {
            zeros as usize
        };
        let whole = format!("{sign}{significant}{:0<zeros$}", "");
        if significant.is_empty() {
            return 0;
        }
        if let Ok(long) = whole.parse::<i64>() {
            return long as i32;
        }
    }
    let double = format!("{sign}{significant}e{zeros}").parse::<f64>();
    let double = double.unwrap_or_default().trunc();
    double
        .to_i32()
        .unwrap_or(if negative { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, value, length) in [
            ("12:30", 12, 2),
            ("-5", -5, 2),
            ("007x", 7, 3),
            ("٤٢", 42, 4),
            ("12E1", 120, 4),
            ("12E-1", 1, 5),
            ("12E0", 12, 4),
            ("12Ex", 12, 2),
            ("12E-", 12, 2),
            ("4294967297", 1, 10),
            ("9223372036854775808", i32::MAX, 19),
            ("-9223372036854775809", i32::MIN, 20),
            ("0E99", 0, 4),
            ("1E99999999999", i32::MAX, 13),
            ("1E-99999999999", 0, 14),
            ("NaNny", 0, 3),
            ("-∞", i32::MIN, 4),
        ] {
            assert_eq!(read(text), Some((value, length)), "{text}");
        }
        for none in ["", "-", "+1", " 1", "x", "--1", ".5"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
