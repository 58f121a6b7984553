//! Reads typed values out of key-value text, remembering what was asked for.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use super::Properties;

/// A setting that Kafka's own client would refuse, in Kafka's words.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text is no value of the key's type, or out of its range.
    #[error("Invalid value {value} for configuration {key}: {reason}")]
    Invalid {
        /// The configuration key.
        key: String,
        /// The text found (`[hidden]` for secrets).
        value: String,
        /// What was expected.
        reason: String,
    },
    /// A key without a default is missing.
    #[error("Missing required configuration \"{key}\" which has no default value.")]
    Missing {
        /// The configuration key.
        key: String,
    },
    /// Two settings contradict each other.
    #[error("{0}")]
    Conflict(String),
    /// The setting is Kafka's, but this client cannot do it.
    #[error("{key}={value} is not supported: {reason}")]
    Unsupported {
        /// The configuration key.
        key: String,
        /// The text found.
        value: String,
        /// What is supported.
        reason: String,
    },
}

/// A parsed configuration and the keys that belong to no setting of it.
#[derive(Debug, Clone)]
pub struct Parsed<T> {
    /// The typed settings.
    pub config: T,
    /// Keys that Kafka's client of this kind does not know, in alphabetical order.
    pub unknown: Vec<String>,
}

/// The keys the user wrote down.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Explicit(BTreeSet<String>);

impl Explicit {
    /// Whether the user set `key`, be it to its default.
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains(key)
    }
}

/// Typed access to one configuration.
pub(super) struct Reader<'a> {
    properties: &'a Properties,
}

impl<'a> Reader<'a> {
    pub(super) fn new(properties: &'a Properties) -> Self {
        Self { properties }
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.properties.get(key).map(|value| value.trim())
    }

    pub(super) fn string(&self, key: &str, default: &str) -> String {
        self.text(key).unwrap_or(default).to_owned()
    }

    /// A string that is absent by default and may not be empty when present.
    pub(super) fn non_empty(&self, key: &str) -> Result<Option<String>, ConfigError> {
        match self.text(key) {
            Some("") => Err(invalid(key, "", "String must be non-empty")),
            other => Ok(other.map(str::to_owned)),
        }
    }

    pub(super) fn bool(&self, key: &str, default: bool) -> Result<bool, ConfigError> {
        match self.text(key) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(invalid(
                key,
                text,
                "Expected value to be either true or false",
            )),
        }
    }

    /// A whole number of at least `min` (and at most `max` of its type).
    pub(super) fn int(&self, key: &str, default: i32, min: i32) -> Result<i32, ConfigError> {
        at_least(key, self.number(key, default, "INT")?, min)
    }

    pub(super) fn long(&self, key: &str, default: i64, min: i64) -> Result<i64, ConfigError> {
        at_least(key, self.number(key, default, "LONG")?, min)
    }

    /// A duration given as an `int` number of milliseconds.
    pub(super) fn int_ms(
        &self,
        key: &str,
        default: i32,
        min: i32,
    ) -> Result<Duration, ConfigError> {
        self.int(key, default, min).map(|ms| millis(i64::from(ms)))
    }

    /// A duration given as a `long` number of milliseconds.
    pub(super) fn long_ms(
        &self,
        key: &str,
        default: i64,
        min: i64,
    ) -> Result<Duration, ConfigError> {
        self.long(key, default, min).map(millis)
    }

    /// Comma separated, blanks around the commas dropped; no duplicates.
    pub(super) fn list(&self, key: &str, default: &[&str]) -> Result<Vec<String>, ConfigError> {
        let Some(text) = self.text(key) else {
            return Ok(default.iter().map(|item| (*item).to_owned()).collect());
        };
        let items: Vec<String> = text
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect();
        let distinct: BTreeSet<&String> = items.iter().collect();
        if distinct.len() != items.len() {
            return Err(invalid(key, text, "values must be unique"));
        }
        Ok(items)
    }

    /// One of the named choices; `names` are compared as written, or without case.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        default: T,
        ignore_case: bool,
        choices: &[(&str, T)],
    ) -> Result<T, ConfigError> {
        let Some(text) = self.text(key) else {
            return Ok(default);
        };
        let same = |name: &str| name == text || (ignore_case && name.eq_ignore_ascii_case(text));
        choices
            .iter()
            .find(|(name, _)| same(name))
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                let case = if ignore_case {
                    " (case insensitive)"
                } else {
                    ""
                };
                invalid(
                    key,
                    text,
                    &format!("String must be one of{case}: {}", names.join(", ")),
                )
            })
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.properties
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(super) fn explicit(&self) -> Explicit {
        Explicit(self.properties.keys().cloned().collect())
    }

    /// Keys of `properties` that are in none of `known` and begin with none of `prefixes`.
    pub(super) fn unknown(&self, known: &[&[&str]], prefixes: &[&str]) -> Vec<String> {
        let is_known = |key: &str| {
            known.iter().any(|keys| keys.contains(&key))
                || prefixes.iter().any(|prefix| key.starts_with(prefix))
        };
        self.properties
            .keys()
            .filter(|key| !is_known(key))
            .cloned()
            .collect()
    }

    fn number<T: FromStr>(&self, key: &str, default: T, kind: &str) -> Result<T, ConfigError> {
        match self.text(key) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| invalid(key, text, &format!("Not a number of type {kind}"))),
        }
    }
}

pub(super) fn invalid(key: &str, value: &str, reason: &str) -> ConfigError {
    ConfigError::Invalid {
        key: key.to_owned(),
        value: value.to_owned(),
        reason: reason.to_owned(),
    }
}

/// A negative number of milliseconds is "for ever" where Kafka allows it.
fn millis(ms: i64) -> Duration {
    u64::try_from(ms).map_or(Duration::MAX, Duration::from_millis)
}

fn at_least<T: PartialOrd + Copy + std::fmt::Display>(
    key: &str,
    value: T,
    min: T,
) -> Result<T, ConfigError> {
    if value < min {
        return Err(invalid(
            key,
            &value.to_string(),
            &format!("Value must be at least {min}"),
        ));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn numbers_are_checked_in_kafkas_words() {
        let given = properties(&[("a", "x"), ("b", "-1"), ("c", " 7 ")]);
        let reader = Reader::new(&given);
        assert_eq!(
            reader.int("a", 1, 0).unwrap_err().to_string(),
            "Invalid value x for configuration a: Not a number of type INT"
        );
        assert_eq!(
            reader.long("b", 1, 0).unwrap_err().to_string(),
            "Invalid value -1 for configuration b: Value must be at least 0"
        );
        assert_eq!(reader.int("c", 1, 0), Ok(7));
        assert_eq!(reader.int("d", 1, 0), Ok(1));
    }

    #[test]
    fn lists_drop_blanks_and_refuse_duplicates() {
        let given = properties(&[("a", "x, y ,,z"), ("b", "x,x")]);
        let reader = Reader::new(&given);
        assert_eq!(reader.list("a", &[]).unwrap(), ["x", "y", "z"]);
        assert!(reader.list("b", &[]).is_err());
    }

    #[test]
    fn a_huge_number_of_milliseconds_is_no_overflow() {
        let given = properties(&[("a", "9223372036854775807")]);
        assert_eq!(
            Reader::new(&given).long_ms("a", 0, 0).unwrap(),
            Duration::from_millis(i64::MAX as u64)
        );
    }
}
