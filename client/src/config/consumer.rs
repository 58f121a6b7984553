//! Settings of a consumer.

use std::time::Duration;

use super::common::{ClientConfig, Defaults};
use super::reader::{ConfigError, Explicit, Parsed, Reader, invalid};
use super::{Properties, keys};

/// Settings of a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerConfig {
    /// How to reach the cluster.
    pub client: ClientConfig,
    /// `group.id`
    pub group_id: Option<String>,
    /// `group.instance.id`: makes the member static (KIP-345).
    pub group_instance_id: Option<String>,
    /// `group.protocol`
    pub group_protocol: GroupProtocol,
    /// `partition.assignment.strategy`: Java class names as given, in order of preference.
    pub assignors: Vec<String>,
    /// `session.timeout.ms`
    pub session_timeout: Duration,
    /// `heartbeat.interval.ms`
    pub heartbeat_interval: Duration,
    /// `max.poll.interval.ms`, the rebalance timeout of the member.
    pub max_poll_interval: Duration,
    /// `max.poll.records`
    pub max_poll_records: usize,
    /// `enable.auto.commit`
    pub auto_commit: bool,
    /// `auto.commit.interval.ms`
    pub auto_commit_interval: Duration,
    /// `auto.offset.reset`
    pub offset_reset: OffsetReset,
    /// `isolation.level`
    pub isolation: IsolationLevel,
    /// `fetch.min.bytes`
    pub fetch_min_bytes: u32,
    /// `fetch.max.bytes` of one Fetch answer.
    pub fetch_max_bytes: u32,
    /// `max.partition.fetch.bytes`
    pub partition_max_bytes: u32,
    /// `fetch.max.wait.ms`
    pub fetch_max_wait: Duration,
    /// `check.crcs`
    pub check_crcs: bool,
    /// `client.rack`, for reading from the nearest replica (KIP-392).
    pub client_rack: String,
    /// `allow.auto.create.topics`
    pub auto_create_topics: bool,
    /// `exclude.internal.topics` when subscribed by pattern.
    pub exclude_internal_topics: bool,
    /// The keys the user set.
    pub explicit: Explicit,
}

/// `auto.offset.reset`: where to begin without a committed offset, or when it is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetReset {
    /// The first offset.
    Earliest,
    /// The end of the log.
    Latest,
    /// Fail.
    None,
    /// The first record not older than this (KIP-1106).
    ByDuration(Duration),
}

/// `isolation.level`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IsolationLevel {
    /// Every record.
    ReadUncommitted,
    /// Only records of committed transactions, and none beyond the last stable offset.
    ReadCommitted,
}

/// `group.protocol`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupProtocol {
    /// JoinGroup and SyncGroup.
    Classic,
    /// ConsumerGroupHeartbeat (KIP-848).
    Consumer,
}

impl ConsumerConfig {
    /// Parses the settings of a consumer.
    ///
    /// # Errors
    /// A value Kafka would refuse, or one this client cannot serve.
    pub fn parse(properties: &Properties) -> Result<Parsed<Self>, ConfigError> {
        let reader = Reader::new(properties);
        let config = Self::read(&reader)?;
        Ok(Parsed {
            config,
            unknown: reader.unknown(&[keys::COMMON, keys::CONSUMER], keys::PREFIXES),
        })
    }

    fn read(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        let bytes = |key, default| reader.int(key, default, 0).map(i32::unsigned_abs);
        let group_id = reader.text("group.id").map(str::to_owned);
        Ok(Self {
            client: ClientConfig::read(reader, &Defaults::default())?,
            group_instance_id: reader.non_empty("group.instance.id")?,
            group_protocol: reader.choice(
                "group.protocol",
                GroupProtocol::Classic,
                true,
                GROUP_PROTOCOLS,
            )?,
            assignors: reader.list("partition.assignment.strategy", ASSIGNORS)?,
            session_timeout: reader.int_ms("session.timeout.ms", 45_000, i32::MIN)?,
            heartbeat_interval: reader.int_ms("heartbeat.interval.ms", 3_000, i32::MIN)?,
            max_poll_interval: reader.int_ms("max.poll.interval.ms", 300_000, 1)?,
            max_poll_records: reader.int("max.poll.records", 500, 1)?.unsigned_abs() as usize,
            auto_commit: reader.bool("enable.auto.commit", group_id.is_some())?,
            auto_commit_interval: reader.int_ms("auto.commit.interval.ms", 5_000, 0)?,
            offset_reset: offset_reset(reader)?,
            isolation: reader.choice(
                "isolation.level",
                IsolationLevel::ReadUncommitted,
                false,
                ISOLATIONS,
            )?,
            fetch_min_bytes: bytes("fetch.min.bytes", 1)?,
            fetch_max_bytes: bytes("fetch.max.bytes", 52_428_800)?,
            partition_max_bytes: bytes("max.partition.fetch.bytes", 1_048_576)?,
            fetch_max_wait: reader.int_ms("fetch.max.wait.ms", 500, 0)?,
            check_crcs: reader.bool("check.crcs", true)?,
            client_rack: reader.string("client.rack", ""),
            auto_create_topics: reader.bool("allow.auto.create.topics", true)?,
            exclude_internal_topics: reader.bool("exclude.internal.topics", true)?,
            group_id,
            explicit: reader.explicit(),
        })
    }
}

