//! What a backslash introduces.

use super::Translated;
use super::translate::{LAST_LINE_END, Translator};

/// What an escape stands for.
pub(super) enum Escape {
    /// One character.
    Char(char),
    /// A set, as an item of a class.
    Set(String),
}

impl Translator {
    /// An escape outside a class.
    pub(super) fn escape(&mut self) -> Translated<()> {
        match self.pattern.get(self.at + 1).copied() {
            Some('b') if !self.pattern[self.at + 2..].starts_with(&['{', 'g']) => {
                self.emit(WORD_EDGE)
            }
            Some('B') => self.emit(NO_WORD_EDGE),
            Some('A') => self.emit(r"\A"),
            Some('z') => self.emit(r"\z"),
            Some('Z') => self.emit(LAST_LINE_END),
            Some('R') => self.emit(r"(?:\r\n|[\n-\r\x{85}\x{2028}\x{2029}])"),
            Some('k') => self.named_reference(),
            Some('1'..='9') => self.numbered_reference(),
            Some(c @ ('G' | 'X' | 'N' | 'b')) => self.error(format!("\\{c} is not supported")),
            _ => {
                match self.simple_escape()? {
                    Escape::Char(c) => self.literal(c),
                    Escape::Set(set) => self.out.push_str(&set),
                }
                Ok(())
            }
        }
    }

    fn emit(&mut self, translation: &str) -> Translated<()> {
        self.at += 2;
        self.out.push_str(translation);
        Ok(())
    }

    fn named_reference(&mut self) -> Translated<()> {
        self.at += 2;
        if self.pattern.get(self.at) != Some(&'<') {
            return self.error("\\k is not followed by '<' for named capturing group");
        }
        self.at += 1;
        let name = self.group_name()?;
        self.reference(&format!(r"\k<{name}>"))
    }

    /// As many digits as still name a group, at least one.
    fn numbered_reference(&mut self) -> Translated<()> {
        self.at += 1;
        let mut number = 0;
        while let Some(digit) = self.pattern.get(self.at).and_then(|c| c.to_digit(10)) {
            let longer = number * 10 + digit as usize;
            if number > 0 && longer > self.groups {
                break;
            }
            number = longer;
            self.at += 1;
        }
        self.reference(&format!(r"\{number}"))
    }

    fn reference(&mut self, reference: &str) -> Translated<()> {
        if self.flags.ignore_case {
            return self.error("A back reference that ignores case is not supported");
        }
        self.out.push_str(&format!("(?:{reference})"));
        Ok(())
    }

    /// An escape that means the same in a class and outside.
    pub(super) fn simple_escape(&mut self) -> Translated<Escape> {
        self.at += 1;
        let Some(&c) = self.pattern.get(self.at) else {
            return self.error("Unexpected internal error");
        };
        self.at += 1;
        let set = |text: &str| Ok(Escape::Set(text.to_owned()));
        match c {
            'd' => set("[0-9]"),
            'D' => set("[^0-9]"),
            'w' => set("[a-zA-Z_0-9]"),
            'W' => set("[^a-zA-Z_0-9]"),
            's' => set(r"[ \t\n\x0b\x0c\r]"),
            'S' => set(r"[^ \t\n\x0b\x0c\r]"),
            'h' => set(&format!("[{HORIZONTAL}]")),
            'H' => set(&format!("[^{HORIZONTAL}]")),
            'v' => set(&format!("[{VERTICAL}]")),
            'V' => set(&format!("[^{VERTICAL}]")),
            'p' => Ok(Escape::Set(self.property(false)?)),
            'P' => Ok(Escape::Set(self.property(true)?)),
            't' => Ok(Escape::Char('\t')),
            'n' => Ok(Escape::Char('\n')),
            'r' => Ok(Escape::Char('\r')),
            'f' => Ok(Escape::Char('\x0c')),
            'a' => Ok(Escape::Char('\x07')),
            'e' => Ok(Escape::Char('\x1b')),
            '0' => self.octal(),
            'x' => self.hexadecimal(),
            'u' => self.unicode(),
            'c' => {
                let control = self.pattern.get(self.at).copied().filter(char::is_ascii);
                self.at += 1;
                match control {
                    Some(c) => Ok(Escape::Char(char::from(c as u8 ^ 64))),
                    None => self.error("Illegal control escape sequence"),
                }
            }
            c if c.is_ascii_alphabetic() => self.error("Illegal/unsupported escape sequence"),
            c => Ok(Escape::Char(c)),
        }
    }

    /// `\0n`, `\0nn`, `\0mnn` with m up to 3.
    fn octal(&mut self) -> Translated<Escape> {
        let mut code = 0;
        let mut digits = 0;
        while let Some(digit) = self.pattern.get(self.at).and_then(|c| c.to_digit(8)) {
            if digits == 3 || (digits == 2 && code > 0o37) {
                break;
            }
            code = code * 8 + digit;
            digits += 1;
            self.at += 1;
        }
        if digits == 0 {
            self.error("Illegal octal escape sequence")
        } else {
            self.char(code)
        }
    }

    /// `\xhh` or `\x{h...}`.
    fn hexadecimal(&mut self) -> Translated<Escape> {
        if self.pattern.get(self.at) != Some(&'{') {
            return match self.hex(2) {
                Some(code) => self.char(code),
                None => self.error("Illegal hexadecimal escape sequence"),
            };
        }
        self.at += 1;
        let rest = &self.pattern[self.at..];
        let digits: String = rest.iter().take_while(|&&c| c != '}').take(9).collect();
        self.at += digits.chars().count() + 1;
        match u32::from_str_radix(&digits, 16) {
            Ok(code) => self.char(code),
            Err(_) => self.error("Illegal hexadecimal escape sequence"),
        }
    }

    /// `\uhhhh`, or two of them that are a surrogate pair.
    fn unicode(&mut self) -> Translated<Escape> {
        let Some(first) = self.hex(4) else {
            return self.error("Illegal Unicode escape sequence");
        };
        if (0xd800..0xdc00).contains(&first) && self.pattern[self.at..].starts_with(&['\\', 'u']) {
            let back = self.at;
            self.at += 2;
            match self.hex(4) {
                Some(second @ 0xdc00..0xe000) => {
                    return self.char(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
                }
                _ => self.at = back,
            }
        }
        self.char(first)
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let text: String = self
            .pattern
            .get(self.at..self.at + digits)?
            .iter()
            .collect();
        self.at += digits;
        if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(&text, 16).ok()
    }

    fn char(&self, code: u32) -> Translated<Escape> {
        match char::from_u32(code) {
            Some(c) => Ok(Escape::Char(c)),
            None => self.error("An unpaired surrogate or a code point too high is not supported"),
        }
    }
}

/// `\b`, between ASCII word characters and others as since Java 19.
pub(super) const WORD_EDGE: &str =
    "(?:(?<=[a-zA-Z_0-9])(?![a-zA-Z_0-9])|(?<![a-zA-Z_0-9])(?=[a-zA-Z_0-9]))";

/// `\B`
pub(super) const NO_WORD_EDGE: &str =
    "(?:(?<=[a-zA-Z_0-9])(?=[a-zA-Z_0-9])|(?<![a-zA-Z_0-9])(?![a-zA-Z_0-9]))";

/// `\h`
const HORIZONTAL: &str = r" \t\x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";

/// `\v`
const VERTICAL: &str = r"\n\x0b\x0c\r\x{85}\x{2028}\x{2029}";
