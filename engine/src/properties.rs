//! Java's `.properties` files.
//!
//! The dialect of `java.util.Properties.load`: comments with `#` and `!`, keys and values parted by `=`, `:` or white space,
//! lines continued by a backslash, escapes and `\uXXXX`. Java reads the bytes as Latin-1; UTF-8 is taken as such here when
//! the whole file is valid UTF-8, for that is what people who write beyond ASCII mean. The order of the file is kept and
//! the last of equal keys wins, as in Java.

use windlass_api::Props;

/// Reads the bytes of a `.properties` file.
///
/// # Errors
/// [`PropertiesError`] for a `\u` without four hexadecimal digits, the only text that Java refuses.
pub fn parse(bytes: &[u8]) -> Result<Props, PropertiesError> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    let mut props = Props::new();
    let mut lines = Lines {
        rest: &text,
        number: 0,
    };
    while let Some((number, line)) = lines.next_logical() {
        let (key, value) = split(&line);
        let (key, value) = (unescape(key, number)?, unescape(value, number)?);
        props.insert(key, Some(value));
    }
    Ok(props)
}

/// A `.properties` file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: malformed \\uxxxx encoding: expected four hexadecimal digits")]
pub struct PropertiesError {
    /// Where: the number of the line on which the entry begins, from 1.
    pub line: usize,
}

struct Lines<'t> {
    rest: &'t str,
    number: usize,
}

impl<'t> Lines<'t> {
    /// The next entry without comments, blank lines and the marks of continuation, and the line it begins on. A backslash
    /// before the end continues into nothing; alone it is no entry, where Java makes one without key and value of it.
    fn next_logical(&mut self) -> Option<(usize, String)> {
        let mut logical = String::new();
        let mut line = self.next_natural()?;
        let mut number = self.number;
        loop {
            let part = line.trim_start_matches(BLANKS);
            if logical.is_empty() {
                number = self.number;
                if part.is_empty() || part.starts_with(['#', '!']) {
                    line = self.next_natural()?;
                    continue;
                }
            }
            let Some(head) = continued(part) else {
                logical.push_str(part);
                return Some((number, logical));
            };
            logical.push_str(head);
            match self.next_natural() {
                Some(next) => line = next,
                None => return Some((number, logical)).filter(|(_, entry)| !entry.is_empty()),
            }
        }
    }

    fn next_natural(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        let tail = &self.rest[end..];
        self.rest = tail
            .strip_prefix("\r\n")
            .or_else(|| tail.get(1..))
            .unwrap_or_default();
        Some(line)
    }
}

/// The line without its last backslash, when that continues it: when an odd number of them ends it.
fn continued(line: &str) -> Option<&str> {
    let backslashes = line.bytes().rev().take_while(|&b| b == b'\\').count();
    (backslashes % 2 == 1).then(|| &line[..line.len() - 1])
}

/// Key and value, still escaped: the key ends at the first separator that is not escaped.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let separates = !escaped && (matches!(c, '=' | ':') || BLANKS.contains(&c));
        escaped = c == '\\' && !escaped;
        separates
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(BLANKS);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, value.trim_start_matches(BLANKS))
}

/// Replaces escapes. Halves of surrogate pairs that have no other half become U+FFFD, for text here is UTF-8.
fn unescape(text: &str, line: usize) -> Result<String, PropertiesError> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let mut push = |c: char| units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        if c != '\\' {
            push(c);
            continue;
        }
        match chars.next() {
            Some('t') => push('\t'),
            Some('r') => push('\r'),
            Some('n') => push('\n'),
            Some('f') => push('\x0c'),
            Some('u') => {
                let digits: Option<Vec<u32>> = (0..4).map(|_| chars.next()?.to_digit(16)).collect();
                let digits = digits.ok_or(PropertiesError { line })?;
                units.push(
                    digits
                        .iter()
                        .fold(0, |unit, &digit| unit << 4 | digit as u16),
                );
            }
            Some(other) => push(other),
            None => {}
        }
    }
    Ok(String::from_utf16_lossy(&units))
}

/// White space that may stand around keys.
const BLANKS: [char; 3] = [' ', '\t', '\x0c'];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let props = parse(text.as_bytes()).unwrap();
        props
            .into_iter()
            .map(|(key, value)| (key, value.unwrap()))
            .collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect();
        assert_eq!(read(text), expected, "{text:?}");
    }

    #[test]
    fn separators_and_comments() {
        check(
            "a=1\nb:2\nc 3\n d = 4 \ne\n",
            &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4 "), ("e", "")],
        );
        check("# x\n ! y=1\n\n\r\n\tz==1", &[("z", "=1")]);
        check("a : = b\rc\t=\td", &[("a", "= b"), ("c", "d")]);
        check("=v", &[("", "v")]);
        check("k=1\nk=2", &[("k", "2")]);
    }

    #[test]
    fn continuation() {
        check("a=1,\\\n   2,\\\r\n  3", &[("a", "1,2,3")]);
        check("a=1\\\\\nb=2", &[("a", "1\\"), ("b", "2")]);
        check("a\\\n=b", &[("a", "b")]);
        check("a=1\\\n# not a comment", &[("a", "1# not a comment")]);
        check("a=x\\", &[("a", "x")]);
        check("# comment \\\na=1", &[("a", "1")]);
        check("\\\n\\\n\na=1", &[("a", "1")]);
        check("a=1\n\\\n#b=2\nc=3", &[("a", "1"), ("c", "3")]);
        check("a=1\n\\\n", &[("a", "1")]);
        check("a=1\n\\\n ", &[("a", "1")]);
    }

    #[test]
    fn escapes() {
        check(r"a\ b\:\=c=\t\n\r\f\q\\", &[("a b:=c", "\t\n\r\x0cq\\")]);
        check(
            r"k=\u00e9\u4F60\ud83d\ude00",
            &[("k", "\u{e9}\u{4f60}\u{1f600}")],
        );
        check(r"k=\ud83d!", &[("k", "\u{fffd}!")]);
        assert_eq!(parse(b"a=1\nb=\\u12g4"), Err(PropertiesError { line: 2 }));
        assert_eq!(parse(b"a=\\u12"), Err(PropertiesError { line: 1 }));
    }

    #[test]
    fn charsets() {
        check("k=\u{e9}", &[("k", "\u{e9}")]);
        let latin = parse(b"k=\xe9").unwrap();
        assert_eq!(latin["k"].as_deref(), Some("\u{e9}"));
        check("\u{feff}k=v", &[("k", "v")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn plain_entries_come_back(entries: std::collections::BTreeMap<String, String>) {
            // Escaped as Java's `store` does: everything beyond letters and digits.
            let escape = |text: &str| -> String {
                text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
            };
            let file: String = entries.iter().map(|(k, v)| format!("{}={}\n", escape(k), escape(v))).collect();
            let read: std::collections::BTreeMap<String, String> =
                parse(file.as_bytes()).unwrap().into_iter().map(|(k, v)| (k, v.unwrap())).collect();
            let entries: std::collections::BTreeMap<_, _> = entries.into_iter().collect();
            prop_assert_eq!(read, entries);
        }
    }
}
