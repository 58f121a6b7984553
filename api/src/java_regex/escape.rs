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
            // Another brace is that of a quantifier.
            Some('b') if self.pattern[self.at + 2..].starts_with(&['{', 'g']) => {
                if !self.pattern[self.at + 2..].starts_with(&['{', 'g', '}']) {
                    return self.error("Illegal/unsupported escape sequence");
                }
                self.at += 3;
                self.emit(GRAPHEME_EDGE)
            }
            Some('b') if self.flags.unicode_classes => self.emit(UNICODE_WORD_EDGE),
            Some('B') if self.flags.unicode_classes => self.emit(UNICODE_NO_WORD_EDGE),
            Some('b') => self.emit(WORD_EDGE),
            Some('B') => self.emit(NO_WORD_EDGE),
            // `\G` is where the last match ended; there is none before the first.
            Some('A' | 'G') => self.emit(r"\A"),
            Some('X') => self.emit(GRAPHEME),
            Some('z') => self.emit(r"\z"),
            Some('Z') => self.emit(LAST_LINE_END),
            Some('R') => self.emit(r"(?:\r\n|[\n-\r\x{85}\x{2028}\x{2029}])"),
            Some('k') => self.named_reference(),
            Some('1'..='9') => self.numbered_reference(),
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
        let text = match self.flags.ignore_case {
            true => format!("(?i:(?:{reference}))"),
            false => format!("(?:{reference})"),
        };
        self.out.push_str(&text);
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
        let unicode = self.flags.unicode_classes;
        match c {
            'd' if unicode => set(r"\p{Nd}"),
            'D' if unicode => set(r"\P{Nd}"),
            'w' if unicode => set(&format!("[{UNICODE_WORD}]")),
            'W' if unicode => set(&format!("[^{UNICODE_WORD}]")),
            's' if unicode => set(r"\p{White_Space}"),
            'S' if unicode => set(r"\P{White_Space}"),
            'N' => self.named_character(),
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

    /// `\N{LATIN SMALL LETTER A}`, of the characters in ASCII.
    fn named_character(&mut self) -> Translated<Escape> {
        let rest = &self.pattern[self.at..];
        let end = rest.iter().position(|&c| c == '}');
        let Some(end) = end.filter(|_| rest.first() == Some(&'{')) else {
            return self.error("Illegal character name escape sequence");
        };
        let name: String = rest[1..end].iter().collect();
        self.at += end + 1;
        match character(&name.trim().to_ascii_uppercase()) {
            Some(c) => Ok(Escape::Char(c)),
            None => self.error(format!("Unknown character name [{name}]")),
        }
    }

    fn char(&self, code: u32) -> Translated<Escape> {
        match char::from_u32(code) {
            Some(c) => Ok(Escape::Char(c)),
            None => self.error("An unpaired surrogate or a code point too high is not supported"),
        }
    }
}

/// The ASCII character of a Unicode name.
fn character(name: &str) -> Option<char> {
    let letter = |prefix: &str| {
        let mut letters = name.strip_prefix(prefix)?.chars();
        let letter = letters.next().filter(char::is_ascii_uppercase)?;
        letters.next().is_none().then_some(letter)
    };
    if let Some(capital) = letter("LATIN CAPITAL LETTER ") {
        return Some(capital);
    }
    if let Some(capital) = letter("LATIN SMALL LETTER ") {
        return Some(capital.to_ascii_lowercase());
    }
    let mut names = CHARACTER_NAMES.iter();
    names.find(|(_, known)| *known == name).map(|(c, _)| *c)
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

/// `\w` with the flag U.
const UNICODE_WORD: &str = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}";

/// `\b` with the flag U.
pub(super) const UNICODE_WORD_EDGE: &str = r"(?:(?<=[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}])(?![\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}])|(?<![\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}])(?=[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]))";

/// `\B` with the flag U.
pub(super) const UNICODE_NO_WORD_EDGE: &str = r"(?:(?<=[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}])(?=[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}])|(?<![\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}])(?![\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]))";

