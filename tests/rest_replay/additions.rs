//! Classes that Java's worker does not have.

use serde_json::Value;

/// Takes these classes out of all lists: of names, and of objects with a `class`.
pub(crate) fn without_additions(body: Value) -> Value {
    match body {
        Value::Array(items) => items
            .into_iter()
            .filter(|item| !is_addition(item) && !item.get("class").is_some_and(is_addition))
            .map(without_additions)
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (name, without_additions(member)))
            .collect(),
        other => other,
    }
}

fn is_addition(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|class| CLASSES.lines().any(|addition| addition == class))
}

const CLASSES: &str = include_str!("additions.txt");
