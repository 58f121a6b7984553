//! Settings of a producer.

use std::time::Duration;

use windlass_wire::compression::{Compression, Levels};

use super::common::{ClientConfig, Defaults};
use super::reader::{ConfigError, Explicit, Parsed, Reader, invalid};
use super::{Properties, keys};

/// Settings of a producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerConfig {
    /// How to reach the cluster.
    pub client: ClientConfig,
    /// `acks`
    pub acks: Acks,
    /// `enable.idempotence`, after the rules that switch it off (see [`ProducerConfig::parse`]).
    pub idempotence: bool,
    /// `max.in.flight.requests.per.connection`
    pub max_in_flight: usize,
    /// `retries` of one batch; `delivery_timeout` usually ends it first.
    pub retries: u32,
    /// `delivery.timeout.ms`: from the append of a batch's first record to its success or failure.
    pub delivery_timeout: Duration,
    /// `max.block.ms`: how long to wait for metadata or for room.
    pub max_block: Duration,
    /// `linger.ms`
    pub linger: Duration,
    /// `batch.size` in bytes, before compression.
    pub batch_size: usize,
    /// `buffer.memory` in bytes, over all partitions.
    pub buffer_memory: usize,
    /// `max.request.size` in bytes.
    pub max_request_size: usize,
    /// `compression.type`
    pub compression: Compression,
    /// `compression.gzip.level`, `compression.lz4.level` and `compression.zstd.level`
    pub levels: Levels,
    /// `partitioner.ignore.keys` (KIP-794)
    pub ignore_keys: bool,
    /// `transactional.id`
    pub transactional_id: Option<String>,
    /// `transaction.timeout.ms`
    pub transaction_timeout: Duration,
    /// The keys the user set.
    pub explicit: Explicit,
}

/// `acks`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acks {
    /// Do not wait for an answer: losses go unnoticed.
    None,
    /// The leader has it.
    Leader,
    /// Every in-sync replica has it.
    All,
}

