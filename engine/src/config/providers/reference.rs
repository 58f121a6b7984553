//! References in values: `${provider:path:key}` and `${provider:key}`.

/// A reference, as text of the value it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'v> {
    pub(super) provider: &'v str,
    /// Empty when the reference has none.
    pub(super) path: &'v str,
    pub(super) key: &'v str,
}

/// A piece of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'v> {
    Text(&'v str),
    /// A reference, and the text it is written as.
    Reference(Reference<'v>, &'v str),
}

/// The pieces of a value, by the pattern of Java's `ConfigTransformer`,
/// `\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}`: only the first two colons part a reference.
pub(super) fn pieces(value: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((start, end, reference)) = next(rest) else {
            return Some(Piece::Text(std::mem::take(&mut rest)));
        };
        if start > 0 {
            let text = &rest[..start];
            rest = &rest[start..];
            return Some(Piece::Text(text));
        }
        let text = &rest[..end];
        rest = &rest[end..];
        Some(Piece::Reference(reference, text))
    })
}

/// Whether the value holds a reference.
pub(super) fn has_reference(value: &str) -> bool {
    next(value).is_some()
}

/// The next reference, where it begins and ends.
fn next(value: &str) -> Option<(usize, usize, Reference<'_>)> {
    let mut from = 0;
    loop {
        let start = from + value[from..].find("${")?;
        let inside = start + 2;
        let end = inside + value[inside..].find('}')?;
        // Without a colon nothing that begins before this brace is a reference.
        let Some((provider, rest)) = value[inside..end].split_once(':') else {
            from = end + 1;
            continue;
        };
        let (path, key) = rest.split_once(':').unwrap_or(("", rest));
        return Some((
            start,
            end + 1,
            Reference {
                provider,
                path,
                key,
            },
        ));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &[(&str, &str, &str)]) {
        let found: Vec<_> = pieces(value)
            .filter_map(|piece| match piece {
                Piece::Reference(
                    Reference {
                        provider,
                        path,
                        key,
                    },
                    _,
                ) => Some((provider, path, key)),
                Piece::Text(_) => None,
            })
            .collect();
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn references_as_javas_pattern_finds_them() {
        check("${file:/a/b:c}", &[("file", "/a/b", "c")]);
        check(
            "x${env:HOME}y${env:}z",
            &[("env", "", "HOME"), ("env", "", "")],
        );
        check("${file:/a:b:c}", &[("file", "/a", "b:c")]);
        check("${::}", &[("", "", "")]);
        check("${a${b:c}}", &[("a${b", "", "c")]);
        check("${none} ${p:k}", &[("p", "", "k")]);
        check("$ {a:b} ${a:b", &[]);
        check("${no}${no:yes", &[]);
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_value(value in "[${}:a-c\u{e9}]{0,40}") {
            let text: String = pieces(&value).map(|piece| match piece {
                Piece::Text(text) | Piece::Reference(_, text) => text,
            }).collect();
            prop_assert_eq!(&text, &value);
            // The pattern itself, run by another engine.
            let pattern = fancy_regex::Regex::new(r"\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}").unwrap();
            let expected: Vec<_> = pattern.captures_iter(&value).map(|found| {
                let found = found.unwrap();
                let group = |at| found.get(at).map_or("", |group: fancy_regex::Match<'_>| group.as_str()).to_owned();
                (group(1), group(3), group(4))
            }).collect();
            let ours: Vec<_> = pieces(&value).filter_map(|piece| match piece {
                Piece::Reference(r, _) => Some((r.provider.to_owned(), r.path.to_owned(), r.key.to_owned())),
                Piece::Text(_) => None,
            }).collect();
            prop_assert_eq!(ours, expected);
        }
    }
}
