//! Sequences, groups and quantifiers.

use super::escape::{
    GRAPHEME_EDGE, NO_WORD_EDGE, UNICODE_NO_WORD_EDGE, UNICODE_WORD_EDGE, WORD_EDGE,
};
use super::{PatternError, Translated};

/// The pattern in the syntax of `fancy_regex`.
pub(super) fn translate(pattern: &str) -> Translated<String> {
    let mut translator = Translator {
        pattern: pattern.chars().collect(),
        at: 0,
        out: String::new(),
        flags: Flags::default(),
        groups: 0,
        names: Vec::new(),
        depth: 0,
    };
    translator.alternatives()?;
    if translator.peek().is_some() {
        // Java's index here is that of the character before.
        return Err(PatternError::new(
            "Unmatched closing ')'",
            translator.at.saturating_sub(1),
        ));
    }
    // A reference to a group that there is not matches nothing in Java.
    let missing = (translator.groups + 1..=9).map(|number| format!(r"(?:\{number})"));
    Ok(missing.fold(translator.out, |out, reference| {
        out.replace(&reference, NOTHING)
    }))
}

/// The inline flags in force.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    pub(super) unicode_case: bool,
    pub(super) comments: bool,
    /// Predefined and POSIX classes are those of Unicode.
    pub(super) unicode_classes: bool,
    dot_all: bool,
    multi_line: bool,
    unix_lines: bool,
}

pub(super) struct Translator {
    pub(super) pattern: Vec<char>,
    pub(super) at: usize,
    pub(super) out: String,
    pub(super) flags: Flags,
    /// How many capturing groups were opened.
    pub(super) groups: usize,
    names: Vec<String>,
    pub(super) depth: usize,
}

impl Translator {
    /// The next character that means something; in comments mode white space and comments do not.
    pub(super) fn peek(&mut self) -> Option<char> {
        while self.flags.comments {
            match self.pattern.get(self.at) {
                Some(' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r') => self.at += 1,
                Some('#') => {
                    let rest = &self.pattern[self.at..];
                    let comment = rest
                        .iter()
                        .position(|c| LINE_ENDS.contains(c))
                        .unwrap_or(rest.len());
                    self.at += comment;
                }
                _ => break,
            }
        }
        self.pattern.get(self.at).copied()
    }

    /// Takes the next character.
    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub(super) fn error<T>(&self, what: impl Into<String>) -> Translated<T> {
        Err(PatternError::new(what, self.at))
    }

