//! Topics that a source task creates before it first writes to them (KIP-158).

use std::collections::BTreeMap;

use windlass_api::{ConnectError, JavaRegex, Props, Result};

/// How to create the topics of one source connector.
#[derive(Debug)]
pub(crate) struct TopicCreation {
    /// In the order they are tried; the last takes every topic.
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    include: Vec<JavaRegex>,
    exclude: Vec<JavaRegex>,
    settings: TopicSettings,
}

/// What a topic is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicSettings {
    /// -1 for the broker's default.
    pub(crate) partitions: i32,
    /// -1 for the broker's default.
    pub(crate) replication_factor: i16,
    /// Topic configuration.
    pub(crate) configs: BTreeMap<String, String>,
}

impl TopicCreation {
    /// Takes the `topic.creation.` keys of a source connector; `None` when it has none, for then topics are left to the
    /// broker (SR-017).
    ///
    /// # Errors
    /// When a value is missing or wrong.
    pub(crate) fn new(config: &Props) -> Result<Option<Self>> {
        if !config.keys().any(|key| key.starts_with(PREFIX)) {
            return Ok(None);
        }
        let defaults = settings(config, "default", None)?;
        let aliases = text(config, "topic.creation.groups").unwrap_or_default();
        let mut groups = Vec::new();
        for alias in list(aliases).filter(|alias| *alias != "default") {
            let key = format!("{PREFIX}{alias}.include");
            if text(config, &key).is_none() {
                return Err(missing(&key));
            }
            groups.push(Group {
                include: patterns(config, alias, "include")?,
                exclude: patterns(config, alias, "exclude")?,
                settings: settings(config, alias, Some(&defaults))?,
            });
        }
        let exclude = Vec::new();
        groups.push(Group {
            include: vec![regex("default", ".*")?],
            exclude,
            settings: defaults,
        });
        Ok(Some(TopicCreation { groups }))
    }

    /// What this topic is to be created with: the first group that takes it decides.
    pub(crate) fn settings_of(&self, topic: &str) -> Option<&TopicSettings> {
        // A pattern that backtracks too far matches nothing.
        let any =
            |patterns: &[JavaRegex]| patterns.iter().any(|p| p.matches(topic).unwrap_or(false));
        let group = self
            .groups
            .iter()
            .find(|group| !any(&group.exclude) && any(&group.include));
        group.map(|group| &group.settings)
    }
}

fn settings(
    config: &Props,
    alias: &str,
    defaults: Option<&TopicSettings>,
) -> Result<TopicSettings> {
    let prefix = format!("{PREFIX}{alias}.");
    let partitions = number(
        config,
        &format!("{prefix}partitions"),
        defaults.map(|d| d.partitions),
    )?;
    let replication_factor = number(
        config,
        &format!("{prefix}replication.factor"),
        defaults.map(|d| d.replication_factor),
    )?;
    let mut configs = BTreeMap::new();
    for (key, value) in config {
        let Some((name, value)) = key.strip_prefix(&prefix).zip(value.as_deref()) else {
            continue;
        };
        if !OWN_KEYS.contains(&name) {
            configs.insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(TopicSettings {
        partitions,
        replication_factor,
        configs,
    })
}

fn patterns(config: &Props, alias: &str, which: &str) -> Result<Vec<JavaRegex>> {
    let key = format!("{PREFIX}{alias}.{which}");
    list(text(config, &key).unwrap_or_default())
        .map(|pattern| regex(&key, pattern))
        .collect()
}

fn regex(key: &str, pattern: &str) -> Result<JavaRegex> {
    JavaRegex::new(pattern).map_err(|e| {
        ConnectError::config(format!(
            "Invalid value {pattern} for configuration {key}: {e}"
        ))
    })
}

fn number<T: std::str::FromStr + Copy>(config: &Props, key: &str, default: Option<T>) -> Result<T> {
    match text(config, key) {
        Some(value) => value.trim().parse().map_err(|_| {
            ConnectError::config(format!(
                "Invalid value {value} for configuration {key}: Not a number"
            ))
        }),
        None => default.ok_or_else(|| missing(key)),
    }
}

fn missing(key: &str) -> ConnectError {
    ConnectError::config(format!(
        "Missing required configuration \"{key}\" which has no default value."
    ))
}

fn text<'c>(config: &'c Props, key: &str) -> Option<&'c str> {
    config.get(key).and_then(|value| value.as_deref())
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

const PREFIX: &str = "topic.creation.";

const OWN_KEYS: [&str; 4] = ["include", "exclude", "partitions", "replication.factor"];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Option<TopicCreation>> {
        let pairs = pairs
            .iter()
            .map(|(k, v)| (format!("topic.creation.{k}"), Some((*v).to_owned())));
        TopicCreation::new(&pairs.collect())
    }

    #[test]
    fn the_first_group_that_takes_a_topic_decides() {
        let creation = parse(&[
            ("groups", "compacted, wide"),
            ("default.replication.factor", "3"),
            ("default.partitions", "5"),
            ("default.retention.ms", "60000"),
            ("compacted.include", "state-.*, exactly"),
            ("compacted.exclude", "state-x.*"),
            ("compacted.partitions", "1"),
            ("compacted.cleanup.policy", "compact"),
            ("wide.include", "state-.*"),
            ("wide.partitions", "100"),
        ]);
        let creation = creation.unwrap().unwrap();
        let of = |topic| creation.settings_of(topic).unwrap();
        assert_eq!(
            (of("state-a").partitions, of("state-a").replication_factor),
            (1, 3)
        );
        assert_eq!(of("state-a").configs["cleanup.policy"], "compact");
        assert_eq!(of("exactly").partitions, 1);
        assert_eq!(of("state-xy").partitions, 100);
        assert_eq!(of("exactly-not").partitions, 5);
        assert_eq!(of("exactly-not").configs["retention.ms"], "60000");
    }

    #[test]
    fn defaults_are_required_once_there_is_any_key() {
        assert!(parse(&[]).unwrap().is_none());
        assert!(parse(&[("default.partitions", "1")]).is_err());
        assert!(
            parse(&[
                ("default.partitions", "1"),
                ("default.replication.factor", "x")
            ])
            .is_err()
        );
        let no_include = [
            ("groups", "g"),
            ("default.partitions", "1"),
            ("default.replication.factor", "1"),
        ];
        assert!(parse(&no_include).is_err());
    }
}
