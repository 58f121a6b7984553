//! `\p{...}`: POSIX, Java, category, script and binary properties.

use super::Translated;
use super::translate::Translator;

impl Translator {
    /// The set that follows `\p` or `\P`.
    pub(super) fn property(&mut self, negated: bool) -> Translated<String> {
        let name = match self.pattern.get(self.at) {
            Some('{') => {
                let rest = &self.pattern[self.at + 1..];
                let Some(end) = rest.iter().position(|&c| c == '}') else {
                    return self.error("Unclosed character family");
                };
                let name: String = rest[..end].iter().collect();
                self.at += end + 2;
                name
            }
            Some(c) => {
                let name = c.to_string();
                self.at += 1;
                name
            }
            None => return self.error("Illegal/unsupported escape sequence"),
        };
        let cased = CASED
            .iter()
            .find(|(names, _)| names.contains(&name.as_str()));
        let unicode = UNICODE_POSIX
            .iter()
            .find(|(known, _)| self.flags.unicode_classes && *known == name);
        let found = match (cased.filter(|_| self.flags.ignore_case), unicode) {
            (Some((_, any_case)), None) => Some((*any_case).to_owned()),
            (_, Some((_, items))) => Some((*items).to_owned()),
            (None, None) => lookup(&name),
        };
        let Some(set) = found else {
            return self.error(format!("Unknown character property name {{{name}}}"));
        };
        let not = if negated { "^" } else { "" };
        Ok(format!("[{not}{set}]"))
    }
}

/// The items of a class that make up the property.
fn lookup(name: &str) -> Option<String> {
    if let Some((_, items)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Some((*items).to_owned());
    }
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_ascii_lowercase().as_str() {
            "gc" | "general_category" => category(value),
            "blk" | "block" => block(value),
            "sc" | "script" => word(value).map(|script| format!(r"\p{{sc={script}}}")),
            _ => None,
        };
    }
    if let Some(rest) = name.strip_prefix("In") {
        return block(rest);
    }
    if let Some(rest) = name.strip_prefix("Is") {
        let upper = rest.to_ascii_uppercase();
        let binary = BINARY.iter().find(|(known, _)| *known == upper);
        return match binary {
            Some((_, items)) => Some((*items).to_owned()),
            None => {
                category(rest).or_else(|| word(rest).map(|script| format!(r"\p{{sc={script}}}")))
            }
        };
    }
    category(name)
}

/// The block of any of its names, in which case, blanks, hyphens and underscores do not count.
fn block(name: &str) -> Option<String> {
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    BLOCKS.lines().find_map(|line| {
        let mut columns = line.split('\t');
        let (first, last) = (columns.next()?, columns.next()?);
        let is_meant = columns.any(|known| known == name);
        is_meant.then(|| format!(r"\x{{{first}}}-\x{{{last}}}"))
    })
}

fn category(name: &str) -> Option<String> {
    CATEGORIES
        .contains(&name)
        .then(|| format!(r"\p{{gc={name}}}"))
}

/// A name that may stand in a pattern; whether it is known, the pattern's compiler says.
fn word(name: &str) -> Option<&str> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    plain.then_some(name)
}

