//! Dates, times and timestamps as text, with the leniency of Java's `SimpleDateFormat`.

use std::fmt;

use crate::calendar::MILLIS_PER_DAY;
use crate::calendar::{Civil, days_of};
use crate::{SchemaAndValue, Value, date, time, timestamp};

/// A date as text: below one day after the epoch a time, at midnight a date, else a timestamp.
pub(super) struct Iso(pub(super) i64);

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = Civil::of(self.0);
        if self.0 >= MILLIS_PER_DAY {
            write!(
                f,
                "{:04}-{:02}-{:02}",
                civil.year_of_era(),
                civil.month,
                civil.day
            )?;
            if civil.millis == 0 {
                return Ok(());
            }
            f.write_str("T")?;
        }
        write!(f, "{}.{:03}Z", civil.clock(), civil.millis % 1000)
    }
}

/// The Time, Timestamp or Date that a text is. Its length decides which; what follows a match is not looked at.
pub(super) fn parse(text: &str) -> Option<SchemaAndValue> {
    // No text longer than this in bytes has few enough UTF-16 units.
    if text.len() > 4 * TIMESTAMP_LENGTH {
        return None;
    }
    let text = text.replace("\\:", ":");
    let mut scanner = Scanner { rest: &text };
    let (schema, millis) = match text.encode_utf16().count() {
        TIME_LENGTH => (time::schema(), scanner.time()?),
        TIMESTAMP_LENGTH => {
            let days = scanner.date()?;
            scanner.literal('T')?;
            (timestamp::schema(), days.wrapping_add(scanner.time()?))
        }
        DATE_LENGTH => (date::schema(), scanner.date()?),
        _ => return None,
    };
    Some(SchemaAndValue {
        schema: Some(schema),
        value: Value::Date(millis),
    })
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    /// `yyyy-MM-dd` in milliseconds since the epoch.
    fn date(&mut self) -> Option<i64> {
        let year = self.number()?;
        self.literal('-')?;
        let month = self.number()?;
        self.literal('-')?;
        let day = self.number()?;
        Some(days_of(year, month, day).wrapping_mul(MILLIS_PER_DAY))
    }

    /// `HH:mm:ss.SSS'Z'` in milliseconds since midnight.
    fn time(&mut self) -> Option<i64> {
        let hours = self.number()?;
        self.literal(':')?;
        let minutes = self.number()?;
        self.literal(':')?;
        let seconds = self.number()?;
        self.literal('.')?;
        let millis = self.number()?;
        self.literal('Z')?;
        Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
    }

    fn literal(&mut self, expected: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// Blanks, a sign, digits.
    fn number(&mut self) -> Option<i64> {
        let text = self.rest.trim_start_matches([' ', '\t']);
        let digits = text.strip_prefix('-').unwrap_or(text);
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return None;
        }
        let (number, rest) = text.split_at(text.len() - digits.len() + count);
        self.rest = rest;
        Some(match number.parse::<i64>() {
            Ok(long) => i64::from(long as i32),
            Err(_) if number.starts_with('-') => i64::from(i32::MIN),
            Err(_) => i64::from(i32::MAX),
        })
    }
}

const DATE_LENGTH: usize = 10;
const TIME_LENGTH: usize = 13;
const TIMESTAMP_LENGTH: usize = 24;
