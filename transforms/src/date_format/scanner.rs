//! Comparing text as `String.regionMatches` that ignores case.

/// The length in bytes of what a text begins with, when that is the prefix in any case.
pub(super) fn starts_with_ignore_case(text: &str, prefix: &str) -> Option<usize> {
    let mut rest = text.chars();
    for expected in prefix.chars() {
        if !same(rest.next()?, expected) {
            return None;
        }
    }
    Some(text.len() - rest.as_str().len())
}

/// Of the names, the index of the longest that a text begins with in any case, and the length of the text it takes.
pub(super) fn longest<'n>(
    text: &str,
    names: impl IntoIterator<Item = (usize, &'n str)>,
) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize, usize)> = None;
    for (index, name) in names {
        if best.is_none_or(|(_, _, length)| name.len() > length)
            && let Some(taken) = starts_with_ignore_case(text, name)
        {
            best = Some((index, taken, name.len()));
        }
    }
    best.map(|(index, taken, _)| (index, taken))
}

fn same(a: char, b: char) -> bool {
    let upper = |c: char| single(c, c.to_uppercase());
    let lower = |c: char| single(c, c.to_lowercase());
    a == b || upper(a) == upper(b) || lower(upper(a)) == lower(upper(b))
}

/// The one character of a mapping; a `char` of Java is never mapped to several.
fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}
