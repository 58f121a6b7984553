//! Topics that a source task creates before it first writes to them (KIP-158).

use std::collections::BTreeMap;

use windlass_api::{
    AnyClass, ConfigData, ConfigDef, ConfigKey, JavaRegex, Kind, ParsedConfig, Props, Result,
    Validator, invalid_value, parse_type,
};

/// How to create the topics of one source connector.
#[derive(Debug)]
pub(crate) struct TopicCreation {
    /// In the order they are tried.
    groups: Vec<Group>,
    /// What every other topic is created with.
    default: TopicSettings,
}

#[derive(Debug)]
struct Group {
    /// The patterns of each list as the alternatives of one, as in Java, where a flag set in one holds in those after it.
    include: JavaRegex,
    exclude: JavaRegex,
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
        let default = settings(config, DEFAULT, &parse(config, DEFAULT, &keys(None))?)?;
        let names = config
            .get(GROUPS)
            .cloned()
            .flatten()
            .map_or(ConfigData::Null, ConfigData::from);
        let names = match parse_type(GROUPS, &names, Kind::List, &AnyClass)? {
            ConfigData::List(names) => names,
            _ => Vec::new(),
        };
        let mut groups = Vec::new();
        for name in names.iter().filter(|name| *name != DEFAULT) {
            let parsed = parse(config, name, &keys(Some(&default)))?;
            groups.push(Group {
                include: alternatives(&parsed, "include")?,
                exclude: alternatives(&parsed, "exclude")?,
                settings: settings(config, name, &parsed)?,
            });
        }
        Ok(Some(TopicCreation { groups, default }))
    }

    /// What this topic is to be created with: the first group that takes it decides.
    pub(crate) fn settings_of(&self, topic: &str) -> &TopicSettings {
        // A pattern that backtracks too far matches nothing.
        let any = |pattern: &JavaRegex| pattern.matches(topic).unwrap_or(false);
        let group = self
            .groups
            .iter()
            .find(|group| !any(&group.exclude) && any(&group.include));
        group.map_or(&self.default, |group| &group.settings)
    }
}

/// The keys of a group (`TopicCreationConfig`). The group `default` has none of its own for which topics it takes and must
/// say what they are created with; others fall back on it.
fn keys(default: Option<&TopicSettings>) -> ConfigDef {
    let mut replication = ConfigKey::new(REPLICATION_FACTOR, Kind::Short).validator(positive_or_default(
        "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use \
         the broker's default",
    ));
    let mut partitions = ConfigKey::new(PARTITIONS, Kind::Int).validator(positive_or_default(
        "Number of partitions must be positive, or -1 to use the broker's default",
    ));
    let Some(default) = default else {
        return ConfigDef::new().define(replication).define(partitions);
    };
    replication.default = Some(default.replication_factor.into());
    partitions.default = Some(default.partitions.into());
    let patterns = |name| {
        ConfigKey::new(name, Kind::List)
            .default_value(Vec::new())
            .validator(regexes())
    };
    ConfigDef::new()
        .define(patterns("include"))
        .define(patterns("exclude"))
        .define(replication)
        .define(partitions)
}

fn parse(config: &Props, group: &str, keys: &ConfigDef) -> Result<ParsedConfig> {
    let prefix = format!("{PREFIX}{group}.");
    let mut def = ConfigDef::new();
    for key in keys.keys() {
        let mut one = ConfigDef::new();
        one.insert(key.clone());
        def.embed(&prefix, group, 0, &one);
    }
    Ok(def.parse(config)?.without_prefix(&prefix))
}

fn settings(config: &Props, group: &str, parsed: &ParsedConfig) -> Result<TopicSettings> {
    let prefix = format!("{PREFIX}{group}.");
    let other = config.iter().filter_map(|(key, value)| {
        let name = key
            .strip_prefix(&prefix)
            .filter(|name| !OWN_KEYS.contains(name))?;
        Some((name.to_owned(), value.clone()?))
    });
    Ok(TopicSettings {
        partitions: parsed.get(PARTITIONS)?,
        replication_factor: parsed.get(REPLICATION_FACTOR)?,
        configs: other.collect(),
    })
}

