//! Plugin versions and ranges of them (KIP-891), as Maven writes and orders them.

use std::cmp::Ordering;
use std::fmt;

use super::PluginError;

/// The versions that a configuration accepts: `1.2` or `[1.2]` exactly that, `[1,2)` from 1 to below 2, `(,2]` up to 2, several
/// of these joined by commas; anything when nothing, or `latest`, is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionRange {
    /// Any of these; none means any version.
    restrictions: Vec<Restriction>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Restriction {
    lower: Option<String>,
    lower_included: bool,
    upper: Option<String>,
    upper_included: bool,
}

impl VersionRange {
    /// Reads a requirement.
    ///
    /// # Errors
    /// [`PluginError::VersionSpec`] when it is not well formed.
    pub fn parse(text: Option<&str>) -> Result<Self, PluginError> {
        let Some(text) = text.map(str::trim).filter(|text| *text != "latest") else {
            return Ok(VersionRange::default());
        };
        let bare = !text.starts_with(['[', '(']);
        let mut rest = if bare {
            format!("[{text}]")
        } else {
            text.to_owned()
        };
        let mut restrictions: Vec<Restriction> = Vec::new();
        let wrong = |what: &str| PluginError::VersionSpec(format!("{what}: {text}"));
        while !rest.is_empty() {
            if !rest.starts_with(['[', '(']) {
                return Err(wrong(
                    "Only fully-qualified sets allowed in multiple set scenario",
                ));
            }
            let end = rest
                .find([']', ')'])
                .ok_or_else(|| wrong("Unbounded range"))?;
            let restriction = Restriction::parse(&rest[..=end])?;
            let before = restrictions.last();
            if before.is_some_and(|before| !restriction.follows(before)) {
                return Err(wrong("Ranges overlap"));
            }
            restrictions.push(restriction);
            let tail = rest[end + 1..].trim_start();
            rest = tail
                .strip_prefix(',')
                .unwrap_or(tail)
                .trim_start()
                .to_owned();
        }
        Ok(VersionRange { restrictions })
    }

    /// Whether the version is one of these.
    pub fn contains(&self, version: &str) -> bool {
        self.restrictions.is_empty() || self.restrictions.iter().any(|r| r.contains(version))
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, r) in self.restrictions.iter().enumerate() {
            let separator = if i > 0 { "," } else { "" };
            let open = if r.lower_included { '[' } else { '(' };
            let close = if r.upper_included { ']' } else { ')' };
            let (lower, upper) = (
                r.lower.as_deref().unwrap_or(""),
                r.upper.as_deref().unwrap_or(""),
            );
            write!(f, "{separator}{open}{lower},{upper}{close}")?;
        }
        Ok(())
    }
}

impl Restriction {
    /// One bracketed range.
    fn parse(text: &str) -> Result<Self, PluginError> {
        let lower_included = text.starts_with('[');
        let upper_included = text.ends_with(']');
        let inner = text[1..text.len() - 1].trim();
        let Some((lower, upper)) = inner.split_once(',') else {
            if !lower_included || !upper_included {
                return Err(PluginError::VersionSpec(format!(
                    "Single version must be surrounded by []: {text}"
                )));
            }
            let version = Some(inner.to_owned());
            return Ok(Restriction {
                lower: version.clone(),
                lower_included,
                upper: version,
                upper_included,
            });
        };
        let bound = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (lower, upper) = (bound(lower), bound(upper));
        if let (Some(lower), Some(upper)) = (&lower, &upper) {
            let order = compare_versions(upper, lower);
            if order.is_lt() || (order.is_eq() && !(lower_included && upper_included)) {
                return Err(PluginError::VersionSpec(format!(
                    "Range defies version ordering: {text}"
                )));
            }
        }
        Ok(Restriction {
            lower,
            lower_included,
            upper,
            upper_included,
        })
    }

    fn contains(&self, version: &str) -> bool {
        let above =
            self.lower
                .as_ref()
                .is_none_or(|lower| match compare_versions(version, lower) {
                    Ordering::Equal => self.lower_included,
                    order => order.is_gt(),
                });
        let below =
            self.upper
                .as_ref()
                .is_none_or(|upper| match compare_versions(version, upper) {
                    Ordering::Equal => self.upper_included,
                    order => order.is_lt(),
                });
        above && below
    }

