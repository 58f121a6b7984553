//! Rules for lists.

use std::collections::HashSet;

use super::{ConfigData, Validator, invalid_value};
use crate::{ConnectError, Result};

impl Validator {
    /// A list without empty or repeated items; whether it may be empty or null is said.
    pub fn distinct_list(empty_allowed: bool, null_allowed: bool) -> Self {
        let mut description = String::from(if empty_allowed {
            "any"
        } else {
            "any non-empty"
        });
        description.push_str(" list without duplicates or empty values");
        description.push_str(if null_allowed { ", or null" } else { "" });
        Self::new(description, move |name, value| {
            check_list(name, value, &[], empty_allowed, null_allowed)
        })
        .distinct()
    }

    /// A list of some of these texts, each at most once; it may be empty.
    pub fn list_of(valid: &[&str]) -> Self {
        let list = valid.join(", ");
        let valid: Vec<String> = valid.iter().map(ToString::to_string).collect();
        Self::new(format!("[{list}]"), move |name, value| {
            check_list(name, value, &valid, true, false)
        })
        .distinct()
    }

    /// A list of at least one item. Null is refused.
    pub fn non_empty_list() -> Self {
        Self::new("non-empty list", |name, value| match value {
            ConfigData::List(items) if !items.is_empty() => Ok(()),
            _ => Err(invalid_value(name, value, "Empty list")),
        })
    }

    /// A list of at most this many items, or null.
    pub fn at_most_items(max: usize) -> Self {
        Self::new(
            format!("list of maximum size {max}"),
            move |name, value| match value {
                ConfigData::List(items) if items.len() > max => Err(invalid_value(
                    name,
                    value,
                    format_args!("exceeds maximum list size of [{max}]."),
                )),
                _ => Ok(()),
            },
        )
    }

    /// A list of aliases, none of them twice, as `transforms` takes.
    pub fn unique_aliases() -> Self {
        Self::new("unique transformation aliases", |name, value| match value {
            ConfigData::List(items) if has_duplicates(items) => {
                Err(invalid_value(name, value, "Duplicate alias provided."))
            }
            _ => Ok(()),
        })
    }
}

fn check_list(
    name: &str,
    value: &ConfigData,
    valid: &[String],
    empty_allowed: bool,
    null_allowed: bool,
) -> Result<()> {
    let fail = |what: &str| {
        Err(ConnectError::config(format!(
            "Configuration '{name}' {what}"
        )))
    };
    let ConfigData::List(items) = value else {
        return if null_allowed {
            Ok(())
        } else {
            fail("values must not be null.")
        };
    };
    if !empty_allowed && items.is_empty() {
        let valid = match valid {
            [] => "any non-empty value".to_owned(),
            valid => format!("[{}]", valid.join(", ")),
        };
        return fail(&format!("must not be empty. Valid values include: {valid}"));
    }
    if has_duplicates(items) {
        return fail("values must not be duplicated.");
    }
    for item in items {
        if item.is_empty() {
            return fail("values must not be empty.");
        }
        if !valid.is_empty() && !valid.contains(item) {
            let rule = format_args!("String must be one of: {}", valid.join(", "));
            return Err(invalid_value(name, item, rule));
        }
    }
    Ok(())
}

/// Leaves out items that are given again.
pub(super) fn remove_duplicates(items: &mut Vec<String>) {
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert(item.clone()));
}

fn has_duplicates(items: &[String]) -> bool {
    let mut seen = HashSet::new();
    !items.iter().all(|item| seen.insert(item))
}
