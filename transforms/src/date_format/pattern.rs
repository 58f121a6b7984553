//! Reading patterns.

use windlass_api::{ConnectError, ErrorKind, Result};

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Text that stands for itself.
    Text(String),
    /// A field, and how many letters it has.
    Field(Letter, usize),
}

/// What a letter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    Era,
    Year,
    WeekYear,
    Month,
    StandaloneMonth,
    Day,
    DayOfYear,
    WeekOfYear,
    WeekOfMonth,
    WeekdayInMonth,
    Weekday,
    IsoWeekday,
    Half,
    Hour0To23,
    Hour1To24,
    Hour0To11,
    Hour1To12,
    Minute,
    Second,
    Milli,
    ZoneName,
    ZoneNumber,
    ZoneIso,
}

impl Letter {
    /// Whether a field of so many letters, following directly, limits the digits of the one before.
    pub(super) fn limits_digits(self, count: usize) -> bool {
        match self {
            Letter::Month | Letter::StandaloneMonth => count <= 2,
            Letter::Era
            | Letter::Weekday
            | Letter::Half
            | Letter::ZoneName
            | Letter::ZoneNumber
            | Letter::ZoneIso => false,
            _ => true,
        }
    }

    fn of(c: char) -> Option<Letter> {
        let known = LETTERS.iter().find(|(letter, _)| *letter == c);
        known.map(|(_, meaning)| *meaning)
    }
}

/// The parts of a pattern: runs of a letter are fields, what is between single quotes or is no letter is text, and two
/// quotes are one.
///
/// # Errors
/// [`ErrorKind::Internal`] for a letter without meaning, an open quote, or more than three `X`.
pub(super) fn read(pattern: &str) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut chars = pattern.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        if c == '\'' {
            if chars.next_if_eq(&'\'').is_some() {
                push_text(&mut items, c);
            } else {
                quoted = !quoted;
                // What stands on either side of a quote are two fields, even of the same letter.
                if let Some(Item::Field(..)) = items.last() {
                    items.push(Item::Text(String::new()));
                }
            }
        } else if quoted || !c.is_ascii_alphabetic() {
            push_text(&mut items, c);
        } else {
            let letter = Letter::of(c)
                .ok_or_else(|| illegal(pattern, &format!("Illegal pattern character '{c}'")))?;
            match items.last_mut() {
                Some(Item::Field(last, count)) if *last == letter => *count += 1,
                _ => items.push(Item::Field(letter, 1)),
            }
        }
    }
    if quoted {
        return Err(illegal(pattern, "Unterminated quote"));
    }
    let too_long = |item: &Item| matches!(item, Item::Field(Letter::ZoneIso, count) if *count > 3);
    if items.iter().any(too_long) {
        return Err(illegal(pattern, "invalid ISO 8601 format"));
    }
    items.retain(|item| !matches!(item, Item::Text(text) if text.is_empty()));
    Ok(items)
}

fn push_text(items: &mut Vec<Item>, c: char) {
    match items.last_mut() {
        Some(Item::Text(text)) => text.push(c),
        _ => items.push(Item::Text(c.into())),
    }
}

fn illegal(pattern: &str, what: &str) -> ConnectError {
    ConnectError::new(
        ErrorKind::Internal,
        format!("date pattern {pattern}: {what}"),
    )
}

const LETTERS: [(char, Letter); 23] = [
    ('G', Letter::Era),
    ('y', Letter::Year),
    ('Y', Letter::WeekYear),
    ('M', Letter::Month),
    ('L', Letter::StandaloneMonth),
    ('d', Letter::Day),
    ('D', Letter::DayOfYear),
    ('w', Letter::WeekOfYear),
    ('W', Letter::WeekOfMonth),
    ('F', Letter::WeekdayInMonth),
    ('E', Letter::Weekday),
    ('u', Letter::IsoWeekday),
    ('a', Letter::Half),
    ('H', Letter::Hour0To23),
    ('k', Letter::Hour1To24),
    ('K', Letter::Hour0To11),
    ('h', Letter::Hour1To12),
    ('m', Letter::Minute),
    ('s', Letter::Second),
    ('S', Letter::Milli),
    ('z', Letter::ZoneName),
    ('Z', Letter::ZoneNumber),
    ('X', Letter::ZoneIso),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_letters() {
        let text = |text: &str| Item::Text(text.to_owned());
        for (pattern, items) in [
            (
                "yy''yy",
                vec![
                    Item::Field(Letter::Year, 2),
                    text("'"),
                    Item::Field(Letter::Year, 2),
                ],
            ),
            ("'o''clock' 年", vec![text("o'clock 年")]),
            (
                "y'T'y",
                vec![
                    Item::Field(Letter::Year, 1),
                    text("T"),
                    Item::Field(Letter::Year, 1),
                ],
            ),
            ("", vec![]),
        ] {
            assert_eq!(read(pattern).unwrap(), items, "{pattern}");
        }
        for bad in ["b", "'", "y'", "XXXX", "T", "y'''", "I"] {
            let error = read(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal, "{bad}");
        }
    }
}
