//! The configuration of a standalone worker.

use std::path::PathBuf;

use windlass_api::{Props, Result};

use super::definition;
use super::worker::WorkerConfig;
use crate::plugins::Plugins;

/// The configuration of a standalone worker (`StandaloneConfig`).
#[derive(Clone, Debug)]
pub struct StandaloneConfig {
    /// What workers of both modes have.
    pub worker: WorkerConfig,
    /// `offset.storage.file.filename`
    pub offset_storage_file: PathBuf,
}

impl StandaloneConfig {
    /// Reads a worker's keys.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config), naming key and value, when one is missing or wrong.
    pub fn new(props: Props, plugins: &Plugins) -> Result<Self> {
        let def = definition::standalone::keys();
        let worker = WorkerConfig::new(&def, props, plugins)?;
        let file: Option<PathBuf> = worker
            .props()
            .get("offset.storage.file.filename")
            .cloned()
            .flatten()
            .map(|file| PathBuf::from(file.trim()));
        Ok(StandaloneConfig {
            worker,
            offset_storage_file: file.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Client, OverridePolicy};

    fn props(more: &[(&str, &str)]) -> Props {
        let required = [
            ("bootstrap.servers", "a:1, b:2"),
            ("key.converter", "JsonConverter"),
            (
                "value.converter",
                "org.apache.kafka.connect.storage.StringConverter",
            ),
            ("offset.storage.file.filename", "/tmp/offsets"),
        ];
        required
            .iter()
            .chain(more)
            .map(|(k, v)| (k.to_string(), Some(v.to_string())))
            .collect()
    }

    fn parse(more: &[(&str, &str)]) -> Result<StandaloneConfig> {
        StandaloneConfig::new(props(more), &Plugins::new([]))
    }

    #[test]
    fn defaults_and_names() {
        let config = parse(&[]).unwrap();
        let worker = &config.worker;
        assert_eq!(worker.bootstrap_servers, ["a:1", "b:2"]);
        assert_eq!(
            worker.key_converter.class,
            "org.apache.kafka.connect.json.JsonConverter"
        );
        assert_eq!(
            worker.header_converter.class,
            "org.apache.kafka.connect.storage.SimpleHeaderConverter"
        );
        assert_eq!(worker.offset_flush_interval, Duration::from_secs(60));
        assert_eq!(worker.override_policy, OverridePolicy::All);
        assert_eq!(worker.rest.listeners[0].port, 8083);
        assert_eq!(worker.rest.admin_listeners, None);
        assert!(worker.unknown_keys().is_empty());
    }

    #[test]
    fn errors_name_key_and_value() {
        let mut missing = props(&[]);
        missing.shift_remove("bootstrap.servers");
        let error = |config: Result<StandaloneConfig>| config.unwrap_err().message().to_owned();
        assert_eq!(
            error(StandaloneConfig::new(missing, &Plugins::new([]))),
            "Missing required configuration \"bootstrap.servers\" which has no default value."
        );
        assert_eq!(
            error(parse(&[("offset.flush.interval.ms", "soon")])),
            "Invalid value soon for configuration offset.flush.interval.ms: Not a number of type LONG"
        );
        assert_eq!(
            error(parse(&[("key.converter", "Nope")])),
            "Invalid value Nope for configuration key.converter: Class Nope could not be found."
        );
        assert!(
            error(parse(&[("listeners", "ftp://x:1")]))
                .contains("must be either \"http\" or \"https\"")
        );
        assert!(
            error(parse(&[(
                "connector.client.config.override.policy",
                "Mine"
            )]))
            .contains("Mine")
        );
        assert!(error(parse(&[("metrics.num.samples", "0")])).contains("at least 1"));
    }

    #[test]
    fn clients_get_their_prefix() {
        let config = parse(&[
            ("producer.linger.ms", "7"),
            ("admin.retries", "3"),
            ("request.timeout.ms", "9"),
            ("producer.bootstrap.servers", "c:3"),
        ]);
        let worker = config.unwrap().worker;
        let producer = worker.client_settings(Client::Producer);
        assert_eq!(producer["linger.ms"], "7");
        assert_eq!(producer["bootstrap.servers"], "c:3");
        assert!(!producer.contains_key("request.timeout.ms"));
        let admin = worker.client_settings(Client::Admin);
        assert_eq!(
            (
                admin["retries"].as_str(),
                admin["request.timeout.ms"].as_str()
            ),
            ("3", "9")
        );
        assert!(!admin.contains_key("producer.linger.ms"));
        assert_eq!(worker.client_settings(Client::Consumer).len(), 1);
    }

    #[test]
    fn unknown_keys_are_kept_and_named() {
        let config = parse(&[
            ("offset.flush.interval", "1"),
            ("offset.flush.intervall.ms", "1"),
            ("producer.linger.msec", "1"),
            ("zzz", "1"),
            ("value.converter.schemas.enable", "false"),
        ]);
        let worker = config.unwrap().worker;
        let unknown: Vec<_> = worker
            .unknown_keys()
            .iter()
            .map(|u| (u.key.as_str(), u.suggestion.as_deref()))
            .collect();
        assert_eq!(
            unknown,
            [
                ("offset.flush.interval", Some("offset.flush.interval.ms")),
                (
                    "offset.flush.intervall.ms",
                    Some("offset.flush.interval.ms")
                ),
                ("producer.linger.msec", Some("producer.linger.ms")),
                ("zzz", None),
            ]
        );
        assert_eq!(worker.props()["zzz"].as_deref(), Some("1"));
    }

    #[test]
    fn secrets_stay_hidden() {
        let config = parse(&[
            ("ssl.keystore.password", "hunter2"),
            ("producer.sasl.jaas.config", "hunter2"),
            ("response.http.headers.config", "set X-A: \"b, c\", add Y:z"),
        ]);
        let config = config.unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(
            config
                .worker
                .describe()
                .all(|(_, value)| !value.contains("hunter2"))
        );
        assert_eq!(
            config.worker.rest.response_headers,
            ["set X-A: b, c", "add Y:z"]
        );
    }
}