    fn follows(&self, before: &Restriction) -> bool {
        match (&before.upper, &self.lower) {
            (Some(upper), Some(lower)) => compare_versions(lower, upper).is_ge(),
            (None, _) => true,
            (Some(_), None) => false,
        }
    }
}

/// Orders versions as Maven: numbers by value, known qualifiers before or after the release, trailing zeros equal nothing.
pub(super) fn compare_versions(a: &str, b: &str) -> Ordering {
    let (a, b) = (parts(a), parts(b));
    let none = Part::Qualifier(RELEASE, String::new());
    (0..a.len().max(b.len()))
        .map(|i| {
            let (x, y) = (a.get(i).unwrap_or(&none), b.get(i).unwrap_or(&none));
            match (x, y) {
                // A missing number counts as zero.
                (Part::Number(n), y) if y == &none && n.trim_start_matches('0').is_empty() => {
                    Ordering::Equal
                }
                (x, Part::Number(n)) if x == &none && n.trim_start_matches('0').is_empty() => {
                    Ordering::Equal
                }
                (x, y) => x.cmp(y),
            }
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Qualifier(usize, String),
    Number(String),
}

impl Ord for Part {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Part::Qualifier(a, x), Part::Qualifier(b, y)) => a.cmp(b).then_with(|| x.cmp(y)),
            (Part::Number(a), Part::Number(b)) => {
                let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
                a.len().cmp(&b.len()).then_with(|| a.cmp(b))
            }
            (Part::Qualifier(..), Part::Number(_)) => Ordering::Less,
            (Part::Number(_), Part::Qualifier(..)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn parts(version: &str) -> Vec<Part> {
    let mut words: Vec<String> = vec![String::new()];
    let mut last: Option<bool> = None;
    for c in version.chars() {
        let digit = c.is_ascii_digit();
        if matches!(c, '.' | '-' | '_') {
            words.push(String::new());
            last = None;
            continue;
        }
        if last.is_some_and(|last| last != digit) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
        last = Some(digit);
    }
    let part = |word: String| match QUALIFIERS
        .iter()
        .position(|known| known.contains(&word.as_str()))
    {
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => Part::Number(word),
        Some(place) => Part::Qualifier(place, String::new()),
        None => Part::Qualifier(QUALIFIERS.len(), word),
    };
    words.into_iter().map(part).collect()
}

/// Qualifiers in their order; others come after all of these.
const QUALIFIERS: [&[&str]; 7] = [
    &["alpha", "a"],
    &["beta", "b"],
    &["milestone", "m"],
    &["rc", "cr"],
    &["snapshot"],
    &["", "final", "ga", "release"],
    &["sp"],
];

/// The place of a release in [`QUALIFIERS`].
const RELEASE: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> VersionRange {
        VersionRange::parse(Some(text)).unwrap()
    }

    #[test]
    fn orders_as_maven() {
        let ascending = [
            "1.0-alpha",
            "1.0-beta2",
            "1.0-rc1",
            "1.0-SNAPSHOT",
            "1.0",
            "1.0-sp",
            "1.0.1",
            "1.2",
            "1.10",
            "2",
        ];
        for pair in ascending.windows(2) {
            assert_eq!(
                compare_versions(pair[0], pair[1]),
                Ordering::Less,
                "{pair:?}"
            );
            assert_eq!(
                compare_versions(pair[1], pair[0]),
                Ordering::Greater,
                "{pair:?}"
            );
        }
        assert_eq!(compare_versions("1.0", "1"), Ordering::Equal);
        assert_eq!(compare_versions("1.0-ga", "1.0"), Ordering::Equal);
    }

    #[test]
    fn ranges() {
        assert!(range("4.3.1").contains("4.3.1") && !range("4.3.1").contains("4.3.2"));
        assert!(range("[4,5)").contains("4.3.1") && !range("[4,4.3.1)").contains("4.3.1"));
        assert!(range("(,3],[4.3,)").contains("4.3.1"));
        assert!(range("latest").contains("x") && VersionRange::parse(None).unwrap().contains("x"));
        assert_eq!(range("9.9.9").to_string(), "[9.9.9,9.9.9]");
        for bad in ["[1,", "(1)", "[2,1]", "[1,1)", "[1,3],[2,4]", "[1,2]x"] {
            assert!(VersionRange::parse(Some(bad)).is_err(), "{bad}");
        }
    }
}