/// POSIX and `java.lang.Character` classes, and Java's own categories.
const NAMED: [(&str, &str); 27] = [
    ("Lower", "a-z"),
    ("Upper", "A-Z"),
    ("ASCII", r"\x00-\x7f"),
    ("Alpha", "a-zA-Z"),
    ("Digit", "0-9"),
    ("Alnum", "a-zA-Z0-9"),
    ("Punct", r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e"),
    ("Graph", r"\x21-\x7e"),
    ("Print", r"\x20-\x7e"),
    ("Blank", r" \t"),
    ("Cntrl", r"\x00-\x1f\x7f"),
    ("XDigit", "0-9a-fA-F"),
    ("Space", r" \t\n\x0b\x0c\r"),
    ("L1", r"\x00-\xff"),
    ("all", r"\x{0}-\x{10ffff}"),
    ("ALL", r"\x{0}-\x{10ffff}"),
    ("LC", r"\p{Lu}\p{Ll}\p{Lt}"),
    ("LD", r"\p{L}\p{Nd}"),
    ("javaLowerCase", r"\p{Lowercase}"),
    ("javaUpperCase", r"\p{Uppercase}"),
    ("javaAlphabetic", r"\p{Alphabetic}"),
    ("javaTitleCase", r"\p{Lt}"),
    ("javaDigit", r"\p{Nd}"),
    ("javaLetter", r"\p{L}"),
    ("javaLetterOrDigit", r"\p{L}\p{Nd}"),
    ("javaSpaceChar", r"\p{Z}"),
    (
        "javaWhitespace",
        r"\t-\r\x1c-\x1f[\p{Z}&&[^\x{a0}\x{2007}\x{202f}]]",
    ),
];

/// Properties of one case, and what they cover when case is ignored.
const CASED: [(&[&str], &str); 3] = [
    (&["Lower", "Upper"], "a-zA-Z"),
    (
        &["Lu", "Ll", "Lt", "IsLu", "IsLl", "IsLt"],
        r"\p{Lu}\p{Ll}\p{Lt}",
    ),
    (
        &[
            "javaLowerCase",
            "javaUpperCase",
            "javaTitleCase",
            "IsLowercase",
            "IsUppercase",
            "IsTitlecase",
        ],
        r"\p{Lowercase}\p{Uppercase}\p{Lt}",
    ),
];

/// POSIX classes with the flag U.
const UNICODE_POSIX: [(&str, &str); 13] = [
    ("Lower", r"\p{Lowercase}"),
    ("Upper", r"\p{Uppercase}"),
    ("Alpha", r"\p{Alphabetic}"),
    ("Digit", r"\p{Nd}"),
    ("Alnum", r"\p{Alphabetic}\p{Nd}"),
    ("Punct", r"\p{P}"),
    ("Graph", r"[^\p{White_Space}\p{Cc}\p{Cn}]"),
    ("Print", r"[^\p{Zl}\p{Zp}\p{Cc}\p{Cn}]"),
    ("Blank", r"\p{Zs}\t"),
    ("Cntrl", r"\p{Cc}"),
    ("XDigit", r"\p{Nd}\p{Hex_Digit}"),
    ("Space", r"\p{White_Space}"),
    ("ASCII", r"\x00-\x7f"),
];

/// The blocks of Unicode: first and last character, then the names.
const BLOCKS: &str = include_str!("blocks.tsv");

/// Binary properties after `Is`, in any case.
const BINARY: [(&str, &str); 15] = [
    ("ALPHABETIC", r"\p{Alphabetic}"),
    ("LETTER", r"\p{L}"),
    ("IDEOGRAPHIC", r"\p{Ideographic}"),
    ("LOWERCASE", r"\p{Lowercase}"),
    ("UPPERCASE", r"\p{Uppercase}"),
    ("TITLECASE", r"\p{Lt}"),
    ("WHITE_SPACE", r"\p{White_Space}"),
    ("WHITESPACE", r"\p{White_Space}"),
    ("CONTROL", r"\p{Cc}"),
    ("PUNCTUATION", r"\p{P}"),
    ("HEX_DIGIT", r"\p{Hex_Digit}"),
    ("HEXDIGIT", r"\p{Hex_Digit}"),
    ("DIGIT", r"\p{Nd}"),
    ("ALNUM", r"\p{Alphabetic}\p{Nd}"),
    ("ASSIGNED", r"\P{Cn}"),
];

/// General categories by their short names, as Java writes them.
const CATEGORIES: [&str; 36] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "Z", "Zs",
    "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn", "P", "Pd", "Ps", "Pe", "Pc", "Po", "Pi", "Pf", "S",
    "Sm", "Sc", "Sk", "So",
];
