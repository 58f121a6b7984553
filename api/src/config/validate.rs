//! Checking a whole configuration.

use indexmap::{IndexMap, IndexSet};

use super::{ClassNames, ConfigData, ConfigDef, ParsedConfig};
use crate::Props;

/// The answer about one key.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigValue {
    /// The key.
    pub name: String,
    /// The value it has, or null when it has none or a wrong one.
    pub value: ConfigData,
    /// Values proposed for it.
    pub recommended_values: Vec<ConfigData>,
    /// What is wrong with it.
    pub errors: Vec<String>,
    /// Whether it matters beside the others.
    pub visible: bool,
}

impl ConfigValue {
    /// A key without a value.
    pub fn new(name: impl Into<String>) -> Self {
        ConfigValue {
            name: name.into(),
            value: ConfigData::Null,
            recommended_values: Vec::new(),
            errors: Vec::new(),
            visible: true,
        }
    }
}

/// `ConfigDef.validateAll`: parse every key, check it, then ask the recommenders, which see all parsed values.
pub(super) fn validate_all(
    def: &ConfigDef,
    props: &Props,
    classes: &dyn ClassNames,
) -> Vec<ConfigValue> {
    let mut answers: IndexMap<String, ConfigValue> = def
        .keys()
        .map(|key| (key.name.clone(), ConfigValue::new(&key.name)))
        .collect();
    for name in def.undefined_dependents() {
        let mut answer = ConfigValue::new(&name);
        answer.errors.push(format!(
            "{name} is referred in the dependents, but not defined."
        ));
        answer.visible = false;
        answers.insert(name, answer);
    }

    let reached = parents_first(def);
    let mut parsed = ParsedConfig::default();
    for &name in &reached {
        if let Some(answer) = answers.get_mut(name) {
            parse_key(def, props, classes, answer);
            parsed.insert(name, answer.value.clone());
        }
    }
    for &name in &reached {
        let Some((recommender, answer)) = def
            .key(name)
            .and_then(|key| key.recommender.as_ref())
            .zip(answers.get_mut(name))
        else {
            continue;
        };
        match recommender.values(name, &parsed) {
            Ok(values) => {
                answer.recommended_values = values;
                answer.visible = recommender.visible(name, &parsed);
            }
            Err(error) => answer.errors.push(error.message().to_owned()),
        }
    }
    answers.into_values().collect()
}

fn parse_key(def: &ConfigDef, props: &Props, classes: &dyn ClassNames, answer: &mut ConfigValue) {
    let Some(key) = def.key(&answer.name) else {
        return;
    };
    match (props.get(&key.name), &key.default) {
        (Some(text), _) => {
            match super::parse::parse_text(&key.name, text.as_deref(), key.kind, classes) {
                Ok(value) => answer.value = value,
                Err(error) => answer.errors.push(error.message().to_owned()),
            }
        }
        (None, Some(default)) => answer.value = default.clone(),
        (None, None) => answer.errors.push(super::missing_required(&key.name)),
    }
    // Java checks the null of a value that did not parse as well, which is why such a value may show two errors.
    if let Some(Err(error)) = key
        .validator
        .as_ref()
        .map(|v| v.check(&key.name, &answer.value))
    {
        answer.errors.push(error.message().to_owned());
    }
}

/// The keys in the order in which Java visits them: those that depend on no other, each followed by its dependents.
/// A key is visited once; keys that only depend on each other in a circle are not visited, as in Java.
fn parents_first(def: &ConfigDef) -> IndexSet<&str> {
    let children: IndexSet<&str> = def
        .keys()
        .flat_map(|key| &key.dependents)
        .map(String::as_str)
        .collect();
    let mut reached = IndexSet::new();
    let mut stack: Vec<&str> = def
        .keys()
        .map(|key| key.name.as_str())
        .filter(|name| !children.contains(name))
        .collect();
    stack.reverse();
    while let Some(name) = stack.pop() {
        if !reached.insert(name) {
            continue;
        }
        if let Some(key) = def.key(name) {
            stack.extend(key.dependents.iter().rev().map(String::as_str));
        }
    }
    reached
}
