//! Reading text by a pattern.

use super::DateFormat;
use super::builder::{Builder, Field};
use super::names::{ERAS, FULL_ERAS, HALVES, MONTHS, WEEKDAYS, short};
use super::number;
use super::pattern::{Item, Letter};
use super::scanner::{longest, starts_with_ignore_case};

/// The instant that the text begins with; `None` when it does not match.
pub(super) fn parse(format: &mut DateFormat, text: &str) -> Option<i64> {
    let items = std::mem::take(&mut format.items);
    let read = Reader::new(format, text).read(&items);
    format.items = items;
    let (mut builder, ambiguous_year) = read?;
    let millis = builder.millis(&format.zone)?;
    if ambiguous_year && millis < format.century_start {
        builder.add_years(100);
        return builder.millis(&format.zone);
    }
    Some(millis)
}

struct Reader<'a> {
    format: &'a mut DateFormat,
    text: &'a str,
    /// In bytes.
    at: usize,
    fields: Builder,
    /// Whether a year of two digits may belong to either end of the century.
    ambiguous_year: bool,
}

impl<'a> Reader<'a> {
    fn new(format: &'a mut DateFormat, text: &'a str) -> Self {
        Reader {
            format,
            text,
            at: 0,
            fields: Builder::default(),
            ambiguous_year: false,
        }
    }

    fn read(mut self, items: &[Item]) -> Option<(Builder, bool)> {
        for (i, item) in items.iter().enumerate() {
            match item {
                Item::Text(text) => {
                    if !self.text[self.at..].starts_with(text.as_str()) {
                        return None;
                    }
                    self.at += text.len();
                }
                Item::Field(letter, count) => {
                    let limited = match items.get(i + 1) {
                        Some(Item::Field(next, count)) => next.limits_digits(*count),
                        _ => false,
                    };
                    self.field(*letter, *count, limited)?;
                }
            }
        }
        // Java takes a match of nothing for none.
        (self.at > 0).then_some((self.fields, self.ambiguous_year))
    }

    fn field(&mut self, letter: Letter, count: usize, limited: bool) -> Option<()> {
        let start = self.at;
        self.at += self.text[start..]
            .bytes()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        if self.at == self.text.len() {
            return None;
        }
        match letter {
            Letter::Era => self.name(start, Field::Era, ERAS.into_iter().chain(FULL_ERAS), 2, 0),
            Letter::Half => self.name(start, Field::Half, HALVES, 2, 0),
            Letter::Weekday => {
                let all = WEEKDAYS.into_iter().chain(WEEKDAYS.map(short));
                self.name(start, Field::Weekday, all, 7, 1)
            }
            Letter::Month | Letter::StandaloneMonth if count > 2 => {
                let all = MONTHS.into_iter().chain(MONTHS.map(short));
                self.name(start, Field::Month, all, 12, 0)
            }
            Letter::ZoneName | Letter::ZoneNumber => self.zone(start),
            Letter::ZoneIso => self.iso_zone(count),
            _ => {
                let begin = self.at;
                let value = self.number(start, limited.then_some(count))?;
                self.set_number(letter, count, value, begin);
                Some(())
            }
        }
    }

    /// One of the names, which must stand where the field begins; blanks before it do not count.
    fn name(
        &mut self,
        start: usize,
        field: Field,
        names: impl IntoIterator<Item = &'static str>,
        modulus: usize,
        first: i32,
    ) -> Option<()> {
        let (index, length) = longest(&self.text[start..], names.into_iter().enumerate())?;
        self.at = start + length;
        self.fields.set(field, (index % modulus) as i32 + first);
        Some(())
    }

    /// A number, of no more than `limit` characters counted from where the field begins.
    fn number(&mut self, start: usize, limit: Option<usize>) -> Option<i32> {
        let end = match limit {
            Some(limit) => start + utf16_prefix(&self.text[start..], limit)?,
            None => self.text.len(),
        };
        let (value, length) = number::read(self.text.get(self.at..end)?)?;
        self.at += length;
        Some(value)
    }