/// `\X`: an extended grapheme cluster (Unicode annex 29).
const GRAPHEME: &str = r"(?>\r\n|\p{gcb=CN}|\r|\n|\p{gcb=PP}*(?:\p{gcb=RI}\p{gcb=RI}|\p{gcb=L}*(?:\p{gcb=V}+|\p{gcb=LV}\p{gcb=V}*|\p{gcb=LVT})\p{gcb=T}*|\p{gcb=L}+|\p{gcb=T}+|\p{Extended_Pictographic}(?:\p{gcb=EX}*\p{gcb=ZWJ}\p{Extended_Pictographic})*|[^\r\n\p{gcb=CN}])[\p{gcb=EX}\p{gcb=ZWJ}\p{gcb=SM}]*|\p{gcb=PP})";

/// `\b{g}`: between such clusters, but for runs of more than two regional indicators.
pub(super) const GRAPHEME_EDGE: &str = r"(?:\A|\z|(?<=[\p{gcb=CN}\r\n])(?!(?<=\r)\n)|(?=[\p{gcb=CN}\r\n])(?!(?<=\r)\n)|(?<![\p{gcb=CN}\r\n\p{gcb=PP}])(?![\p{gcb=CN}\r\n\p{gcb=EX}\p{gcb=ZWJ}\p{gcb=SM}])(?!(?<=\p{gcb=L})[\p{gcb=L}\p{gcb=V}\p{gcb=LV}\p{gcb=LVT}])(?!(?<=[\p{gcb=LV}\p{gcb=V}])[\p{gcb=V}\p{gcb=T}])(?!(?<=[\p{gcb=LVT}\p{gcb=T}])\p{gcb=T})(?!(?<=\p{gcb=ZWJ})\p{Extended_Pictographic})(?!(?<=\p{gcb=RI})\p{gcb=RI}))";

/// The names of what is no letter in ASCII.
const CHARACTER_NAMES: [(char, &str); 43] = [
    (' ', "SPACE"),
    ('!', "EXCLAMATION MARK"),
    ('"', "QUOTATION MARK"),
    ('#', "NUMBER SIGN"),
    ('$', "DOLLAR SIGN"),
    ('%', "PERCENT SIGN"),
    ('&', "AMPERSAND"),
    ('\'', "APOSTROPHE"),
    ('(', "LEFT PARENTHESIS"),
    (')', "RIGHT PARENTHESIS"),
    ('*', "ASTERISK"),
    ('+', "PLUS SIGN"),
    (',', "COMMA"),
    ('-', "HYPHEN-MINUS"),
    ('.', "FULL STOP"),
    ('/', "SOLIDUS"),
    ('0', "DIGIT ZERO"),
    ('1', "DIGIT ONE"),
    ('2', "DIGIT TWO"),
    ('3', "DIGIT THREE"),
    ('4', "DIGIT FOUR"),
    ('5', "DIGIT FIVE"),
    ('6', "DIGIT SIX"),
    ('7', "DIGIT SEVEN"),
    ('8', "DIGIT EIGHT"),
    ('9', "DIGIT NINE"),
    (':', "COLON"),
    (';', "SEMICOLON"),
    ('<', "LESS-THAN SIGN"),
    ('=', "EQUALS SIGN"),
    ('>', "GREATER-THAN SIGN"),
    ('?', "QUESTION MARK"),
    ('@', "COMMERCIAL AT"),
    ('[', "LEFT SQUARE BRACKET"),
    ('\\', "REVERSE SOLIDUS"),
    (']', "RIGHT SQUARE BRACKET"),
    ('^', "CIRCUMFLEX ACCENT"),
    ('_', "LOW LINE"),
    ('`', "GRAVE ACCENT"),
    ('{', "LEFT CURLY BRACKET"),
    ('|', "VERTICAL LINE"),
    ('}', "RIGHT CURLY BRACKET"),
    ('~', "TILDE"),
];
