//! What a match is replaced by: the text given to Java's `Matcher.replaceFirst`.

use super::JavaRegex;
use crate::{ConnectError, ErrorKind, Result};

/// A replacement in Java's syntax: `$1` and `${name}` stand for groups, a backslash takes the next character as it is.
///
/// What is wrong with it shows when it is first used, as in Java.
#[derive(Clone, Debug)]
pub struct JavaReplacement(Result<Vec<Part>, String>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    /// The digits that follow a `$`: how many of them are meant depends on how many groups there are.
    Number(String),
    Name(String),
}

impl JavaReplacement {
    /// Reads a replacement.
    pub fn new(text: &str) -> Self {
        JavaReplacement(read(text))
    }

    /// Java's null, which cannot replace anything.
    pub fn null() -> Self {
        JavaReplacement(Err("replacement".to_owned()))
    }
}

impl JavaRegex {
    /// The text with the first match replaced, as `Matcher.replaceFirst`; the text as it is when nothing matches.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the replacement is malformed or names a group that there is not, and
    /// [`ErrorKind::Config`] when the pattern needs too many attempts on this text.
    pub fn replace_first(&self, text: &str, replacement: &JavaReplacement) -> Result<String> {
        let found = self
            .part
            .captures(text)
            .map_err(|error| self.gave_up(&error))?;
        let Some(groups) = found else {
            return Ok(text.to_owned());
        };
        let parts = replacement
            .0
            .as_ref()
            .map_err(|message| internal(message))?;
        let (start, end) = groups
            .get(0)
            .map_or((0, 0), |whole| (whole.start(), whole.end()));
        let mut out = text[..start].to_owned();
        for part in parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Number(digits) => {
                    let (number, rest) = number(digits, groups.len() - 1)?;
                    out.push_str(groups.get(number).map_or("", |group| group.as_str()));
                    out.push_str(rest);
                }
                Part::Name(name) => {
                    if !self
                        .part
                        .capture_names()
                        .flatten()
                        .any(|known| known == name)
                    {
                        return Err(internal(&format!("No group with name {{{name}}}")));
                    }
                    out.push_str(groups.name(name).map_or("", |group| group.as_str()));
                }
            }
        }
        out.push_str(&text[end..]);
        Ok(out)
    }
}

/// The number of the group meant by digits, which is the longest that there is but has at least one digit, and the
/// digits left over.
fn number(digits: &str, groups: usize) -> Result<(usize, &str)> {
    let digit = |b: u8| usize::from(b - b'0');
    let (mut number, mut taken) = (digit(digits.as_bytes()[0]), 1);
    if number > groups {
        return Err(internal(&format!("No group {number}")));
    }
    for b in digits.bytes().skip(1) {
        let longer = number * 10 + digit(b);
        if longer > groups {
            break;
        }
        (number, taken) = (longer, taken + 1);
    }
    Ok((number, &digits[taken..]))
}

fn read(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let escaped = rest
                    .chars()
                    .next()
                    .ok_or("character to be escaped is missing")?;
                plain.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
            '$' => {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                let (part, after) = reference(rest)?;
                parts.push(part);
                rest = after;
            }
            c => plain.push(c),
        }
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

/// What follows a `$`, and the text after it.
fn reference(text: &str) -> Result<(Part, &str), String> {
    let Some(named) = text.strip_prefix('{') else {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        return match digits {
            0 if text.is_empty() => {
                Err("Illegal group reference: group index is missing".to_owned())
            }
            0 => Err("Illegal group reference".to_owned()),
            _ => Ok((Part::Number(text[..digits].to_owned()), &text[digits..])),
        };
    };
    let length = named.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (name, after) = named.split_at(length);
    match after.strip_prefix('}') {
        Some(after) if !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) => {
            Ok((Part::Name(name.to_owned()), after))
        }
        Some(_) if !name.is_empty() => Err(format!(
            "capturing group name {{{name}}} starts with digit character"
        )),
        _ => Err("named capturing group is missing trailing '}'".to_owned()),
    }
}

fn internal(message: &str) -> ConnectError {
    ConnectError::new(ErrorKind::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, text: &str, replacement: &str) -> Result<String> {
        let regex = JavaRegex::new(pattern).unwrap();
        regex.replace_first(text, &JavaReplacement::new(replacement))
    }

    #[test]
    fn groups_are_put_in() {
        for (pattern, text, replacement, expected) in [
            ("(a)(b)?", "xacy", "[$1$2$0]", "x[aa]cy"),
            ("(?<one>a)", "ba", "${one}$12", "baa2"),
            ("(a)", "a", r"\$1\\$1", r"$1\a"),
            ("a|ab", "ab", "x", "xb"),
            ("z", "ab", "$9", "ab"),
            (
                "(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)",
                "abcdefghij",
                "$10-$11",
                "j-a1",
            ),
            ("é", "aéa", "ü$0", "aüéa"),
        ] {
            let found = replaced(pattern, text, replacement).unwrap();
            assert_eq!(found, expected, "{pattern} {replacement}");
        }
    }

    #[test]
    fn malformed_replacements_fail_when_something_matches() {
        for bad in [
            "$", "$x", "$2", r"a\", "${one", "${}", "${1a}", "${two}", "${o-e}",
        ] {
            let error = replaced("(?<one>a)", "a", bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal, "{bad}");
            assert_eq!(replaced("(?<one>a)", "b", bad).unwrap(), "b");
        }
    }
}