    /// Enters a group or class; the depth is bounded for the stack's sake.
    pub(super) fn enter(&mut self) -> Translated<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.error("Pattern is nested too deeply")
        } else {
            Ok(())
        }
    }

    fn alternatives(&mut self) -> Translated<()> {
        loop {
            self.sequence()?;
            if !self.eat('|') {
                return Ok(());
            }
            self.out.push('|');
        }
    }

    fn sequence(&mut self) -> Translated<()> {
        while let Some(c) = self.peek() {
            let start = self.out.len();
            match c {
                '|' | ')' => return Ok(()),
                '*' | '+' | '?' => return self.error(format!("Dangling meta character '{c}'")),
                // Java repeats the nothing before it.
                '{' => {}
                '(' => {
                    if !self.group()? {
                        continue;
                    }
                }
                '[' => self.class()?,
                '\\' => {
                    if self.quote() {
                        continue;
                    }
                    self.escape()?;
                }
                '.' => self.emit_and_skip(if self.flags.dot_all {
                    "(?s:.)"
                } else {
                    self.not_line_end()
                }),
                '^' => self.emit_and_skip(if self.flags.multi_line {
                    LINE_START
                } else {
                    r"\A"
                }),
                '$' => self.emit_and_skip(if self.flags.multi_line {
                    LINE_END
                } else {
                    LAST_LINE_END
                }),
                c => {
                    self.at += 1;
                    self.literal(c);
                }
            }
            self.quantifier(start)?;
        }
        Ok(())
    }

    fn emit_and_skip(&mut self, translation: &str) {
        self.at += 1;
        self.out.push_str(translation);
    }

    fn not_line_end(&self) -> &'static str {
        if self.flags.unix_lines {
            r"[^\n]"
        } else {
            r"[^\n\r\x{85}\x{2028}\x{2029}]"
        }
    }

    /// One character that stands for itself.
    pub(super) fn literal(&mut self, c: char) {
        if self.flags.ignore_case && self.flags.unicode_case {
            self.out
                .push_str(&format!(r"(?i:\x{{{:x}}})", u32::from(c)));
        } else if self.flags.ignore_case && c.is_ascii_alphabetic() {
            self.out.push_str(&format!(
                "[{}{}]",
                c.to_ascii_lowercase(),
                c.to_ascii_uppercase()
            ));
        } else if c.is_ascii_alphanumeric()
            || matches!(c, '_' | '/' | ',' | ':' | ';' | '=' | '@' | '!' | '%')
        {
            self.out.push(c);
        } else {
            self.out.push_str(&format!(r"\x{{{:x}}}", u32::from(c)));
        }
    }

    /// `\Q...\E`; whether there was one. Its last character may be quantified, so that each is an atom of its own.
    fn quote(&mut self) -> bool {
        if !self.pattern[self.at..].starts_with(&['\\', 'Q']) {
            return false;
        }
        self.at += 2;
        let rest = &self.pattern[self.at..];
        let end = rest.windows(2).position(|w| w == ['\\', 'E']);
        let quoted: Vec<char> = rest[..end.unwrap_or(rest.len())].to_vec();
        self.at += quoted.len() + if end.is_some() { 2 } else { 0 };
        let Some((last, init)) = quoted.split_last() else {
            return true;
        };
        init.iter().for_each(|&c| self.literal(c));
        let start = self.out.len();
        self.literal(*last);
        // A quantifier that is wrong shows up again when the sequence goes on.
        let _ = self.quantifier(start);
        true
    }

    /// A group; whether something came of it that can be quantified. A flag setting is none.
    fn group(&mut self) -> Translated<bool> {
        self.enter()?;
        self.at += 1;
        let outer = self.flags;
        if self.pattern.get(self.at) == Some(&'?') {
            self.at += 1;
            if !self.special_group()? {
                self.depth -= 1;
                return Ok(false);
            }
        } else {
            self.groups += 1;
            self.out.push('(');
        }
        self.alternatives()?;
        if !self.eat(')') {
            return self.error("Unclosed group");
        }
        self.out.push(')');
        self.flags = outer;
        self.depth -= 1;
        Ok(true)
    }

    /// What follows `(?`; false for a setting of flags that holds until the end of the group around it.
    fn special_group(&mut self) -> Translated<bool> {
        let rest = &self.pattern[self.at..];
        for opening in [":", "=", "!", ">", "<=", "<!"] {
            if rest.iter().copied().take(opening.len()).eq(opening.chars()) {
                self.at += opening.len();
                self.out.push_str("(?");
                self.out.push_str(opening);
                return Ok(true);
            }
        }
        if rest.first() == Some(&'<') {
            self.at += 1;
            let name = self.group_name()?;
            if self.names.contains(&name) {
                return self.error(format!("Named capturing group <{name}> is already defined"));
            }
            self.groups += 1;
            self.out.push_str(&format!("(?<{name}>"));
            self.names.push(name);
            return Ok(true);
        }
        let mut on = true;
        loop {
            let Some(&flag) = self.pattern.get(self.at) else {
                return self.error("Unknown inline modifier");
            };
            self.at += 1;
            match flag {
                '-' => on = false,
                'i' => self.flags.ignore_case = on,
                'u' => self.flags.unicode_case = on,
                'x' => self.flags.comments = on,
                's' => self.flags.dot_all = on,
                'm' => self.flags.multi_line = on,
                'd' => self.flags.unix_lines = on,
                ')' => return Ok(false),
                ':' => {
                    self.out.push_str("(?:");
                    return Ok(true);
                }
                'U' => {
                    self.flags.unicode_classes = on;
                    self.flags.unicode_case = on;
                }
                _ => return self.error("Unknown inline modifier"),
            }
        }
    }

    /// A group's name up to its `>`, which is taken too.
    pub(super) fn group_name(&mut self) -> Translated<String> {
        let rest = &self.pattern[self.at..];
        let name: String = rest
            .iter()
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.error("capturing group name does not start with a Latin letter");
        }
        self.at += name.len();
        if self.pattern.get(self.at) != Some(&'>') {
            return self.error("named capturing group is missing trailing '>'");
        }
        self.at += 1;
        Ok(name)
    }

    /// A quantifier, if there is one, for what was emitted since `start`.
    fn quantifier(&mut self, start: usize) -> Translated<()> {
        let repetition = match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at += 1;
                c.to_string()
            }
            Some('{') => self.counted()?,
            _ => return Ok(()),
        };
        let mode = self
            .pattern
            .get(self.at)
            .copied()
            .filter(|c| matches!(c, '?' | '+'));
        self.at += usize::from(mode.is_some());
        let atom = self.out.split_off(start);
        if is_zero_width(&atom) {
            // Once or as often as one likes is the same; the compiler refuses to repeat what takes no text.
            let optional = repetition.starts_with(['*', '?']) || repetition.starts_with("{0");
            self.out.push_str(&match (optional, mode) {
                (false, _) => atom,
                (true, Some('?')) => format!("(?:|{atom})"),
                (true, _) => format!("(?:{atom}|)"),
            });
            return Ok(());
        }
        self.out
            .push_str(if mode == Some('+') { "(?>" } else { "(?:" });
        // The group around the atom makes `$` and other zero-width translations quantifiable.
        self.out.push_str(&format!("(?:{atom}){repetition}"));
        self.out
            .push_str(if mode == Some('?') { "?)" } else { ")" });
        Ok(())
    }

    fn counted(&mut self) -> Translated<String> {
        self.at += 1;
        let Some(least) = self.count()? else {
            return self.error("Illegal repetition");
        };
        let mut text = format!("{{{least}");
        if self.pattern.get(self.at) == Some(&',') {
            self.at += 1;
            text.push(',');
            if let Some(most) = self.count()? {
                if most < least {
                    return self.error("Illegal repetition range");
                }
                text.push_str(&most.to_string());
            }
        }
        if self.pattern.get(self.at) != Some(&'}') {
            return self.error("Unclosed counted closure");
        }
        self.at += 1;
        text.push('}');
        Ok(text)
    }

    fn count(&mut self) -> Translated<Option<u32>> {
        let rest = &self.pattern[self.at..];
        let digits: String = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
        self.at += digits.len();
        match digits.parse() {
            Ok(n) => Ok(Some(n)),
            Err(_) if digits.is_empty() => Ok(None),
            Err(_) => self.error("Illegal repetition range"),
        }
    }
}

