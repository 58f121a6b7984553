//! Dates as text in Java's dialect: `java.text.SimpleDateFormat` with the locale `en_US`.

mod builder;
mod fields;
mod names;
mod number;
mod parse;
mod pattern;
mod scanner;
mod zone;

use std::fmt::Write;

use windlass_api::number::PAIRS;
use windlass_api::{ConnectError, Result, wall_clock_millis};

use self::fields::Fields;
use self::names::{ERAS, HALVES, MONTHS, WEEKDAYS, short};
use self::pattern::{Item, Letter};
use self::zone::Zone;

/// A pattern of `SimpleDateFormat`: formats and, leniently, parses.
///
/// It begins in UTC. As in Java, parsing the name of a time zone makes that the zone of everything that follows.
#[derive(Clone, Debug)]
pub(crate) struct DateFormat {
    items: Vec<Item>,
    zone: Zone,
    /// Years of two digits lie in the century that begins here, 80 years ago: milliseconds since the epoch.
    century_start: i64,
}

impl DateFormat {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](windlass_api::ErrorKind::Internal), Java's `IllegalArgumentException`, for a letter that
    /// means nothing, an open quote, or more than three `X`.
    pub(crate) fn new(pattern: &str) -> Result<Self> {
        Ok(DateFormat {
            items: pattern::read(pattern)?,
            zone: Zone::utc(),
            century_start: fields::years_before(wall_clock_millis(), 80),
        })
    }

    /// Writes an instant, in milliseconds since the epoch.
    pub(crate) fn format(&self, millis: i64, out: &mut String) {
        let offset = self.zone.at(millis);
        let fields = Fields::of(millis.wrapping_add(offset.total()));
        for item in &self.items {
            match item {
                Item::Text(text) => out.push_str(text),
                Item::Field(letter, count) => {
                    // Writing to a string cannot fail.
                    let _ = self.format_field(*letter, *count, &fields, millis, out);
                }
            }
        }
    }

    /// The instant that a text begins with, in milliseconds since the epoch; what follows is not looked at.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the text does not match.
    pub(crate) fn parse(&mut self, text: &str) -> Result<i64> {
        parse::parse(self, text).ok_or_else(|| ConnectError::data("the text does not match"))
    }

    /// For how many milliseconds in a row, counted from the epoch, the text stays the same at least; for a pattern that
    /// is only used to format.
    pub(crate) fn period(&self) -> i64 {
        let period = |item: &Item| match item {
            Item::Field(Letter::Milli, _) => 1,
            Item::Field(Letter::Second, _) => 1000,
            Item::Field(Letter::Minute, _) => 60_000,
            Item::Field(
                Letter::Hour0To23
                | Letter::Hour1To24
                | Letter::Hour0To11
                | Letter::Hour1To12
                | Letter::Half,
                _,
            ) => 3_600_000,
            _ => 86_400_000,
        };
        self.items.iter().map(period).min().unwrap_or(86_400_000)
    }

    fn century_start_year(&self) -> i32 {
        Fields::of(self.century_start).year_of_era() as i32
    }

    fn format_field(
        &self,
        letter: Letter,
        count: usize,
        fields: &Fields,
        millis: i64,
        out: &mut String,
    ) -> std::fmt::Result {
        let named = |names: &[&'static str], index: usize| match count {
            ..4 => short(names[index]),
            _ => names[index],
        };
        let number = match letter {
            Letter::Era => {
                out.push_str(ERAS[usize::from(fields.is_after_christ())]);
                return Ok(());
            }
            Letter::Month | Letter::StandaloneMonth if count >= 3 => {
                out.push_str(named(&MONTHS, fields.month as usize - 1));
                return Ok(());
            }
            Letter::Weekday => {
                out.push_str(named(&WEEKDAYS, fields.weekday));
                return Ok(());
            }
            Letter::Half => {
                out.push_str(HALVES[usize::from(fields.hour >= 12)]);
                return Ok(());
            }
            Letter::ZoneName | Letter::ZoneNumber | Letter::ZoneIso => {
                return self.format_zone(letter, count, millis, out);
            }
            Letter::Year => fields.year_of_era(),
            Letter::WeekYear => fields.week_year(),
            Letter::Month | Letter::StandaloneMonth => i64::from(fields.month),
            Letter::Day => i64::from(fields.day),
            Letter::DayOfYear => fields.day_of_year(),
            Letter::WeekdayInMonth => fields.weekday_in_month(),
            Letter::IsoWeekday => (fields.weekday as i64 + 6) % 7 + 1,
            Letter::WeekOfYear => fields.week_of_year(),
            Letter::WeekOfMonth => fields.week_of_month(),
            Letter::Hour0To23 => fields.hour,
            Letter::Hour1To24 => (fields.hour + 23) % 24 + 1,
            Letter::Hour0To11 => fields.hour % 12,
            Letter::Hour1To12 => (fields.hour + 11) % 12 + 1,
            Letter::Minute => fields.minute,
            Letter::Second => fields.second,
            Letter::Milli => fields.milli,
        };
        if number < 0 {
            out.push('-');
        }
        let digits = match (letter, count) {
            (Letter::Year | Letter::WeekYear, 2) => number.unsigned_abs() % 100,
            _ => number.unsigned_abs(),
        };
        push_padded(out, digits, count);
        Ok(())
    }

    fn format_zone(
        &self,
        letter: Letter,
        count: usize,
        millis: i64,
        out: &mut String,
    ) -> std::fmt::Result {
        let offset = self.zone.at(millis);
        let minutes = offset.total() / 60_000;
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        match (letter, count) {
            (Letter::ZoneName, _) => {
                out.push_str(self.zone.name(offset.savings != 0, count >= 4));
                Ok(())
            }
            (Letter::ZoneNumber, _) => write!(out, "{sign}{hours:02}{rest:02}"),
            _ if offset.total() == 0 => out.write_char('Z'),
            (_, 1) => write!(out, "{sign}{hours:02}"),
            (_, 2) => write!(out, "{sign}{hours:02}{rest:02}"),
            _ => write!(out, "{sign}{hours:02}:{rest:02}"),
        }
    }
}

/// Appends a number of at least so many digits.
fn push_padded(out: &mut String, number: u64, width: usize) {
    let pair = |number: u64| &PAIRS[number as usize * 2..number as usize * 2 + 2];
    match (width, number) {
        (2, ..100) => return out.push_str(pair(number)),
        (3, ..1000) => {
            out.push_str(&pair(number / 100)[1..]);
            return out.push_str(pair(number % 100));
        }
        (4, ..10_000) => {
            out.push_str(pair(number / 100));
            return out.push_str(pair(number % 100));
        }
        _ => {}
    }
    let mut digits = [b'0'; 20];
    let (mut at, mut rest) = (digits.len(), number);
    while rest > 0 || at == digits.len() {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let length = digits.len() - at;
    out.extend(std::iter::repeat_n('0', width.saturating_sub(length)));
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

#[cfg(test)]
mod tests;
