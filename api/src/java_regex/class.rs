//! Character classes.

use super::escape::Escape;
use super::translate::Translator;
use super::{PatternError, Translated};

impl Translator {
    /// A class with its unions, intersections and negations. The cursor stands on its `[`.
    pub(super) fn class(&mut self) -> Translated<()> {
        let mut text = String::new();
        self.class_into(&mut text)?;
        if self.flags.ignore_case && self.flags.unicode_case {
            text = format!("(?i:{text})");
        }
        self.out.push_str(&text);
        Ok(())
    }

    fn class_into(&mut self, out: &mut String) -> Translated<()> {
        self.enter()?;
        self.at += 1;
        out.push('[');
        if self.pattern.get(self.at) == Some(&'^') {
            self.at += 1;
            out.push('^');
        }
        // A `]` closes only what has something in it.
        let mut empty = true;
        loop {
            match self.peek() {
                None => {
                    let last = self.pattern.len().saturating_sub(1);
                    return Err(PatternError::new("Unclosed character class", last));
                }
                Some(']') if !empty => break,
                Some('[') => self.class_into(out)?,
                Some('&') if self.pattern.get(self.at + 1) == Some(&'&') => {
                    self.at += 2;
                    while self.pattern.get(self.at) == Some(&'&') {
                        self.at += 1;
                    }
                    match self.peek() {
                        Some(']') | None => return self.error("Bad class syntax"),
                        // Nothing on the left does not count.
                        _ if empty => continue,
                        _ => out.push_str("&&"),
                    }
                }
                Some('\\') if self.pattern.get(self.at + 1) == Some(&'Q') => self.quoted_items(out),
                Some('\\') if self.pattern.get(self.at + 1) == Some(&'E') => {
                    self.at += 2;
                    continue;
                }
                Some(_) => self.item(out)?,
            }
            empty = false;
        }
        self.at += 1;
        self.depth -= 1;
        out.push(']');
        Ok(())
    }

    fn quoted_items(&mut self, out: &mut String) {
        self.at += 2;
        while let Some(&c) = self.pattern.get(self.at) {
            if self.pattern[self.at..].starts_with(&['\\', 'E']) {
                self.at += 2;
                return;
            }
            self.at += 1;
            self.range(c, c, out);
        }
    }

    /// A character, a range or a predefined set.
    fn item(&mut self, out: &mut String) -> Translated<()> {
        let first = match self.class_char()? {
            Escape::Char(c) => c,
            Escape::Set(set) => {
                out.push_str(&set);
                return Ok(());
            }
        };
        let after = self.pattern.get(self.at + 1).copied();
        if self.peek() != Some('-') || matches!(after, None | Some('[' | ']')) {
            self.range(first, first, out);
            return Ok(());
        }
        self.at += 1;
        match self.class_char()? {
            Escape::Char(last) if first <= last => {
                self.range(first, last, out);
                Ok(())
            }
            _ => self.error("Illegal character range"),
        }
    }

    fn class_char(&mut self) -> Translated<Escape> {
        match self.peek() {
            Some('\\') => self.simple_escape(),
            _ => match self.next() {
                Some(c) => Ok(Escape::Char(c)),
                None => self.error("Unclosed character class"),
            },
        }
    }

    /// A range, with the other case of its ASCII letters when case is ignored.
    fn range(&self, first: char, last: char, out: &mut String) {
        let mut push =
            |first: u32, last: u32| out.push_str(&format!(r"\x{{{first:x}}}-\x{{{last:x}}}"));
        let (first, last) = (u32::from(first), u32::from(last));
        push(first, last);
        if self.flags.ignore_case {
            let letters = [
                (u32::from(b'a'), u32::from(b'z'), -32i32),
                (u32::from(b'A'), u32::from(b'Z'), 32),
            ];
            for (a, z, shift) in letters {
                let (low, high) = (first.max(a), last.min(z));
                if low <= high {
                    push(
                        low.wrapping_add_signed(shift),
                        high.wrapping_add_signed(shift),
                    );
                }
            }
        }
    }
}