/// Whether an atom of the translation takes no text by its kind.
fn is_zero_width(atom: &str) -> bool {
    let looks_around = ["(?=", "(?!", "(?<=", "(?<!"]
        .iter()
        .any(|opening| atom.starts_with(opening));
    let edges = [
        WORD_EDGE,
        NO_WORD_EDGE,
        UNICODE_WORD_EDGE,
        UNICODE_NO_WORD_EDGE,
        GRAPHEME_EDGE,
        LINE_START,
        LINE_END,
        LAST_LINE_END,
        r"\A",
        r"\z",
    ];
    atom.is_empty() || looks_around || edges.contains(&atom)
}

/// What ends a line for Java.
pub(super) const LINE_ENDS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// `^` with the flag m.
const LINE_START: &str = r"(?:\A|(?<=[\n\x{85}\x{2028}\x{2029}])(?!\z)|(?<=\r)(?!\n)(?!\z))";

/// `$` with the flag m.
const LINE_END: &str = r"(?:(?<!\r)(?=\n)|(?=[\r\x{85}\x{2028}\x{2029}])|\z)";

/// `$` and `\Z`: the end, or before the line end that ends the text.
pub(super) const LAST_LINE_END: &str =
    r"(?:(?=\r\n\z)|(?<!\r)(?=\n\z)|(?=[\r\x{85}\x{2028}\x{2029}]?\z))";

/// What matches nothing, and may be repeated.
const NOTHING: &str = r"[^\x{0}-\x{10ffff}]";

/// Groups in groups; real patterns have a handful.
const MAX_DEPTH: usize = 200;
