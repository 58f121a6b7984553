//! Regular expressions in Java's dialect.
//!
//! Users write the patterns of `topics.regex`, topic creation rules, routers and predicates for `java.util.regex`. The
//! pattern is translated: `\w`, `\d`, `\s` and `\b` mean ASCII, `.` stops at every line end Java knows, `$` also
//! matches before the last one, `\p{Alpha}` is ASCII and `\p{IsAlphabetic}` is not, possessive quantifiers and
//! intersections of classes work. What cannot be expressed is refused when the pattern is read, never guessed.

mod class;
mod escape;
mod property;
mod replacement;
mod translate;

use std::fmt;

pub use self::replacement::JavaReplacement;

use fancy_regex::{Captures, Regex, RegexBuilder};

use crate::{ConnectError, Result};

/// A compiled pattern of `java.util.regex`.
#[derive(Clone)]
pub struct JavaRegex {
    pattern: String,
    whole: Regex,
    part: Regex,
}

impl JavaRegex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when Java would refuse it, in Java's words for the common mistakes,
    /// or when it uses what cannot be translated.
    pub fn new(pattern: &str) -> Result<Self> {
        let translated = translate::translate(pattern)
            .map_err(|error| ConnectError::config(error.show(pattern)))?;
        let compile = |regex: &str| {
            RegexBuilder::new(regex)
                .backtrack_limit(BACKTRACK_LIMIT)
                .build()
                .map_err(|error| {
                    ConnectError::config(format!("{error} in translation of {pattern}"))
                })
        };
        Ok(JavaRegex {
            whole: compile(&format!(r"\A(?:{translated})\z"))?,
            part: compile(&translated)?,
            pattern: pattern.to_owned(),
        })
    }

    /// The pattern as it was written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether the whole text matches, as `Matcher.matches`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the pattern needs too many attempts on this text.
    pub fn matches(&self, text: &str) -> Result<bool> {
        self.whole
            .is_match(text)
            .map_err(|error| self.gave_up(&error))
    }

    /// Whether a part of the text matches, as `Matcher.find`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the pattern needs too many attempts on this text.
    pub fn find(&self, text: &str) -> Result<bool> {
        self.part
            .is_match(text)
            .map_err(|error| self.gave_up(&error))
    }

    /// The groups when the whole text matches.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the pattern needs too many attempts on this text.
    pub fn captures<'t>(&self, text: &'t str) -> Result<Option<Captures<'t, str>>> {
        self.whole
            .captures(text)
            .map_err(|error| self.gave_up(&error))
    }

    fn gave_up(&self, error: &fancy_regex::Error) -> ConnectError {
        ConnectError::config(format!("pattern {} gave up: {error}", self.pattern))
    }
}

impl fmt::Debug for JavaRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JavaRegex").field(&self.pattern).finish()
    }
}

impl fmt::Display for JavaRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

/// What is wrong with a pattern, and where: an index of characters, which Java counts in UTF-16 units.
struct PatternError {
    what: String,
    index: usize,
}

type Translated<T> = std::result::Result<T, PatternError>;

impl PatternError {
    fn new(what: impl Into<String>, index: usize) -> Self {
        PatternError {
            what: what.into(),
            index,
        }
    }

    /// `PatternSyntaxException.getMessage`: the pattern on a line of its own and a mark below the place.
    fn show(&self, pattern: &str) -> String {
        let units: usize = pattern.chars().take(self.index).map(char::len_utf16).sum();
        let mut text = format!("{} near index {units}\n{pattern}", self.what);
        if self.index < pattern.chars().count() {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', units));
            text.push('^');
        }
        text
    }
}