impl Acks {
    /// The number on the wire.
    pub fn code(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

impl ProducerConfig {
    /// Parses the settings of a producer.
    ///
    /// As in Java, idempotence that nobody asked for is switched off when `acks`, `retries` or
    /// `max.in.flight.requests.per.connection` rule it out, and is an error when it was asked for; and a
    /// `delivery.timeout.ms` nobody set is raised to `linger.ms` + `request.timeout.ms`.
    ///
    /// # Errors
    /// A value Kafka would refuse, or one this client cannot serve.
    pub fn parse(properties: &Properties) -> Result<Parsed<Self>, ConfigError> {
        let reader = Reader::new(properties);
        let mut config = Self::read(&reader)?;
        config.settle_idempotence()?;
        config.settle_delivery_timeout()?;
        refuse_foreign_code(&reader)?;
        Ok(Parsed {
            config,
            unknown: reader.unknown(&[keys::COMMON, keys::PRODUCER], keys::PREFIXES),
        })
    }

    fn read(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        let defaults = Defaults::default();
        let bytes = |key, default| {
            reader
                .int(key, default, 0)
                .map(|value| value.unsigned_abs() as usize)
        };
        Ok(Self {
            client: ClientConfig::read(reader, &defaults)?,
            acks: reader.choice("acks", Acks::All, false, ACKS)?,
            idempotence: reader.bool("enable.idempotence", true)?,
            max_in_flight: reader
                .int("max.in.flight.requests.per.connection", 5, 1)?
                .unsigned_abs() as usize,
            retries: reader.int("retries", i32::MAX, 0)?.unsigned_abs(),
            delivery_timeout: reader.int_ms("delivery.timeout.ms", 120_000, 0)?,
            max_block: reader.long_ms("max.block.ms", 60_000, 0)?,
            linger: reader.long_ms("linger.ms", 5, 0)?,
            batch_size: bytes("batch.size", 16_384)?,
            buffer_memory: usize::try_from(reader.long("buffer.memory", 33_554_432, 0)?)
                .unwrap_or(usize::MAX),
            max_request_size: bytes("max.request.size", 1_048_576)?,
            compression: reader.choice("compression.type", Compression::None, false, &codecs())?,
            levels: levels(reader)?,
            ignore_keys: reader.bool("partitioner.ignore.keys", false)?,
            transactional_id: reader.non_empty("transactional.id")?,
            transaction_timeout: reader.int_ms("transaction.timeout.ms", 60_000, i32::MIN)?,
            explicit: reader.explicit(),
        })
    }

    fn settle_idempotence(&mut self) -> Result<(), ConfigError> {
        let asked = self.explicit.contains("enable.idempotence") || self.transactional_id.is_some();
        if self.transactional_id.is_some() && !self.idempotence {
            let text = "Cannot set a transactional.id without also enabling idempotence.";
            return Err(ConfigError::Conflict(text.to_owned()));
        }
        if !self.idempotence {
            return Ok(());
        }
        let reason = if self.retries == 0 {
            "Must set retries to non-zero when using the idempotent producer."
        } else if self.acks != Acks::All {
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
        } else if self.max_in_flight > MAX_IN_FLIGHT_IDEMPOTENT {
            "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer."
        } else {
            return Ok(());
        };
        if asked {
            return Err(ConfigError::Conflict(reason.to_owned()));
        }
        self.idempotence = false;
        Ok(())
    }

    fn settle_delivery_timeout(&mut self) -> Result<(), ConfigError> {
        let least = self.linger.saturating_add(self.client.request_timeout);
        if self.delivery_timeout >= least {
            return Ok(());
        }
        if self.explicit.contains("delivery.timeout.ms") {
            let text = "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms";
            return Err(ConfigError::Conflict(text.to_owned()));
        }
        self.delivery_timeout = least;
        Ok(())
    }
}

/// Java classes cannot run here: say so instead of silently partitioning otherwise.
fn refuse_foreign_code(reader: &Reader<'_>) -> Result<(), ConfigError> {
    for key in ["partitioner.class", "interceptor.classes"] {
        if let Some(value) = reader.text(key).filter(|value| !value.is_empty()) {
            return Err(ConfigError::Unsupported {
                key: key.to_owned(),
                value: value.to_owned(),
                reason: "Java classes cannot be loaded; records are partitioned as Kafka does by default".to_owned(),
            });
        }
    }
    Ok(())
}

fn levels(reader: &Reader<'_>) -> Result<Levels, ConfigError> {
    let gzip = level(reader, "compression.gzip.level", -1, -1..=9)?;
    if gzip == 0 {
        return Err(invalid(
            "compression.gzip.level",
            "0",
            "Value must be between 1 and 9 or equal to -1",
        ));
    }
    Ok(Levels {
        gzip,
        lz4: level(reader, "compression.lz4.level", 9, 1..=17)?,
        zstd: level(reader, "compression.zstd.level", 3, -131_072..=22)?,
    })
}

fn level(
    reader: &Reader<'_>,
    key: &str,
    default: i32,
    range: std::ops::RangeInclusive<i32>,
) -> Result<i32, ConfigError> {
    let value = reader.int(key, default, *range.start())?;
    if value > *range.end() {
        return Err(invalid(
            key,
            &value.to_string(),
            &format!("Value must be no more than {}", range.end()),
        ));
    }
    Ok(value)
}

fn codecs() -> [(&'static str, Compression); 5] {
    Compression::ALL.map(|codec| (codec.name(), codec))
}

/// More than this and a broker can no longer tell a retry from a new batch.
const MAX_IN_FLIGHT_IDEMPOTENT: usize = 5;

const ACKS: &[(&str, Acks)] = &[
    ("all", Acks::All),
    ("-1", Acks::All),
    ("0", Acks::None),
    ("1", Acks::Leader),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<ProducerConfig, ConfigError> {
        let mut properties = Properties::from([("bootstrap.servers".to_owned(), "a:1".to_owned())]);
        properties.extend(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        ProducerConfig::parse(&properties).map(|parsed| parsed.config)
    }

    #[test]
    fn defaults_are_kafkas() {
        let config = parse(&[]).unwrap();
        assert_eq!(
            (config.acks, config.idempotence, config.max_in_flight),
            (Acks::All, true, 5)
        );
        assert_eq!(
            (
                config.batch_size,
                config.buffer_memory,
                config.max_request_size
            ),
            (16_384, 33_554_432, 1_048_576)
        );
        assert_eq!(
            (config.linger, config.delivery_timeout),
            (Duration::from_millis(5), Duration::from_secs(120))
        );
    }

    #[test]
    fn idempotence_gives_way_unless_it_was_asked_for() {
        assert!(!parse(&[("acks", "1")]).unwrap().idempotence);
        assert!(!parse(&[("retries", "0")]).unwrap().idempotence);
        assert!(
            !parse(&[("max.in.flight.requests.per.connection", "6")])
                .unwrap()
                .idempotence
        );
        let error = parse(&[("acks", "1"), ("enable.idempotence", "true")]).unwrap_err();
        assert!(
            error.to_string().starts_with("Must set acks to all"),
            "{error}"
        );
        assert!(parse(&[("transactional.id", "t"), ("enable.idempotence", "false")]).is_err());
    }

    #[test]
    fn delivery_timeout_covers_linger_and_one_request() {
        let raised = parse(&[("linger.ms", "200000")]).unwrap();
        assert_eq!(raised.delivery_timeout, Duration::from_millis(230_000));
        assert!(parse(&[("delivery.timeout.ms", "1000")]).is_err());
    }

    #[test]
    fn levels_have_ranges() {
        let config = parse(&[
            ("compression.type", "zstd"),
            ("compression.zstd.level", "-5"),
        ])
        .unwrap();
        assert_eq!(
            (config.compression, config.levels.zstd),
            (Compression::Zstd, -5)
        );
        assert!(parse(&[("compression.gzip.level", "0")]).is_err());
        assert!(parse(&[("compression.lz4.level", "18")]).is_err());
        assert!(parse(&[("compression.type", "brotli")]).is_err());
    }

    #[test]
    fn connects_own_base_settings_parse() {
        let config = parse(&[
            ("acks", "all"),
            ("enable.idempotence", "false"),
            ("max.in.flight.requests.per.connection", "1"),
            ("delivery.timeout.ms", "2147483647"),
            ("max.block.ms", "9223372036854775807"),
            (
                "key.serializer",
                "org.apache.kafka.common.serialization.ByteArraySerializer",
            ),
        ])
        .unwrap();
        assert!(!config.idempotence);
    }
}