    fn set_number(&mut self, letter: Letter, count: usize, value: i32, begin: usize) {
        let field = match letter {
            Letter::Year => return self.set_year(Field::Year, count, value, begin),
            Letter::WeekYear => return self.set_year(Field::WeekYear, count, value, begin),
            Letter::Month | Letter::StandaloneMonth => {
                return self.fields.set(Field::Month, value.wrapping_sub(1));
            }
            Letter::IsoWeekday => {
                let weekday = match value {
                    7 => 1,
                    1..=6 => value + 1,
                    _ => value,
                };
                return self.fields.set(Field::Weekday, weekday);
            }
            Letter::Hour1To24 => {
                return self
                    .fields
                    .set(Field::HourOfDay, if value == 24 { 0 } else { value });
            }
            Letter::Hour1To12 => {
                return self
                    .fields
                    .set(Field::Hour, if value == 12 { 0 } else { value });
            }
            Letter::Hour0To23 => Field::HourOfDay,
            Letter::Hour0To11 => Field::Hour,
            Letter::Minute => Field::Minute,
            Letter::Second => Field::Second,
            Letter::Milli => Field::Milli,
            Letter::DayOfYear => Field::DayOfYear,
            Letter::WeekdayInMonth => Field::WeekdayInMonth,
            Letter::WeekOfYear => Field::WeekOfYear,
            Letter::WeekOfMonth => Field::WeekOfMonth,
            _ => Field::Day,
        };
        self.fields.set(field, value);
    }

    /// Two digits, for up to two letters, are a year of the century that began 80 years ago.
    fn set_year(&mut self, field: Field, count: usize, mut value: i32, begin: usize) {
        let read = &self.text[begin..self.at];
        let digit = |c: char| windlass_api::number::decimal_digit(c).is_some();
        if count <= 2 && read.chars().count() == 2 && read.chars().all(digit) {
            let start_year = self.format.century_start_year();
            let ambiguous = start_year % 100;
            self.ambiguous_year = value == ambiguous;
            value += start_year / 100 * 100 + if value < ambiguous { 100 } else { 0 };
        }
        self.fields.set(field, value);
    }

    /// `+hhmm`, `GMT`, `GMT+hh:mm` or a name.
    fn zone(&mut self, start: usize) -> Option<()> {
        let rest = &self.text[self.at..];
        if let Some(sign) = sign(rest) {
            self.at += 1;
            return self.zone_number(sign, 0, false);
        }
        // Java looks for GMT before the blanks.
        if rest.starts_with(['G', 'g'])
            && let Some(length) = starts_with_ignore_case(&self.text[start..], "GMT")
        {
            self.at = start + length;
            return match sign(&self.text[self.at..]) {
                Some(sign) => {
                    self.at += 1;
                    self.zone_number(sign, 0, true)
                }
                None => {
                    self.set_offset(0);
                    Some(())
                }
            };
        }
        let found = self.format.zone.find(rest)?;
        self.at += found.length;
        self.format.zone = found.zone;
        if let Some(savings) = found.savings {
            self.fields.clear(Field::ZoneOffset);
            self.fields.set(Field::Savings, savings as i32);
        }
        Some(())
    }

    /// `Z`, or an offset of as many parts as there are letters.
    fn iso_zone(&mut self, count: usize) -> Option<()> {
        let rest = &self.text[self.at..];
        if rest.starts_with('Z') {
            self.at += 1;
            self.set_offset(0);
            return Some(());
        }
        let sign = sign(rest)?;
        self.at += 1;
        self.zone_number(sign, count, count == 3)
    }

    /// Hours and, unless there is one letter only, minutes; with a colon and no letters, hours may be of one digit.
    fn zone_number(&mut self, sign: i32, count: usize, colon: bool) -> Option<()> {
        let bytes = &self.text.as_bytes()[self.at..];
        let digit = |at: usize| {
            let byte = bytes.get(at).filter(|b| b.is_ascii_digit())?;
            Some(i32::from(byte - b'0'))
        };
        let mut hours = digit(0)?;
        let mut taken = 1;
        match digit(1) {
            Some(second) => {
                hours = hours * 10 + second;
                taken = 2;
            }
            // The character is looked at in any case.
            None if count > 0 || !colon || bytes.len() < 2 => return None,
            None => {}
        }
        if hours > 23 {
            return None;
        }
        let mut minutes = 0;
        if count != 1 {
            if colon {
                bytes.get(taken).filter(|b| **b == b':')?;
                taken += 1;
            }
            minutes = digit(taken)? * 10 + digit(taken + 1)?;
            taken += 2;
        }
        if minutes > 59 {
            return None;
        }
        self.at += taken;
        self.set_offset((hours * 60 + minutes) * 60_000 * sign);
        Some(())
    }

    fn set_offset(&mut self, millis: i32) {
        self.fields.set(Field::ZoneOffset, millis);
        self.fields.set(Field::Savings, 0);
    }
}

fn sign(text: &str) -> Option<i32> {
    match text.as_bytes().first()? {
        b'+' => Some(1),
        b'-' => Some(-1),
        _ => None,
    }
}

/// The bytes that so many UTF-16 units take; `None` when the text is shorter.
fn utf16_prefix(text: &str, units: usize) -> Option<usize> {
    let mut left = units;
    let mut bytes = 0;
    for c in text.chars() {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(c.len_utf16());
        bytes += c.len_utf8();
    }
    (left == 0).then_some(bytes)
}
