//! The configuration of topics: Kafka 4.3's keys, defaults and checks.

use std::collections::BTreeMap;

use crate::log::Retention;

/// What a topic's value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Int,
    Long,
    Double,
    String,
    List,
}

/// A key of a topic's configuration.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) default: &'static str,
    /// The broker key that sets the default in Kafka; empty when there is none.
    pub(crate) synonym: &'static str,
    /// The smallest number, or the words allowed.
    check: Check,
}

#[derive(Debug)]
enum Check {
    Any,
    AtLeast(i64),
    Within(f64, f64),
    Words(&'static [&'static str]),
}

/// What of a topic's configuration this broker acts on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) compact: bool,
    /// Whether old records are deleted, by age and size.
    pub(crate) delete: bool,
    pub(crate) retention: Retention,
    /// The largest batch accepted.
    pub(crate) max_message_bytes: usize,
    pub(crate) segment_bytes: u64,
    pub(crate) log_append_time: bool,
    pub(crate) delete_retention_ms: i64,
    pub(crate) min_compaction_lag_ms: i64,
    pub(crate) min_dirty_ratio: f64,
}

/// The configuration of one topic: what was set, over the defaults.
#[derive(Clone, Debug)]
pub(crate) struct TopicConfig {
    set: BTreeMap<String, String>,
    rules: Rules,
}

impl Default for TopicConfig {
    fn default() -> Self {
        let set = BTreeMap::new();
        TopicConfig {
            rules: rules(&set),
            set,
        }
    }
}

impl TopicConfig {
    /// Fails with Kafka's message when a key is unknown or a value is not what the key wants.
    pub(crate) fn new(set: BTreeMap<String, String>) -> Result<TopicConfig, String> {
        for (name, value) in &set {
            let key = key(name).ok_or_else(|| format!("Unknown topic config name: {name}"))?;
            key.validate(value)?;
        }
        let rules = rules(&set);
        Ok(TopicConfig { set, rules })
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What was set, by key.
    pub(crate) fn set(&self) -> &BTreeMap<String, String> {
        &self.set
    }

    /// The value in force.
    pub(crate) fn value<'a>(&'a self, key: &'a Key) -> &'a str {
        self.set.get(key.name).map_or(key.default, String::as_str)
    }
}

/// The key of this name.
pub(crate) fn key(name: &str) -> Option<&'static Key> {
    KEYS.binary_search_by_key(&name, |key| key.name)
        .ok()
        .map(|index| &KEYS[index])
}

impl Key {
    fn validate(&self, value: &str) -> Result<(), String> {
        let name = self.name;
        let wrong_type = |wanted: &str| {
            format!("Invalid value {value} for configuration {name}: Not a number of type {wanted}")
        };
        let number = match self.kind {
            Kind::Boolean if !["true", "false"].contains(&value.to_ascii_lowercase().as_str()) => {
                let wanted = "Expected value to be either true or false";
                return Err(format!(
                    "Invalid value {value} for configuration {name}: {wanted}"
                ));
            }
            Kind::Int => Some(i64::from(
                value.trim().parse::<i32>().map_err(|_| wrong_type("INT"))?,
            )),
            Kind::Long => Some(
                value
                    .trim()
                    .parse::<i64>()
                    .map_err(|_| wrong_type("LONG"))?,
            ),
            Kind::Double => {
                let found = value
                    .trim()
                    .parse::<f64>()
                    .map_err(|_| wrong_type("DOUBLE"))?;
                if let Check::Within(least, most) = self.check
                    && !(least..=most).contains(&found)
                {
                    let wanted = if found < least {
                        format!("Value must be at least {least}")
                    } else {
                        format!("Value must be no more than {most}")
                    };
                    return Err(format!(
                        "Invalid value {found} for configuration {name}: {wanted}"
                    ));
                }
                None
            }
            Kind::Boolean | Kind::String | Kind::List => None,
        };
        match (&self.check, number) {
            (Check::AtLeast(least), Some(number)) if number < *least => Err(format!(
                "Invalid value {number} for configuration {name}: Value must be at least {least}"
            )),
            (Check::Words(words), _) if !self.words(value).all(|word| words.contains(&word)) => {
                let wanted = format!("String must be one of: {}", words.join(", "));
                Err(format!(
                    "Invalid value {value} for configuration {name}: {wanted}"
                ))
            }
            _ => Ok(()),
        }
    }

    fn words<'a>(&self, value: &'a str) -> impl Iterator<Item = &'a str> {
        let list = self.kind == Kind::List;
        let whole = (!list).then_some(value);
        let parts = list.then(|| {
            value
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty())
        });
        whole.into_iter().chain(parts.into_iter().flatten())
    }
}

fn rules(set: &BTreeMap<String, String>) -> Rules {
    let text = |name: &str| {
        set.get(name)
            .map_or_else(|| key(name).map_or("", |key| key.default), String::as_str)
    };
    let number = |name: &str| text(name).trim().parse::<i64>().unwrap_or_default();
    let policy = text("cleanup.policy");
    Rules {
        compact: policy.split(',').any(|word| word.trim() == "compact"),
        delete: policy.split(',').any(|word| word.trim() == "delete"),
        retention: Retention {
            milliseconds: number("retention.ms"),
            bytes: number("retention.bytes"),
        },
        max_message_bytes: number("max.message.bytes").max(0) as usize,
        segment_bytes: number("segment.bytes").max(1) as u64,
        log_append_time: text("message.timestamp.type") == "LogAppendTime",
        delete_retention_ms: number("delete.retention.ms"),
        min_compaction_lag_ms: number("min.compaction.lag.ms"),
        min_dirty_ratio: text("min.cleanable.dirty.ratio")
            .trim()
            .parse()
            .unwrap_or_default(),
    }
}

