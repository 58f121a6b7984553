//! Rules for values.

use std::fmt;
use std::sync::Arc;

use super::{ConfigData, invalid_value};
use crate::{JavaRegex, Result};

type Check = dyn Fn(&str, &ConfigData) -> Result<()> + Send + Sync;

/// A rule that a key's value must satisfy. It is also asked about null, which most rules let pass.
#[derive(Clone)]
pub struct Validator {
    check: Arc<Check>,
    description: Arc<str>,
    distinct: bool,
}

impl Validator {
    /// A rule of your own; `description` says for documentation what is valid.
    pub fn new(
        description: impl Into<Arc<str>>,
        check: impl Fn(&str, &ConfigData) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Validator {
            check: Arc::new(check),
            description: description.into(),
            distinct: false,
        }
    }

    /// The same rule for a list whose items may be given but once.
    #[must_use]
    pub(super) fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    /// Whether items that are given again are left out before the rule is asked. Validation, which only looks, does not
    /// leave them out and reports them.
    pub(super) fn is_distinct(&self) -> bool {
        self.distinct
    }

    /// Checks the value of the key `name`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) in Kafka's words.
    pub fn check(&self, name: &str, value: &ConfigData) -> Result<()> {
        (self.check)(name, value)
    }

    /// What is valid, for documentation.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// A number not below `min`. Null is refused.
    pub fn at_least(min: impl Into<ConfigData>) -> Self {
        let min = min.into();
        Self::new(format!("[{min},...]"), move |name, value| {
            check_range(name, value, &min, &ConfigData::Null)
        })
    }

    /// A number from `min` to `max`, both included. Null is refused.
    pub fn between(min: impl Into<ConfigData>, max: impl Into<ConfigData>) -> Self {
        let (min, max) = (min.into(), max.into());
        Self::new(format!("[{min},...,{max}]"), move |name, value| {
            check_range(name, value, &min, &max)
        })
    }

    /// One of these texts. Null is refused unless it is one of them.
    pub fn one_of(valid: &[&str]) -> Self {
        let list = valid.join(", ");
        let valid: Vec<String> = valid.iter().map(ToString::to_string).collect();
        Self::new(format!("[{list}]"), move |name, value| match value {
            ConfigData::String(text) if valid.contains(text) => Ok(()),
            _ => Err(invalid_value(
                name,
                value,
                format_args!("String must be one of: {list}"),
            )),
        })
    }

    /// One of these texts in any case. Null is refused.
    pub fn one_of_ignore_case(valid: &[&str]) -> Self {
        let valid: Vec<String> = valid.iter().map(|text| text.to_uppercase()).collect();
        let list = valid.join(", ");
        Self::new(
            format!("(case insensitive) [{list}]"),
            move |name, value| match value {
                ConfigData::String(text) if valid.contains(&text.to_uppercase()) => Ok(()),
                _ => {
                    let rule = format_args!("String must be one of (case insensitive): {list}");
                    Err(invalid_value(name, value, rule))
                }
            },
        )
    }

    /// Anything but null.
    pub fn non_null() -> Self {
        Self::new("non-null string", |name, value| match value {
            ConfigData::Null => Err(invalid_value(name, value, "entry must be non null")),
            _ => Ok(()),
        })
    }

    /// Text of at least one character, or null.
    pub fn non_empty_string() -> Self {
        Self::new("non-empty string", |name, value| match value {
            ConfigData::String(text) if text.is_empty() => {
                Err(invalid_value(name, text, "String must be non-empty"))
            }
            _ => Ok(()),
        })
    }

    /// Text of at least one character and without control characters, or null.
    pub fn non_empty_string_without_control_chars() -> Self {
        Self::new(
            "non-empty string without ISO control characters",
            |name, value| {
                let ConfigData::String(text) = value else {
                    return Ok(());
                };
                if text.is_empty() {
                    return Err(invalid_value(name, text, "String may not be empty"));
                }
                let control: Vec<String> = text
                    .chars()
                    .filter(|c| c.is_control())
                    .map(|c| u32::from(c).to_string())
                    .collect();
                if control.is_empty() {
                    return Ok(());
                }
                let found = control.join(", ");
                let rule =
                    "String may not contain control sequences but had the following ASCII chars";
                Err(invalid_value(name, text, format_args!("{rule}: {found}")))
            },
        )
    }

    /// A pattern in Java's dialect. Null is refused.
    pub fn regex() -> Self {
        Self::new("valid regex", |name, value| {
            let error = match value {
                ConfigData::String(pattern) => match JavaRegex::new(pattern) {
                    Ok(_) => return Ok(()),
                    Err(error) => error.message().to_owned(),
                },
                _ => "there is no pattern".to_owned(),
            };
            Err(invalid_value(
                name,
                value,
                format_args!("Invalid regex: {error}"),
            ))
        })
    }

    /// All of these rules; the first that fails speaks.
    pub fn all(rules: Vec<Validator>) -> Self {
        let description = rules
            .iter()
            .map(Validator::description)
            .collect::<Vec<_>>()
            .join(",");
        Self::new(description, move |name, value| {
            rules.iter().try_for_each(|rule| rule.check(name, value))
        })
    }

    /// The same rule for a key that carries a prefix; messages name the key without it.
    pub(super) fn embedded(self, prefix: &str) -> Self {
        let (check, prefix) = (self.check, prefix.to_owned());
        Validator {
            check: Arc::new(move |name, value| {
                check(name.strip_prefix(&prefix).unwrap_or(name), value)
            }),
            description: self.description,
            distinct: self.distinct,
        }
    }
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Validator").field(&self.description).finish()
    }
}

fn check_range(name: &str, value: &ConfigData, min: &ConfigData, max: &ConfigData) -> Result<()> {
    let Some(number) = value.as_number() else {
        return Err(invalid_value(name, value, "Value must be non-null"));
    };
    if min.as_number().is_some_and(|min| number < min) {
        return Err(invalid_value(
            name,
            value,
            format_args!("Value must be at least {min}"),
        ));
    }
    if max.as_number().is_some_and(|max| number > max) {
        return Err(invalid_value(
            name,
            value,
            format_args!("Value must be no more than {max}"),
        ));
    }
    Ok(())
}
