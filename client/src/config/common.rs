//! What every client of a cluster needs: where it is, how to reach it, how patient to be.

use std::collections::BTreeMap;
use std::time::Duration;

use windlass_secret::Secret;
use windlass_tls::TlsSettings;

use super::reader::{ConfigError, Parsed, Reader};
use super::{Properties, keys};
use crate::sasl::SaslSettings;

/// How to reach a cluster. Two clients with equal `ClientConfig`s (but for `client_id`) may share connections.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientConfig {
    /// `bootstrap.servers`: host and port, in the order given.
    pub bootstrap_servers: Vec<(String, u16)>,
    /// `client.dns.lookup`
    pub dns_lookup: DnsLookup,
    /// `client.id`, sent with every request; empty is allowed.
    pub client_id: String,
    /// `metadata.max.age.ms`: metadata older than this is asked for again even if nothing points to a change.
    pub metadata_max_age: Duration,
    /// `metadata.recovery.strategy`
    pub metadata_recovery: MetadataRecovery,
    /// `metadata.recovery.rebootstrap.trigger.ms`
    pub rebootstrap_trigger: Duration,
    /// `send.buffer.bytes`; `None` (unset, or -1) leaves the operating system's value.
    pub send_buffer_bytes: Option<u32>,
    /// `receive.buffer.bytes`; `None` (unset, or -1) leaves the operating system's value.
    pub receive_buffer_bytes: Option<u32>,
    /// `reconnect.backoff.ms`
    pub reconnect_backoff: Duration,
    /// `reconnect.backoff.max.ms`
    pub reconnect_backoff_max: Duration,
    /// `retry.backoff.ms`
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`
    pub retry_backoff_max: Duration,
    /// `request.timeout.ms`: how long one request may wait for its answer.
    pub request_timeout: Duration,
    /// `default.api.timeout.ms`: how long a call may go on retrying.
    pub api_timeout: Duration,
    /// `retries` of one call within `api_timeout`.
    pub retries: u32,
    /// `socket.connection.setup.timeout.ms`
    pub connection_setup_timeout: Duration,
    /// `socket.connection.setup.timeout.max.ms`
    pub connection_setup_timeout_max: Duration,
    /// `connections.max.idle.ms`; a negative number means never.
    pub connections_max_idle: Duration,
    /// `security.protocol` and everything below `ssl.` and `sasl.`.
    pub security: Security,
}

/// `client.dns.lookup`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DnsLookup {
    /// Try every address of a name until one connects.
    UseAllDnsIps,
    /// Replace each bootstrap name by the canonical names of its addresses.
    ResolveCanonicalBootstrapServersOnly,
}

/// `metadata.recovery.strategy` (KIP-899, KIP-1102): what to do when no known broker can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetadataRecovery {
    /// Go on with the brokers known.
    None,
    /// Begin again at `bootstrap.servers`.
    Rebootstrap,
}

/// `security.protocol`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecurityProtocol {
    /// No encryption, no authentication.
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL over plain TCP.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

/// Everything that decides how a stream is secured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Security {
    /// `security.protocol`
    pub protocol: SecurityProtocol,
    /// All `ssl.*` and `sasl.*` keys as given, never shown.
    pub settings: BTreeMap<String, Secret>,
}

impl Security {
    /// The `ssl.*` keys.
    ///
    /// # Errors
    /// Keys that contradict each other, or a processor that cannot do TLS.
    pub fn tls(&self) -> Result<TlsSettings, ConfigError> {
        windlass_tls::check_cpu()
            .and_then(|()| TlsSettings::read("", |key| self.text(key)))
            .map_err(|error| ConfigError::Conflict(error.to_string()))
    }

    /// The text of an `ssl.*` or `sasl.*` key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(Secret::reveal)
    }
}

impl SecurityProtocol {
    /// Whether streams are encrypted.
    pub fn has_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    /// Whether the client says who it is by SASL.
    pub fn has_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl ClientConfig {
    /// Parses the settings of a bare client (a group member, a metadata reader).
    ///
    /// # Errors
    /// A value Kafka would refuse, or a `security.protocol` this client does not speak.
    pub fn parse(properties: &Properties) -> Result<Parsed<Self>, ConfigError> {
        let reader = Reader::new(properties);
        let config = Self::read(&reader, &Defaults::default())?;
        Ok(Parsed {
            config,
            unknown: reader.unknown(&[keys::COMMON], keys::PREFIXES),
        })
    }

    /// Settings for `servers` (such as `localhost:9092`) with every other key at its default.
    ///
    /// # Errors
    /// A server that is no `host:port`.
    pub fn for_servers(servers: &str) -> Result<Self, ConfigError> {
        let properties = Properties::from([("bootstrap.servers".to_owned(), servers.to_owned())]);
        Self::parse(&properties).map(|parsed| parsed.config)
    }

    pub(super) fn read(reader: &Reader<'_>, defaults: &Defaults) -> Result<Self, ConfigError> {
        let setup = reader.long_ms("socket.connection.setup.timeout.ms", 10_000, 0)?;
        Ok(Self {
            bootstrap_servers: bootstrap_servers(reader)?,
            dns_lookup: reader.choice(
                "client.dns.lookup",
                DnsLookup::UseAllDnsIps,
                false,
                DNS_LOOKUPS,
            )?,
            client_id: reader.string("client.id", ""),
            metadata_max_age: reader.long_ms("metadata.max.age.ms", 300_000, 0)?,
            metadata_recovery: reader.choice(
                "metadata.recovery.strategy",
                MetadataRecovery::Rebootstrap,
                true,
                RECOVERIES,
            )?,
            rebootstrap_trigger: reader.long_ms(
                "metadata.recovery.rebootstrap.trigger.ms",
                300_000,
                0,
            )?,
            send_buffer_bytes: socket_buffer(reader, "send.buffer.bytes")?,
            receive_buffer_bytes: socket_buffer(reader, "receive.buffer.bytes")?,
            reconnect_backoff: reader.long_ms("reconnect.backoff.ms", 50, 0)?,
            reconnect_backoff_max: reader.long_ms("reconnect.backoff.max.ms", 1_000, 0)?,
            retry_backoff: reader.long_ms("retry.backoff.ms", 100, 0)?,
            retry_backoff_max: reader.long_ms("retry.backoff.max.ms", 1_000, 0)?,
            request_timeout: reader.int_ms("request.timeout.ms", defaults.request_timeout_ms, 0)?,
            api_timeout: reader.int_ms("default.api.timeout.ms", 60_000, 0)?,
            retries: reader.int("retries", i32::MAX, 0)?.unsigned_abs(),
            connection_setup_timeout: setup,
            connection_setup_timeout_max: reader.long_ms(
                "socket.connection.setup.timeout.max.ms",
                30_000,
                0,
            )?,
            connections_max_idle: reader.long_ms(
                "connections.max.idle.ms",
                defaults.max_idle_ms,
                i64::MIN,
            )?,
            security: security(reader)?,
        })
    }
}

/// Where the kinds of client differ.
pub(super) struct Defaults {
    pub(super) request_timeout_ms: i32,
    pub(super) max_idle_ms: i64,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            request_timeout_ms: 30_000,
            max_idle_ms: 540_000,
        }
    }
}

fn bootstrap_servers(reader: &Reader<'_>) -> Result<Vec<(String, u16)>, ConfigError> {
    let key = "bootstrap.servers";
    if reader.text(key).is_none() {
        return Err(ConfigError::Missing {
            key: key.to_owned(),
        });
    }
    let servers = reader.list(key, &[])?;
    if servers.is_empty() {
        return Err(ConfigError::Conflict(
            "No resolvable bootstrap urls given in bootstrap.servers".to_owned(),
        ));
    }
    servers.iter().map(|server| host_and_port(server)).collect()
}

/// `host:port`, `[v6]:port`, each with an optional `SCHEME://` as Kafka's listener names have it.
fn host_and_port(server: &str) -> Result<(String, u16), ConfigError> {
    let bad = || {
        ConfigError::Conflict(format!(
            "Invalid url in bootstrap.servers: {server}: expected host:port"
        ))
    };
    let address = server.split_once("://").map_or(server, |(_, rest)| rest);
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:%".contains(c);
    if host.is_empty() || !host.chars().all(plain) {
        return Err(bad());
    }
    let port = port.parse().map_err(|_| bad())?;
    Ok((host.to_owned(), port))
}

