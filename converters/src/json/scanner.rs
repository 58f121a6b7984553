//! The tokens of a JSON text, as strict and as lenient as Jackson in Java's JsonConverter: numbers may have leading
//! zeros, nothing else is bent.

use std::ops::Range;

use bytes::Bytes;
use windlass_api::Text;

use super::error::{self, ReadResult};
use super::number::{Form, Number};
use super::plain::end_of_plain;
use windlass_api::short::strip_prefix;

/// Reads tokens off a text.
pub(crate) struct Scanner<'a> {
    /// What strings are slices of.
    source: &'a Bytes,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

/// What kind of value begins, by its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
    /// There is no value: the text is empty.
    Missing,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a Text) -> Self {
        Scanner {
            source: text.as_bytes(),
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth: 0,
        }
    }

    /// A scanner of a part of the source that begins with a value inside others.
    pub(crate) fn inside(source: &'a Bytes, part: &'a str) -> Self {
        Scanner {
            source,
            text: part,
            bytes: part.as_bytes(),
            at: 0,
            depth: 1,
        }
    }

    /// The position in bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Goes on from a position where a value begins that is inside others.
    pub(crate) fn seek_inside(&mut self, at: usize) {
        self.at = at;
        self.depth = 1;
    }

    /// Goes back to a position where a value begins that was read since.
    pub(crate) fn rewind(&mut self, at: usize) {
        self.at = at;
    }

    /// The kind of the value that begins here, blanks skipped.
    pub(crate) fn peek(&mut self) -> ReadResult<Kind> {
        self.skip_blanks();
        Ok(match self.bytes.get(self.at) {
            Some(b'"') => Kind::String,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') => Kind::Null,
            None => Kind::Missing,
            Some(_) => return Err(self.expected("a value")),
        })
    }

    /// Reads `null`.
    pub(crate) fn null(&mut self) -> ReadResult<()> {
        self.word(b"null")
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&mut self) -> ReadResult<bool> {
        let value = self.bytes[self.at] == b't';
        self.word(if value { b"true" } else { b"false" })?;
        Ok(value)
    }

    /// Reads a number.
    pub(crate) fn number(&mut self) -> ReadResult<Number<'a>> {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        let digits_at = self.at;
        let magnitude = self.digits()?;
        let digits = self.at - digits_at;
        let mut form = Form::Integer;
        if self.bytes.get(self.at) == Some(&b'.') {
            form = Form::Fraction;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            form = Form::Exponent;
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        if self.depth == 0
            && !matches!(
                self.bytes.get(self.at),
                None | Some(b' ' | b'\t' | b'\r' | b'\n')
            )
        {
            return Err(self.expected("a blank after the number"));
        }
        if self.at - start > MAX_NUMBER_LENGTH {
            return Err(self.expected("a shorter number"));
        }
        let is_small = form == Form::Integer && digits <= SMALL_DIGITS;
        let sign = if digits_at > start { -1 } else { 1 };
        let small = is_small.then(|| magnitude * sign);
        Number::new(&self.text[start..self.at], form, small)
            .ok_or_else(|| self.expected("an exponent in range"))
    }

    /// Reads a string; without escapes it is a slice of the text.
    pub(crate) fn string(&mut self) -> ReadResult<Text> {
        let start = self.at + 1;
        let end = end_of_plain(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Text::shared(self.source, &self.text[start..end]));
        }
        self.escaped_string(start, end).map(Text::from)
    }

    /// Enters an array or object: reads its first character.
    pub(crate) fn enter(&mut self) -> ReadResult<()> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(self.expected("at most 1000 levels"))
        } else {
            Ok(())
        }
    }

    /// Goes to the next element of an array, of which `first` says whether there was none yet; false at its end.
    pub(crate) fn next_element(&mut self, first: bool) -> ReadResult<bool> {
        self.next_in(first, b']', "',' or ']'")
    }

    /// Whether the object that the value was in ends here.
    pub(crate) fn ends_object(&mut self) -> bool {
        self.skip_blanks();
        self.bytes.get(self.at) == Some(&b'}')
    }

    /// Goes to the next key of an object and reads it and its colon; `None` at its end.
    pub(crate) fn next_key(&mut self, first: bool) -> ReadResult<Option<Text>> {
        if !self.next_in(first, b'}', "',' or '}'")? {
            return Ok(None);
        }
        self.begin_key()?;
        let key = self.string()?;
        self.end_key(key.len())?;
        Ok(Some(key))
    }

    /// As [`next_key`](Self::next_key), but the key is only compared where it is the one `expected` next, which is
    /// then `Ok(Some(None))`.
    pub(crate) fn next_key_or(
        &mut self,
        first: bool,
        expected: Option<&[u8]>,
    ) -> ReadResult<Option<Option<Text>>> {
        if !self.next_in(first, b'}', "',' or '}'")? {
            return Ok(None);
        }
        self.begin_key()?;
        if let Some(expected) = expected
            && let Some(rest) = strip_prefix(&self.bytes[self.at + 1..], expected)
            && rest.starts_with(b"\":")
            && end_of_plain(expected, 0) == expected.len()
        {
            self.at = self.bytes.len() - rest.len() + 2;
            return Ok(Some(None));
        }
        let key = self.string()?;
        self.end_key(key.len())?;
        Ok(Some(Some(key)))
    }

    /// Reads over a value of any kind.
    pub(crate) fn skip(&mut self) -> ReadResult<()> {
        match self.peek()? {
            Kind::Null => self.null(),
            Kind::Boolean => self.boolean().map(|_| ()),
            Kind::Number => self.number().map(|_| ()),
            Kind::String => self.skip_string(),
            Kind::Array => {
                self.enter()?;
                let mut first = true;
                while self.next_element(first)? {
                    self.skip()?;
                    first = false;
                }
                Ok(())
            }
            Kind::Object => {
                self.enter()?;
                let mut first = true;
                while self.next_in(first, b'}', "',' or '}'")? {
                    self.begin_key()?;
                    self.skip_string()?;
                    self.end_key(0)?;
                    self.skip()?;
                    first = false;
                }
                Ok(())
            }
            Kind::Missing => Err(self.expected("a value")),
        }
    }

    /// An error at this position.
    #[cold]
    pub(crate) fn expected(&self, what: &str) -> Box<windlass_api::ConnectError> {
        error::syntax(self.at, what)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn next_in(&mut self, first: bool, end: u8, expected: &str) -> ReadResult<bool> {
        self.skip_blanks();
        match self.bytes.get(self.at) {
            Some(&b) if b == end => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => Err(self.expected(expected)),
        }
    }

    fn begin_key(&mut self) -> ReadResult<()> {
        self.skip_blanks();
        if self.bytes.get(self.at) == Some(&b'"') {
            Ok(())
        } else {
            Err(self.expected("a key"))
        }
    }

    fn end_key(&mut self, length: usize) -> ReadResult<()> {
        if length > MAX_NAME_LENGTH {
            return Err(self.expected("a shorter key"));
        }
        self.skip_blanks();
        if self.bytes.get(self.at) != Some(&b':') {
            return Err(self.expected("':'"));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> ReadResult<()> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.expected("null, true or false"));
        }
        self.at += word.len();
        match self.text[self.at..].chars().next() {
            Some(c) if c.is_alphanumeric() || c == '_' || c == '$' => {
                Err(self.expected("the end of a word"))
            }
            _ => Ok(()),
        }
    }

    /// Reads digits: the number that they are, if there are no more than [`SMALL_DIGITS`].
    fn digits(&mut self) -> ReadResult<i64> {
        let start = self.at;
        let mut number = 0i64;
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(self.at) {
            number = number
                .wrapping_mul(10)
                .wrapping_add(i64::from(digit - b'0'));
            self.at += 1;
        }
        if self.at == start {
            Err(self.expected("a digit"))
        } else {
            Ok(number)
        }
    }

    fn skip_string(&mut self) -> ReadResult<()> {
        let start = self.at + 1;
        let end = end_of_plain(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(());
        }
        self.escaped_string(start, end).map(|_| ())
    }

    /// Reads a string whose first escape, or whatever else ends its plain beginning, stands at `end`.
    fn escaped_string(&mut self, start: usize, end: usize) -> ReadResult<String> {
        let mut content = String::from(&self.text[start..end]);
        self.at = end;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(content);
                }
                Some(b'\\') => content.push(self.escape()?),
                _ => return Err(self.expected("the end of the string")),
            }
            let plain_end = end_of_plain(self.bytes, self.at);
            content.push_str(&self.text[self.at..plain_end]);
            self.at = plain_end;
        }
    }

    /// Reads an escape. Half of a surrogate pair becomes U+FFFD: text cannot hold it.
    fn escape(&mut self) -> ReadResult<char> {
        let code = self.bytes.get(self.at + 1).copied();
        self.at += 2;
        Ok(match code {
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.hex()?;
                if (0xD800..0xDC00).contains(&unit) && self.bytes[self.at..].starts_with(b"\\u") {
                    let low_at = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xDC00..0xE000).contains(&low) {
                        let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                        return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = low_at;
                }
                char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => {
                self.at -= 2;
                return Err(self.expected("an escape"));
            }
        })
    }

    fn hex(&mut self) -> ReadResult<u32> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        let unit = digits.iter().try_fold(0u32, |unit, b| {
            Some(unit << 4 | char::from(*b).to_digit(16)?)
        });
        match unit {
            Some(unit) if digits.len() == 4 => {
                self.at += 4;
                Ok(unit)
            }
            _ => Err(self.expected("four hexadecimal digits")),
        }
    }
}

/// The content of a string at `start` that has no escapes and is followed by nothing but `closing`.
pub(crate) fn whole_string(bytes: &[u8], start: usize, closing: &[u8]) -> Option<Range<usize>> {
    let content = start + 1;
    let end = end_of_plain(bytes, content.min(bytes.len()));
    let is_whole = bytes.get(start) == Some(&b'"')
        && bytes.get(end) == Some(&b'"')
        && &bytes[end + 1..] == closing;
    is_whole.then_some(content..end)
}

/// So many fit into 64 bits, whatever they are.
const SMALL_DIGITS: usize = 18;

/// As Jackson's `StreamReadConstraints`.
const MAX_DEPTH: usize = 1000;
const MAX_NUMBER_LENGTH: usize = 1000;
const MAX_NAME_LENGTH: usize = 50_000;
