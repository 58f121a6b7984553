//! Clusters of three workers on the real Kafka under bounces and faults: Kafka's own system tests
//! (`connect_distributed_test`, `connect_rest_test`) done again, and the figures of fail-over.
//!
//! `WINDLASS_TEST_LONG=1` takes each test's long form.

mod bounce;
mod chaos;
mod disk;
mod failover;
mod files;
mod frozen;
mod states;

use serde_json::{Value, json};
use windlass_testkit::{Cluster, Kafka, Launch};

/// A cluster of three on the shared Kafka.
fn cluster(name: &str, with: impl Fn(Launch) -> Launch) -> Cluster {
    let kafka = Kafka::shared();
    Cluster::new(BINARY, kafka.address(), name, 3, |launch| {
        let json = "org.apache.kafka.connect.json.JsonConverter";
        let launch = launch
            .with("key.converter", json)
            .with("value.converter", json);
        with(launch)
    })
}

/// Numbered records, `rate` a second from each of three tasks.
fn source(topic: &str, rate: u32) -> Value {
    json!({
        "connector.class": "org.apache.kafka.connect.tools.VerifiableSourceConnector",
        "tasks.max": "3", "topic": topic, "throughput": rate.to_string(),
    })
}

/// Takes them.
fn sink(topic: &str) -> Value {
    json!({
        "connector.class": "org.apache.kafka.connect.tools.VerifiableSinkConnector",
        "tasks.max": "3", "topics": topic,
        // A killed member is only missed after the session; the default is 45 s.
        "consumer.override.session.timeout.ms": "6000",
        "consumer.override.heartbeat.interval.ms": "1000",
    })
}

/// Whether the long forms are wanted.
fn long() -> bool {
    std::env::var_os("WINDLASS_TEST_LONG").is_some()
}

const BINARY: &str = env!("CARGO_BIN_EXE_windlass");