/// Attempts after which a match is given up: a pattern may not stop a task for longer than some milliseconds.
const BACKTRACK_LIMIT: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        JavaRegex::new(pattern)
            .unwrap_or_else(|e| panic!("{pattern}: {e}"))
            .matches(text)
            .unwrap()
    }

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(matches(pattern, text), "{pattern} should match {text:?}");
        }
        for text in no {
            assert!(
                !matches(pattern, text),
                "{pattern} should not match {text:?}"
            );
        }
    }

    #[test]
    fn the_whole_text_must_match() {
        check("a|ab", &["a", "ab"], &["abc", "", "xa"]);
        check("", &[""], &["a"]);
        check("a.*", &["a", "abc"], &["ba", "a\nb", "a\u{2028}b"]);
        check("(?s)a.*", &["a\nb"], &[]);
    }

    #[test]
    fn classes_are_ascii() {
        check(r"\w+", &["aZ_9"], &["\u{e9}"]);
        check(r"\d", &["7"], &["\u{667}"]);
        check(r"\s", &[" ", "\x0b"], &["\u{a0}"]);
        check(r"\h", &[" ", "\u{a0}", "\u{2007}"], &["\n"]);
        check(r"\p{Alpha}\P{Digit}", &["ab"], &["\u{e9}b", "a1"]);
        check(
            r"\p{IsAlphabetic}\p{Lu}\p{javaLowerCase}",
            &["\u{e9}A\u{e9}"],
            &["1Aa"],
        );
        check(r".*\bfoo\b.*", &["a foo b", "foo"], &["afoo"]);
        check(r"[\w&&[^\d]]+", &["ab_"], &["a1"]);
        check(r"[a-c&&b-d]", &["b", "c"], &["a", "d"]);
        check(r"[^a-c[x]]", &["d"], &["a", "x"]);
        check("[]a]", &["]", "a"], &["b"]);
        check(r"[\Q]^-\E]", &["]", "^", "-"], &["\\"]);
    }

    #[test]
    fn groups_quantifiers_and_quotes() {
        check(r"\Qa.b\E+", &["a.b", "a.bb"], &["axb"]);
        check("a*+a", &[], &["aaa"]);
        check("(?>a|ab)c", &["ac"], &["abc"]);
        check("(?<n>a)\\k<n>(b)\\2", &["aabb"], &["abbb"]);
        check("(?i)(a.)\\1(?<n>c)\\k<n>", &["abABcC"], &["abac"]);
        check("(?i)(a)\\2", &[], &["aa"]);
        check("a{2,3}?b{2}+", &["aabb", "aaabb"], &["abb", "aab"]);
        check(
            "(?i)stra\u{df}e[a-f]",
            &["STRA\u{df}Ec"],
            &["STRA\u{1e9e}Ec"],
        );
        check("(?x) a b # comment\n c", &["abc"], &["a b c"]);
        check("a(?=b).", &["ab"], &["ac"]);
        check("(?<!x)a}", &["a}"], &[]);
        check(r"\x41\u0042\x{43}\0104\cA\t", &["ABCD\x01\t"], &[]);
        check("(?:a(?i)b)c", &["abc", "aBc"], &["aBC", "ABc"]);
    }

    #[test]
    fn unicode_classes_blocks_and_clusters() {
        check(r"(?U)\w+\s\d", &["caf\u{e9}\u{2003}\u{664}"], &["a-1"]);
        check(r"(?U)\p{Upper}\p{Punct}", &["\u{c9}\u{bf}"], &["\u{e9}!"]);
        check(r"(?U:\w)\w", &["\u{e9}e"], &["\u{e9}\u{e9}"]);
        check(r"(?U).*\b\u00e9\b.*", &["a \u{e9} b"], &["a\u{e9}b"]);
        check(
            r"\p{InGreek}\p{block=Greek and Coptic}[\P{InLatin-1 Supplement}]",
            &["\u{3b1}\u{3b2}a"],
            &["\u{3b1}\u{3b2}\u{e9}"],
        );
        check(r"[&&a]", &["a"], &["&", "b"]);
        check(
            r"\Ga\X\X",
            &["ae\u{301}\u{1f468}\u{200d}\u{1f469}"],
            &["aee\u{301}e"],
        );
        check(
            r"\X",
            &["\r\n", "\u{1f1e9}\u{1f1ea}", "\u{1112}\u{1161}\u{11ab}"],
            &["ab", "\n\r"],
        );
        check(r"(?s)e\b{g}.*", &["eb", "e\n"], &["e\u{301}"]);
        check(
            r"\N{LATIN SMALL LETTER A}\N{full stop}[\N{DIGIT ONE}]",
            &["a.1"],
            &["ab1"],
        );
    }

    #[test]
    fn line_ends() {
        let find = |pattern: &str, text: &str| JavaRegex::new(pattern).unwrap().find(text).unwrap();
        assert!(find("a$", "a\n") && find("a$", "a\r\n") && find("a$", "a\u{85}"));
        assert!(!find("a$", "a\nb") && find("(?m)a$", "a\nb"));
        assert!(
            !find("^b", "a\nb")
                && find("(?m)^b", "a\nb")
                && find(r"a\Z", "a\n")
                && !find(r"a\z", "a\n")
        );
    }

    #[test]
    fn errors_read_as_in_java() {
        let error = |pattern: &str| {
            JavaRegex::new(pattern)
                .map(|_| ())
                .unwrap_err()
                .message()
                .to_owned()
        };
        assert_eq!(error("["), "Unclosed character class near index 0\n[\n^");
        assert_eq!(error("("), "Unclosed group near index 1\n(");
        assert_eq!(error("*"), "Dangling meta character '*' near index 0\n*\n^");
        assert_eq!(error("a)"), "Unmatched closing ')' near index 0\na)\n^");
        for bad in [
            r"\b{gx}",
            r"\N{NO SUCH NAME}",
            r"\N",
            "a**",
            "a{x}",
            "[b-a]",
            r"\p{InNope}",
            r"\p{Nope}",
            "(?<a",
            r"\",
            "a{2,1}",
        ] {
            assert!(JavaRegex::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn gives_up_instead_of_hanging() {
        let regex = JavaRegex::new(r"((a|aa)+)\1b").unwrap();
        assert!(regex.matches(&"a".repeat(100)).is_err());
        assert!(JavaRegex::new(&"(".repeat(100_000)).is_err());
        assert!(JavaRegex::new(&"[".repeat(100_000)).is_err());
        assert!(JavaRegex::new("(a{1000}){1000}").is_err());
    }

    proptest! {
        #[test]
        fn any_pattern_is_compiled_or_refused(pattern in r"[\[\](){}|?*+^$.\\&a-z0-9,:<>=!#\- \PC]{0,24}", text in "[a-c\n ]{0,12}") {
            if let Ok(regex) = JavaRegex::new(&pattern) {
                let _ = (regex.matches(&text), regex.find(&text));
            }
        }
    }
}