/// Kafka's defaults (128 and 32 or 64 KiB) would switch off the kernel's own sizing, which does better on every network:
/// only what the user sets is set.
fn socket_buffer(reader: &Reader<'_>, key: &str) -> Result<Option<u32>, ConfigError> {
    Ok(u32::try_from(reader.int(key, -1, -1)?).ok())
}

fn security(reader: &Reader<'_>) -> Result<Security, ConfigError> {
    let protocol = reader.choice(
        "security.protocol",
        SecurityProtocol::Plaintext,
        true,
        PROTOCOLS,
    )?;
    let security = Security {
        protocol,
        settings: reader.secrets(&["ssl.", "sasl."]),
    };
    if protocol.has_tls() {
        security.tls()?;
    }
    if protocol.has_sasl() {
        SaslSettings::read(&security)?;
    }
    Ok(security)
}

impl Reader<'_> {
    fn secrets(&self, prefixes: &[&str]) -> BTreeMap<String, Secret> {
        self.entries()
            .filter(|(key, _)| prefixes.iter().any(|prefix| key.starts_with(prefix)))
            .map(|(key, value)| (key.to_owned(), Secret::new(value)))
            .collect()
    }
}

const DNS_LOOKUPS: &[(&str, DnsLookup)] = &[
    ("use_all_dns_ips", DnsLookup::UseAllDnsIps),
    (
        "resolve_canonical_bootstrap_servers_only",
        DnsLookup::ResolveCanonicalBootstrapServersOnly,
    ),
];