const fn entry(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    synonym: &'static str,
    check: Check,
) -> Key {
    Key {
        name,
        kind,
        default,
        synonym,
        check,
    }
}

const FOREVER: &str = "9223372036854775807";

/// Ascending by name, for the search.
#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    entry("cleanup.policy", Kind::List, "delete", "log.cleanup.policy", Check::Words(&["compact", "delete"])),
    entry("compression.gzip.level", Kind::Int, "-1", "compression.gzip.level", Check::Any),
    entry("compression.lz4.level", Kind::Int, "9", "compression.lz4.level", Check::AtLeast(1)),
    entry("compression.type", Kind::String, "producer", "compression.type",
          Check::Words(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])),
    entry("compression.zstd.level", Kind::Int, "3", "compression.zstd.level", Check::Any),
    entry("delete.retention.ms", Kind::Long, "86400000", "log.cleaner.delete.retention.ms", Check::AtLeast(0)),
    entry("file.delete.delay.ms", Kind::Long, "60000", "log.segment.delete.delay.ms", Check::AtLeast(0)),
    entry("flush.messages", Kind::Long, FOREVER, "log.flush.interval.messages", Check::AtLeast(1)),
    entry("flush.ms", Kind::Long, FOREVER, "", Check::AtLeast(0)),
    entry("follower.replication.throttled.replicas", Kind::List, "", "", Check::Any),
    entry("index.interval.bytes", Kind::Int, "4096", "log.index.interval.bytes", Check::AtLeast(0)),
    entry("leader.replication.throttled.replicas", Kind::List, "", "", Check::Any),
    entry("local.retention.bytes", Kind::Long, "-2", "log.local.retention.bytes", Check::AtLeast(-2)),
    entry("local.retention.ms", Kind::Long, "-2", "log.local.retention.ms", Check::AtLeast(-2)),
    entry("max.compaction.lag.ms", Kind::Long, FOREVER, "log.cleaner.max.compaction.lag.ms", Check::AtLeast(1)),
    entry("max.message.bytes", Kind::Int, "1048588", "message.max.bytes", Check::AtLeast(0)),
    entry("message.timestamp.after.max.ms", Kind::Long, "3600000", "log.message.timestamp.after.max.ms", Check::AtLeast(0)),
    entry("message.timestamp.before.max.ms", Kind::Long, FOREVER, "log.message.timestamp.before.max.ms", Check::AtLeast(0)),
    entry("message.timestamp.type", Kind::String, "CreateTime", "log.message.timestamp.type",
          Check::Words(&["CreateTime", "LogAppendTime"])),
    entry("min.cleanable.dirty.ratio", Kind::Double, "0.5", "log.cleaner.min.cleanable.ratio", Check::Within(0.0, 1.0)),
    entry("min.compaction.lag.ms", Kind::Long, "0", "log.cleaner.min.compaction.lag.ms", Check::AtLeast(0)),
    entry("min.insync.replicas", Kind::Int, "1", "min.insync.replicas", Check::AtLeast(1)),
    entry("preallocate", Kind::Boolean, "false", "log.preallocate", Check::Any),
    entry("remote.log.copy.disable", Kind::Boolean, "false", "", Check::Any),
    entry("remote.log.delete.on.disable", Kind::Boolean, "false", "", Check::Any),
    entry("remote.storage.enable", Kind::Boolean, "false", "", Check::Words(&["false"])),
    entry("retention.bytes", Kind::Long, "-1", "log.retention.bytes", Check::Any),
    entry("retention.ms", Kind::Long, "604800000", "log.retention.ms", Check::AtLeast(-1)),
    entry("segment.bytes", Kind::Int, "1073741824", "log.segment.bytes", Check::AtLeast(1_048_576)),
    entry("segment.index.bytes", Kind::Int, "10485760", "log.index.size.max.bytes", Check::AtLeast(4)),
    entry("segment.jitter.ms", Kind::Long, "0", "", Check::AtLeast(0)),
    entry("segment.ms", Kind::Long, "604800000", "", Check::AtLeast(1)),
    entry("unclean.leader.election.enable", Kind::Boolean, "false", "unclean.leader.election.enable", Check::Any),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<TopicConfig, String> {
        TopicConfig::new(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn every_key_is_found_and_its_default_is_valid() {
        for entry in KEYS {
            assert!(key(entry.name).is_some(), "{} is out of order", entry.name);
            assert_eq!(entry.validate(entry.default), Ok(()));
        }
    }

    #[test]
    fn wrong_settings_are_told_as_kafka_tells_them() {
        let told = |name, value| config(&[(name, value)]).unwrap_err();
        assert_eq!(told("nope", "1"), "Unknown topic config name: nope");
        assert_eq!(
            told("retention.ms", "x"),
            "Invalid value x for configuration retention.ms: Not a number of type LONG"
        );
        assert_eq!(
            told("cleanup.policy", "foo"),
            "Invalid value foo for configuration cleanup.policy: String must be one of: compact, delete"
        );
        assert_eq!(
            told("min.insync.replicas", "0"),
            "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1"
        );
    }

    #[test]
    fn a_topic_may_be_compacted_and_deleted_from() {
        let rules = *config(&[("cleanup.policy", "compact, delete")])
            .unwrap()
            .rules();
        assert!(rules.compact && rules.delete);
        let rules = *config(&[("cleanup.policy", "compact")]).unwrap().rules();
        assert!(rules.compact && !rules.delete);
        let rules = *config(&[]).unwrap().rules();
        assert!(!rules.compact && rules.delete);
    }
}
