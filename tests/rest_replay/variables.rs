//! `${name}` in scenarios.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The variables of a run.
#[derive(Debug, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The text with the variables that are known put in; others stay as they are.
    pub(crate) fn text(&self, text: &str) -> String {
        self.replace(text, str::to_owned)
    }

    /// The same for everything in a value; in regular expressions the values stand for themselves.
    pub(crate) fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.value(item)).collect())
            }
            Value::Object(members) => {
                let member = |(key, value): (&String, &Value)| match (key.as_str(), value) {
                    ("$regex", Value::String(regex)) => {
                        (key.clone(), Value::String(self.replace(regex, escape)))
                    }
                    _ => (self.text(key), self.value(value)),
                };
                Value::Object(members.iter().map(member).collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn replace(&self, text: &str, spell: fn(&str) -> String) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            replaced.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            let name = rest[..end].trim_start_matches("${").trim_end_matches('}');
            match self.0.get(name) {
                Some(value) => replaced.push_str(&spell(value)),
                None => replaced.push_str(&rest[..end]),
            }
            rest = &rest[end..];
        }
        replaced + rest
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !c.is_alphanumeric() && c.is_ascii() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