const RECOVERIES: &[(&str, MetadataRecovery)] = &[
    ("REBOOTSTRAP", MetadataRecovery::Rebootstrap),
    ("NONE", MetadataRecovery::None),
];

const PROTOCOLS: &[(&str, SecurityProtocol)] = &[
    ("SASL_SSL", SecurityProtocol::SaslSsl),
    ("PLAINTEXT", SecurityProtocol::Plaintext),
    ("SSL", SecurityProtocol::Ssl),
    ("SASL_PLAINTEXT", SecurityProtocol::SaslPlaintext),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_take_every_form_kafka_takes() {
        let config =
            ClientConfig::for_servers("localhost:9092, PLAINTEXT://kafka-1.example:1 ,[::1]:9093")
                .unwrap();
        let expected = [("localhost", 9092), ("kafka-1.example", 1), ("::1", 9093)];
        let expected: Vec<_> = expected
            .iter()
            .map(|(host, port)| ((*host).to_owned(), *port))
            .collect();
        assert_eq!(config.bootstrap_servers, expected);
    }

    #[test]
    fn servers_that_are_none_are_named() {
        for bad in [
            "localhost",
            "localhost:",
            ":9092",
            "localhost:70000",
            "a b:1",
        ] {
            let error = ClientConfig::for_servers(bad).unwrap_err().to_string();
            assert!(error.contains(bad), "{error}");
        }
        assert_eq!(
            ClientConfig::parse(&Properties::new()).unwrap_err(),
            ConfigError::Missing {
                key: "bootstrap.servers".to_owned()
            }
        );
    }

    #[test]
    fn secrets_stay_hidden() {
        let mut properties = Properties::from([("bootstrap.servers".to_owned(), "a:1".to_owned())]);
        properties.insert(
            "sasl.jaas.config".to_owned(),
            "password=\"swordfish\"".to_owned(),
        );
        let config = ClientConfig::parse(&properties).unwrap().config;
        assert!(!format!("{config:?}").contains("swordfish"));
        assert_eq!(
            config.security.settings["sasl.jaas.config"].reveal(),
            "password=\"swordfish\""
        );
        properties.insert("security.protocol".to_owned(), "sasl_ssl".to_owned());
        let error = ClientConfig::parse(&properties).unwrap_err().to_string();
        assert!(!error.contains("swordfish"), "{error}");
    }

    #[test]
    fn unknown_keys_are_reported() {
        let mut properties = Properties::from([("bootstrap.servers".to_owned(), "a:1".to_owned())]);
        properties.insert("reconect.backoff.ms".to_owned(), "1".to_owned());
        properties.insert("ssl.keystore.type".to_owned(), "PEM".to_owned());
        assert_eq!(
            ClientConfig::parse(&properties).unwrap().unknown,
            ["reconect.backoff.ms"]
        );
    }
}
