//! Settings of an admin client.

use super::common::{ClientConfig, Defaults};
use super::reader::{ConfigError, Explicit, Parsed, Reader};
use super::{Properties, keys};

/// Settings of an admin client; it has none of its own beyond those of every client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminConfig {
    /// How to reach the cluster.
    pub client: ClientConfig,
    /// The keys the user set.
    pub explicit: Explicit,
}

impl AdminConfig {
    /// Parses the settings of an admin client.
    ///
    /// # Errors
    /// A value Kafka would refuse, or one this client cannot serve.
    pub fn parse(properties: &Properties) -> Result<Parsed<Self>, ConfigError> {
        let reader = Reader::new(properties);
        let defaults = Defaults {
            max_idle_ms: 300_000,
            ..Defaults::default()
        };
        let config = Self {
            client: ClientConfig::read(&reader, &defaults)?,
            explicit: reader.explicit(),
        };
        Ok(Parsed {
            config,
            unknown: reader.unknown(&[keys::COMMON, keys::ADMIN], keys::PREFIXES),
        })
    }
}
