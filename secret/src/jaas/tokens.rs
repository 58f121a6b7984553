//! Java's `StreamTokenizer`, as both readers of JAAS set it up.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a JAAS text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    /// Text in double quotes, its escapes replaced.
    Quoted(String),
    /// Text in single quotes, which files do not admit.
    SingleQuoted(String),
    Number,
    Symbol(char),
}

/// Reads tokens; white space and comments part them.
#[derive(Debug)]
pub(super) struct Tokens<'t> {
    rest: Peekable<Chars<'t>>,
    line: usize,
    star_is_word: bool,
}

impl Token {
    /// What `StreamTokenizer.sval` holds: numbers and symbols have no text.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Token::Word(text) | Token::Quoted(text) | Token::SingleQuoted(text) => Some(text),
            Token::Number | Token::Symbol(_) => None,
        }
    }
}

impl<'t> Tokens<'t> {
    /// `star_is_word`: files take `*` for a letter, lines do not.
    pub(super) fn new(text: &'t str, star_is_word: bool) -> Self {
        Tokens {
            rest: text.chars().peekable(),
            line: 1,
            star_is_word,
        }
    }

    /// The line that reading has come to, from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.rest.next();
        self.line += usize::from(c == Some('\n'));
        c
    }

    fn is_word(&self, c: char) -> bool {
        c.is_ascii_alphanumeric()
            || ".-_$".contains(c)
            || u32::from(c) >= 0xa0
            || (c == '*' && self.star_is_word)
    }

    fn word(&mut self, first: char) -> Token {
        let mut word = String::from(first);
        while let Some(&c) = self.rest.peek()
            && self.is_word(c)
        {
            word.push(c);
            self.bump();
        }
        Token::Word(word)
    }

    /// A minus or a dot that no digit follows is a symbol; otherwise digits and at most one dot belong together.
    fn number(&mut self, first: char) -> Token {
        let mut digits = first.is_ascii_digit();
        let mut dot = first == '.';
        while let Some(&c) = self.rest.peek() {
            match c {
                '0'..='9' => digits = true,
                '.' if !dot => dot = true,
                _ => break,
            }
            self.bump();
        }
        match (digits, first) {
            (true, _) => Token::Number,
            (false, '-') if dot => Token::Symbol('-'),
            (false, first) => Token::Symbol(first),
        }
    }

    /// Ends at the quote, or at the end of the line.
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(&c) = self.rest.peek() {
            if c == '\n' || c == '\r' {
                break;
            }
            self.bump();
            match c {
                _ if c == quote => break,
                '\\' => text.extend(self.escape()),
                _ => text.push(c),
            }
        }
        text
    }

    fn escape(&mut self) -> Option<char> {
        let c = self.bump()?;
        Some(match c {
            '0'..='7' => self.octal(c),
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            other => other,
        })
    }

    /// Two digits, or three when the first is at most 3.
    fn octal(&mut self, first: char) -> char {
        let mut code = first.to_digit(8).unwrap_or_default();
        let more = if first <= '3' { 2 } else { 1 };
        for _ in 0..more {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(8)) else {
                break;
            };
            code = code * 8 + digit;
            self.bump();
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// After a slash: what kind of comment it begins. Every slash begins one.
    fn skip_comment(&mut self) {
        if self.rest.peek() == Some(&'*') {
            self.bump();
            let mut star = false;
            while let Some(c) = self.bump() {
                if star && c == '/' {
                    return;
                }
                star = c == '*';
            }
            return;
        }
        while let Some(&c) = self.rest.peek()
            && c != '\n'
            && c != '\r'
        {
            self.bump();
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let c = self.bump()?;
            return Some(match c {
                '\0'..=' ' => continue,
                '/' => {
                    self.skip_comment();
                    continue;
                }
                '0'..='9' | '.' | '-' => self.number(c),
                '"' => Token::Quoted(self.quoted(c)),
                '\'' => Token::SingleQuoted(self.quoted(c)),
                _ if self.is_word(c) => self.word(c),
                _ => Token::Symbol(c),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[Token]) {
        assert_eq!(
            Tokens::new(text, false).collect::<Vec<_>>(),
            expected,
            "{text:?}"
        );
    }

    fn word(text: &str) -> Token {
        Token::Word(text.to_owned())
    }

    #[test]
    fn words_numbers_and_symbols() {
        check(
            "a.b-c_1$ =;",
            &[word("a.b-c_1$"), Token::Symbol('='), Token::Symbol(';')],
        );
        check(
            "12.5.6 -3 - . x",
            &[
                Token::Number,
                Token::Number,
                Token::Number,
                Token::Symbol('-'),
                Token::Symbol('.'),
                word("x"),
            ],
        );
        check("1a", &[Token::Number, word("a")]);
    }

    #[test]
    fn comments() {
        check(
            "a // b\nc /* d\n * / e */ f / g",
            &[word("a"), word("c"), word("f")],
        );
        check("a /* never ends", &[word("a")]);
    }

    #[test]
    fn quotes_and_escapes() {
        check(
            r#""a\"b\\\t\101\7x" 'c'"#,
            &[
                Token::Quoted("a\"b\\\tA\x07x".to_owned()),
                Token::SingleQuoted("c".to_owned()),
            ],
        );
        check("\"open\nb", &[Token::Quoted("open".to_owned()), word("b")]);
    }
}