fn offset_reset(reader: &Reader<'_>) -> Result<OffsetReset, ConfigError> {
    let key = "auto.offset.reset";
    let text = reader.string(key, "latest");
    match text.to_ascii_lowercase().as_str() {
        "earliest" => Ok(OffsetReset::Earliest),
        "latest" => Ok(OffsetReset::Latest),
        "none" => Ok(OffsetReset::None),
        other => other
            .strip_prefix("by_duration:")
            .and_then(iso_duration)
            .map(OffsetReset::ByDuration)
            .ok_or_else(|| {
                let reason = "the value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'";
                invalid(key, &text, reason)
            }),
    }
}

/// `PnDTnHnMn.nS` in any case, as java.time.Duration reads it; negative durations are refused.
fn iso_duration(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('p')?;
    let (days, time) = match rest.split_once('t') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (rest, ""),
    };
    let mut total = Duration::ZERO;
    let mut parts = 0;
    if !days.is_empty() {
        let days: u64 = days.strip_suffix('d')?.parse().ok()?;
        total = total.checked_add(Duration::from_secs(days.checked_mul(86_400)?))?;
        parts += 1;
    }
    let mut number = String::new();
    let mut units = "hms".chars();
    for c in time.chars() {
        if c.is_ascii_digit() || c == '.' {
            number.push(c);
            continue;
        }
        units.find(|unit| *unit == c)?;
        let seconds = match c {
            'h' => number
                .parse::<u64>()
                .ok()?
                .checked_mul(3_600)
                .map(Duration::from_secs)?,
            'm' => number
                .parse::<u64>()
                .ok()?
                .checked_mul(60)
                .map(Duration::from_secs)?,
            _ => Duration::try_from_secs_f64(number.parse().ok()?).ok()?,
        };
        total = total.checked_add(seconds)?;
        number.clear();
        parts += 1;
    }
    (number.is_empty() && parts > 0).then_some(total)
}

const ASSIGNORS: &[&str] = &[
    "org.apache.kafka.clients.consumer.RangeAssignor",
    "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
];

const GROUP_PROTOCOLS: &[(&str, GroupProtocol)] = &[
    ("CLASSIC", GroupProtocol::Classic),
    ("CONSUMER", GroupProtocol::Consumer),
];

const ISOLATIONS: &[(&str, IsolationLevel)] = &[
    ("read_committed", IsolationLevel::ReadCommitted),
    ("read_uncommitted", IsolationLevel::ReadUncommitted),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Parsed<ConsumerConfig>, ConfigError> {
        let mut properties = Properties::from([("bootstrap.servers".to_owned(), "a:1".to_owned())]);
        properties.extend(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        ConsumerConfig::parse(&properties)
    }

    #[test]
    fn defaults_are_kafkas() {
        let config = parse(&[]).unwrap().config;
        assert_eq!(config.session_timeout, Duration::from_secs(45));
        assert_eq!(config.fetch_max_bytes, 52_428_800);
        assert_eq!(config.assignors, ASSIGNORS);
        assert_eq!(config.offset_reset, OffsetReset::Latest);
        assert!(
            !config.auto_commit,
            "without a group there is nothing to commit"
        );
        assert!(!config.explicit.contains("max.poll.records"));
    }

    #[test]
    fn durations_of_the_reset_policy() {
        let reset = |text: &str| {
            parse(&[("auto.offset.reset", text)]).map(|parsed| parsed.config.offset_reset)
        };
        assert_eq!(
            reset("by_duration:P1DT2H3M4.5S").unwrap(),
            OffsetReset::ByDuration(Duration::from_millis(93_784_500))
        );
        assert_eq!(
            reset("by_duration:PT0S").unwrap(),
            OffsetReset::ByDuration(Duration::ZERO)
        );
        for bad in [
            "by_duration:",
            "by_duration:P",
            "by_duration:PT",
            "by_duration:PT1",
            "by_duration:PT1S2H",
            "by_duration:-PT1S",
            "first",
        ] {
            assert!(reset(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_producers_key_is_unknown_to_a_consumer() {
        assert_eq!(
            parse(&[("linger.ms", "1"), ("group.id", "g")])
                .unwrap()
                .unknown,
            ["linger.ms"]
        );
    }
}