fn alternatives(parsed: &ParsedConfig, key: &str) -> Result<JavaRegex> {
    JavaRegex::new(&parsed.get::<&[String]>(key)?.join("|"))
}

fn positive_or_default(message: &'static str) -> Validator {
    Validator::new("positive, or -1", move |name, value| match *value {
        ConfigData::Int(n) if n == -1 || n > 0 => Ok(()),
        ConfigData::Short(n) if n == -1 || n > 0 => Ok(()),
        _ => Err(invalid_value(name, value, message)),
    })
}

fn regexes() -> Validator {
    Validator::new("valid regular expressions", |name, value| {
        let ConfigData::List(patterns) = value else {
            return Ok(());
        };
        patterns
            .iter()
            .try_for_each(|pattern| match JavaRegex::new(pattern) {
                Ok(_) => Ok(()),
                Err(error) => Err(invalid_value(
                    name,
                    value,
                    format_args!("Syntax error in regular expression: {error}"),
                )),
            })
    })
}

const PREFIX: &str = "topic.creation.";
const GROUPS: &str = "topic.creation.groups";
const DEFAULT: &str = "default";
const PARTITIONS: &str = "partitions";
const REPLICATION_FACTOR: &str = "replication.factor";

/// What is not topic configuration.
const OWN_KEYS: [&str; 4] = ["include", "exclude", PARTITIONS, REPLICATION_FACTOR];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Option<TopicCreation>> {
        let pairs = pairs
            .iter()
            .map(|(k, v)| (format!("topic.creation.{k}"), Some((*v).to_owned())));
        TopicCreation::new(&pairs.collect())
    }

    fn with_default(more: &[(&str, &str)]) -> Result<Option<TopicCreation>> {
        let default = [
            ("default.partitions", "1"),
            ("default.replication.factor", "1"),
        ];
        parse(&[&default, more].concat())
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
        let of = |topic| creation.settings_of(topic);
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
    fn a_group_that_includes_nothing_takes_nothing() {
        let creation = with_default(&[("groups", "a"), ("a.partitions", "7")])
            .unwrap()
            .unwrap();
        assert_eq!(creation.settings_of("t").partitions, 1);
        // What the group default says about topics is not looked at.
        let creation = with_default(&[("default.include", "a"), ("default.exclude", "t")])
            .unwrap()
            .unwrap();
        assert_eq!(creation.settings_of("t").partitions, 1);
        assert!(creation.settings_of("t").configs.is_empty());
    }

    #[test]
    fn patterns_are_alternatives_of_one() {
        let creation = with_default(&[
            ("groups", "a"),
            ("a.include", "(?i)x,orders"),
            ("a.partitions", "7"),
        ]);
        assert_eq!(
            creation.unwrap().unwrap().settings_of("ORDERS").partitions,
            7
        );
    }

    #[test]
    fn errors_are_java_s() {
        let error =
            |creation: Result<Option<TopicCreation>>| creation.unwrap_err().message().to_owned();
        assert!(parse(&[]).unwrap().is_none());
        assert_eq!(
            error(parse(&[("default.partitions", "1")])),
            "Missing required configuration \"topic.creation.default.replication.factor\" which has no default value."
        );
        assert_eq!(
            error(parse(&[
                ("default.partitions", "x"),
                ("default.replication.factor", "1")
            ])),
            "Invalid value x for configuration topic.creation.default.partitions: Not a number of type INT"
        );
        assert_eq!(
            error(with_default(&[("groups", "a"), ("a.partitions", "0")])),
            "Invalid value 0 for configuration partitions: Number of partitions must be positive, or -1 to use the \
             broker's default"
        );
        assert_eq!(
            error(with_default(&[("groups", "a"), ("a.include", "(")])),
            "Invalid value [(] for configuration include: Syntax error in regular expression: Unclosed group near index \
             1\n("
        );
        assert!(with_default(&[("groups", "a"), ("a.partitions", "-1")]).is_ok());
    }
}
