//! What is secret, wherever in a text it stands.
//!
//! A type keeps a secret out of what we print; it cannot keep it out of what others quote: a connector's error says
//! `Invalid value hunter2 for configuration ...`. So the secrets that a process knows are told to this module, and texts that
//! leave the process for people (logs, panics, statuses, REST answers about errors) go through [`masked`]. It belongs to the process, as
//! its log does.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use crate::Secret;

/// Hides a secret from now on, also its lines one by one, and as it is when it is quoted. A text of fewer than four
/// bytes cannot be told from other text and stays visible.
pub fn hide(secret: &Secret) {
    let text = secret.reveal();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.add(text);
    known.add(text.trim());
    if text.lines().nth(1).is_some() {
        text.lines()
            .map(str::trim)
            .filter(|line| line.len() >= LINE)
            .for_each(|line| known.add(line));
    }
    let quoted: String = text.chars().flat_map(char::escape_debug).collect();
    known.add(&quoted);
    let quoted = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    known.add(&quoted);
}

/// The text with `[hidden]` in place of every secret that is known.
pub fn masked(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    known.mask(text)
}

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// By the first bytes, so that a text is looked through once however many secrets there are.
#[derive(Default)]
struct Known(HashMap<[u8; HEAD], Vec<Box<str>>>);

impl Known {
    fn add(&mut self, text: &str) {
        let Some(head) = text.as_bytes().first_chunk::<HEAD>() else {
            return;
        };
        let same = self.0.entry(*head).or_default();
        if same.iter().all(|known| **known != *text) {
            same.push(text.into());
            // The longest first: one secret may begin with another.
            same.sort_by_key(|known| std::cmp::Reverse(known.len()));
        }
    }

    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.0.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        let (mut kept, mut at) = (0, 0);
        while let Some(head) = text
            .as_bytes()
            .get(at..)
            .and_then(<[u8]>::first_chunk::<HEAD>)
        {
            // What is found begins and ends with whole characters, for a secret does.
            let found = self.0.get(head).and_then(|same| {
                same.iter()
                    .find(|known| text.as_bytes()[at..].starts_with(known.as_bytes()))
            });
            match found {
                Some(known) => {
                    out.push_str(&text[kept..at]);
                    out.push_str(Secret::HIDDEN);
                    at += known.len();
                    kept = at;
                }
                None => at += 1,
            }
        }
        if kept == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[kept..]);
        Cow::Owned(out)
    }
}

/// The length from which on a text is hidden.
const HEAD: usize = 4;
/// The length from which on a line of a text is hidden by itself.
const LINE: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn known(secrets: &[&str]) -> Known {
        let mut known = Known::default();
        secrets.iter().for_each(|secret| known.add(secret));
        known
    }

    #[test]
    fn secrets_are_replaced_the_longest_first() {
        let known = known(&["swordfish", "swordfish1", "h\u{fc}nter2", "abc"]);
        for (text, expected) in [
            ("nothing", "nothing"),
            ("swordfish", "[hidden]"),
            ("a swordfish1swordfish b", "a [hidden][hidden] b"),
            ("\u{e9}h\u{fc}nter2\u{e9}", "\u{e9}[hidden]\u{e9}"),
            ("abc is too short", "abc is too short"),
            ("swordfis", "swordfis"),
        ] {
            assert_eq!(known.mask(text), expected);
        }
    }

    #[test]
    fn secrets_are_hidden_in_quotes_and_by_lines() {
        hide(&Secret::new("  first-line-of-key\nsecond\"line\"of-key\n"));
        for text in [
            "first-line-of-key",
            "[second\"line\"of-key]",
            "\"  first-line-of-key\\nsecond\\\"line\\\"of-key\\n\"",
        ] {
            let shown = masked(text);
            assert!(!shown.contains("of-key"), "{shown}");
        }
    }
}
