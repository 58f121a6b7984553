//! The main job through the binary, with SASL over TLS for everything that speaks to Kafka.

use std::fs;
use std::time::Duration;

use windlass_testkit::{Launch, wait_for};

use crate::broker::SecureBroker;
use crate::stores::Stores;

/// A file flows into a topic and out into another file.
pub(crate) fn file_to_file(broker: &SecureBroker, stores: &Stores) -> Vec<String> {
    let directory = tempfile::tempdir().expect("directory");
    let at = |name: &str| {
        directory
            .path()
            .join(name)
            .to_str()
            .expect("UTF-8")
            .to_owned()
    };
    let text: String = (0..20_000).map(|i| format!("line {i}\n")).collect();
    fs::write(at("in"), &text).expect("input");
    let mut launch = Launch::windlass(
        env!("CARGO_BIN_EXE_windlass"),
        directory.path(),
        &broker.at("SASLTLS"),
    );
    for prefix in ["", "producer.", "consumer."] {
        let password = "scram-secret";
        let jaas = format!(
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"alice\" password=\"{password}\";"
        );
        for (key, value) in [
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.jaas.config", &jaas),
            ("ssl.truststore.location", &stores.at("ca.p12")),
            ("ssl.truststore.password", crate::stores::PASSWORD),
        ] {
            launch = launch.with(&format!("{prefix}{key}"), value);
        }
    }
    let launch = launch
        .connector(
            "source",
            &[
                ("connector.class", "FileStreamSource"),
                ("file", &at("in")),
                ("topic", "secured"),
            ],
        )
        .connector(
            "sink",
            &[
                ("connector.class", "FileStreamSink"),
                ("file", &at("out")),
                ("topics", "secured"),
            ],
        );
    let worker = launch.ready();
    wait_for("the file to arrive", Duration::from_secs(60), || {
        let seen = fs::read_to_string(at("out")).unwrap_or_default();
        if seen == text {
            Ok(())
        } else {
            Err(format!("{} of {} bytes", seen.len(), text.len()))
        }
    });
    let log = worker.process.output();
    worker.stop();
    let secrets = ["scram-secret", crate::stores::PASSWORD];
    let shown = secrets.iter().filter(|secret| log.contains(*secret));
    shown
        .map(|secret| format!("the log shows {secret}"))
        .collect()
}
