//! The text of `GET /metrics`.

use super::Worker;
use crate::metrics::{Family, Text, labels, process};

impl Worker {
    /// Everything that is counted, in Prometheus' text format.
    pub(crate) fn metrics_text(&self) -> String {
        let mut text = Text::default();
        process::write(&mut text);
        text.family(BUILD);
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        text.sample(BUILD, &labels(&version), 1.0);
        self.metrics.write(&mut text);
        self.write_hung_calls(&mut text);
        self.write_clients(&mut text);
        text.finish()
    }

    fn write_hung_calls(&self, text: &mut Text) {
        text.family(HUNG);
        for (id, call, lasted) in self.watchdog.hanging() {
            let task = id.task.to_string();
            let labels = labels(&[
                ("connector", &*id.connector),
                ("task", &task),
                ("call", call),
            ]);
            text.sample(HUNG, &labels, lasted.as_secs_f64());
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
    fn write_clients(&self, text: &mut Text) {
        let clusters = self.clusters.activity();
        text.family(CONNECTIONS);
        for cluster in &clusters {
            let labels = labels(&[("bootstrap_servers", &cluster.servers)]);
            text.sample(CONNECTIONS, &labels, cluster.connections as f64);
        }
        text.family(REQUESTS);
        for cluster in &clusters {
            let labels = labels(&[("bootstrap_servers", &cluster.servers)]);
            text.sample(REQUESTS, &labels, cluster.requests as f64);
        }
    }
}

const BUILD: Family = Family::gauge("windlass_build_info", "The version of the worker.");
const HUNG: Family = Family::gauge(
    "windlass_hung_call_seconds",
    "How long a call into a task has not returned, from 20 s on.",
);
const CONNECTIONS: Family = Family::gauge(
    "windlass_client_connections",
    "Open connections to the Kafka cluster; one line per configuration of clients.",
);
const REQUESTS: Family = Family::gauge(
    "windlass_client_requests_in_flight",
    "Requests that wait for their answer.",
);
