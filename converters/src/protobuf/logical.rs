//! Connect's logical types as the messages that stand for them.

use num_bigint::{BigInt, Sign};
use windlass_api::calendar::{Civil, MILLIS_PER_DAY, days_of};
use windlass_api::{ConnectError, Decimal, Logical, Result};

use super::wire::{BYTES, Cursor, ReadResult, VARINT, push_part, push_tag, push_varint};

/// The numbers of a message's first fields, as the messages of logical types have them.
type Numbers = [i64; 4];

/// Reads a day, a time of day or a point in time, in milliseconds since the epoch.
pub(super) fn read_date(logical: Logical, cursor: Cursor<'_>) -> ReadResult<i64> {
    let numbers = read_numbers(cursor)?;
    let millis = match logical {
        Logical::Date => day(numbers),
        Logical::Time => time_of_day(numbers),
        _ => instant(numbers),
    };
    millis.ok_or_else(|| {
        let [a, b, c, d] = numbers;
        Box::new(ConnectError::data(format!(
            "Invalid value for {logical:?}: expected fields in range, found {a}, {b}, {c}, {d}"
        )))
    })
}

/// Appends the fields of such a message.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the value has a part that the type has not.
pub(super) fn push_date(out: &mut Vec<u8>, logical: Logical, millis: i64) -> Result<()> {
    let in_day = millis.rem_euclid(MILLIS_PER_DAY);
    let numbers = match logical {
        Logical::Date if in_day != 0 => {
            return Err(ConnectError::data(
                "Kafka Connect Date type should not have any time fields set to non-zero values.",
            ));
        }
        Logical::Date => {
            let date = Civil::of(millis);
            [date.year, date.month.into(), date.day.into(), 0]
        }
        Logical::Time if !(0..=MILLIS_PER_DAY).contains(&millis) => {
            return Err(ConnectError::data(
                "Time values must use number of millis greater than 0 and less than 86400000",
            ));
        }
        Logical::Time => [
            in_day / 3_600_000,
            in_day / 60_000 % 60,
            in_day / 1000 % 60,
            in_day % 1000 * 1_000_000,
        ],
        _ => {
            let seconds = millis.div_euclid(1000);
            if !SECONDS.contains(&seconds) {
                return Err(ConnectError::data(format!(
                    "Timestamp is not valid: expected a year from 1 to 9999, found {millis} ms"
                )));
            }
            [seconds, millis.rem_euclid(1000) * 1_000_000, 0, 0]
        }
    };
    for (number, value) in (1..).zip(numbers) {
        if value != 0 {
            push_tag(out, number, VARINT);
            push_varint(out, value as u64);
        }
    }
    Ok(())
}

/// Reads a decimal.
pub(super) fn read_decimal(mut cursor: Cursor<'_>) -> ReadResult<Decimal> {
    let (mut unscaled, mut precision, mut scale) = (BigInt::ZERO, 0u32, 0i32);
    while !cursor.is_empty() {
        match cursor.tag()? {
            (1, BYTES) => {
                let digits = cursor.part()?;
                if digits.remaining() > MAX_DIGIT_BYTES {
                    return Err(digits.malformed("a decimal of at most 10000 bytes"));
                }
                unscaled = BigInt::from_signed_bytes_be(&digits.rest());
            }
            (2, VARINT) => precision = cursor.varint()? as u32,
            (3, VARINT) => scale = cursor.varint()? as i32,
            (number, wire_type) => cursor.skip(number, wire_type)?,
        }
    }
    rounded(Decimal { unscaled, scale }, precision)
        .ok_or_else(|| cursor.malformed("a decimal whose scale fits"))
}

/// Appends the fields of a decimal.
pub(super) fn push_decimal(out: &mut Vec<u8>, value: &Decimal) -> Result<()> {
    push_tag(out, 1, BYTES);
    push_part(out, |out| {
        out.extend_from_slice(&value.unscaled.to_signed_bytes_be());
        Ok::<_, ConnectError>(())
    })?;
    push_tag(out, 2, VARINT);
    push_varint(out, value.precision() as u64);
    if value.scale != 0 {
        push_tag(out, 3, VARINT);
        push_varint(out, i64::from(value.scale) as u64);
    }
    Ok(())
}

/// The decimal with at most so many digits, half rounded up; 0 for as many as there are.
fn rounded(value: Decimal, precision: u32) -> Option<Decimal> {
    let digits = value.precision();
    let surplus = digits.saturating_sub(precision as usize);
    if precision == 0 || surplus == 0 {
        return Some(value);
    }
    let surplus = u32::try_from(surplus).ok()?;
    let power = BigInt::from(10).pow(surplus);
    let half = &power / 2;
    let unscaled = match value.unscaled.sign() {
        Sign::Minus => (&value.unscaled - half) / &power,
        _ => (&value.unscaled + half) / &power,
    };
    let scale = value.scale.checked_sub(i32::try_from(surplus).ok()?)?;
    // Rounding 99.9 up gives a digit more.
    rounded(Decimal { unscaled, scale }, precision)
}

/// The fields 1 to 4, all of them integers.
fn read_numbers(mut cursor: Cursor<'_>) -> ReadResult<Numbers> {
    let mut numbers = [0; 4];
    while !cursor.is_empty() {
        match cursor.tag()? {
            (number @ 1..=4, VARINT) => numbers[number as usize - 1] = cursor.varint()? as i64,
            (number, wire_type) => cursor.skip(number, wire_type)?,
        }
    }
    Ok(numbers)
}

fn day([year, month, day, _]: Numbers) -> Option<i64> {
    let year = i64::from(i32::try_from(year).ok()?);
    let in_range = year >= 1 && (1..=12).contains(&month) && (1..=31).contains(&day);
    let days = days_of(year, month, in_range.then_some(day)?);
    let millis = days.checked_mul(MILLIS_PER_DAY)?;
    // The calendar is lenient; a date that it moves is none.
    (Civil::of(millis).day == day as u32).then_some(millis)
}

fn time_of_day([hours, minutes, seconds, nanos]: Numbers) -> Option<i64> {
    let in_range = (0..24).contains(&hours)
        && (0..60).contains(&minutes)
        && (0..60).contains(&seconds)
        && (0..1_000_000_000).contains(&nanos);
    in_range.then(|| ((hours * 60 + minutes) * 60 + seconds) * 1000 + nanos / 1_000_000)
}

fn instant([seconds, nanos, ..]: Numbers) -> Option<i64> {
    let in_range = SECONDS.contains(&seconds) && (0..1_000_000_000).contains(&nanos);
    in_range.then(|| seconds * 1000 + nanos / 1_000_000)
}

/// Counting the digits of a number takes the square of its length.
const MAX_DIGIT_BYTES: usize = 10_000;
/// Of the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_are_none_are_refused() {
        assert_eq!(day([2000, 2, 29, 0]), Some(11_016 * MILLIS_PER_DAY));
        assert_eq!(day([2023, 2, 29, 0]), None);
        assert_eq!(day([1582, 10, 10, 0]), None);
        assert_eq!(day([0, 1, 1, 0]), None);
    }

    #[test]
    fn decimals_round_half_up() {
        let rounded = |unscaled: i64, scale, precision| {
            let value = Decimal {
                unscaled: unscaled.into(),
                scale,
            };
            super::rounded(value, precision).unwrap().to_string()
        };
        assert_eq!(rounded(12_345, 2, 0), "123.45");
        assert_eq!(rounded(12_345, 2, 4), "123.5");
        assert_eq!(rounded(-12_345, 2, 4), "-123.5");
        assert_eq!(rounded(9_996, 2, 3), "100");
    }
}
