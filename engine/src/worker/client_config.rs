//! The settings of the Kafka clients that connectors get.

use windlass_api::Props;
use windlass_client::config::Properties;

use crate::config::{Client, WorkerConfig};
use crate::status::TaskId;

/// A producer on behalf of a connector. Connect's own defaults, the worker's `producer.` keys over them, the connector's
/// `producer.override.` keys over those.
///
/// Connect switches idempotence off and keeps one request in flight; this keeps the client's idempotence with five in
/// flight, which is as ordered and faster, unless the user says otherwise.
pub(super) fn producer(worker: &WorkerConfig, connector: &Props, client_id: String) -> Properties {
    let defaults = [
        ("client.id", client_id),
        // Longer than any broker is away: a restart of the cluster must not fail a task.
        ("delivery.timeout.ms", i32::MAX.to_string()),
        ("max.block.ms", i64::MAX.to_string()),
    ];
    assemble(&defaults, worker, Client::Producer, connector)
}

/// A sink task's consumer.
pub(super) fn consumer(worker: &WorkerConfig, connector: &Props, task: &TaskId) -> Properties {
    let defaults = [
        ("client.id", format!("connector-consumer-{task}")),
        ("group.id", format!("connect-{}", task.connector)),
        ("auto.offset.reset", "earliest".to_owned()),
        ("enable.auto.commit", "false".to_owned()),
    ];
    assemble(&defaults, worker, Client::Consumer, connector)
}

/// An admin client on behalf of a connector.
pub(super) fn admin(worker: &WorkerConfig, connector: &Props, client_id: String) -> Properties {
    assemble(
        &[("client.id", client_id)],
        worker,
        Client::Admin,
        connector,
    )
}

/// A client for the worker itself: an admin client without its prefix.
pub(super) fn own(worker: &WorkerConfig) -> Properties {
    let mut properties = worker.client_settings(Client::Admin);
    for key in worker.with_prefix(Client::Admin.worker_prefix()).keys() {
        match worker.props().get(key) {
            Some(Some(own)) => properties.insert(key.clone(), own.clone()),
            _ => properties.remove(key),
        };
    }
    properties
}

fn assemble(
    defaults: &[(&str, String)],
    worker: &WorkerConfig,
    client: Client,
    connector: &Props,
) -> Properties {
    let mut properties: Properties = defaults
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    properties.extend(worker.client_settings(client));
    for (key, value) in connector {
        if let (Some(key), Some(value)) = (key.strip_prefix(client.override_prefix()), value) {
            properties.insert(key.to_owned(), value.clone());
        }
    }
    properties
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::StandaloneConfig;
    use crate::plugins::Plugins;

    fn props(pairs: &[(&str, &str)]) -> Props {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned())))
            .collect()
    }

    fn worker(pairs: &[(&str, &str)]) -> WorkerConfig {
        let mut all = props(pairs);
        all.extend(props(&[
            ("bootstrap.servers", "a:1"),
            ("key.converter", "StringConverter"),
            ("value.converter", "StringConverter"),
            ("offset.storage.file.filename", "x"),
        ]));
        StandaloneConfig::new(all, &Plugins::new([]))
            .unwrap()
            .worker
    }

    #[test]
    fn the_connector_overrides_the_worker_which_overrides_connect() {
        let worker = worker(&[
            ("producer.linger.ms", "5"),
            ("producer.max.block.ms", "7"),
            ("consumer.auto.offset.reset", "latest"),
        ]);
        let connector = props(&[
            ("producer.override.linger.ms", "9"),
            ("consumer.override.group.id", "mine"),
            ("linger.ms", "1"),
        ]);
        let task = TaskId {
            connector: Arc::from("c"),
            task: 2,
        };
        let producer = producer(&worker, &connector, "connector-producer-c-2".to_owned());
        assert_eq!(producer["bootstrap.servers"], "a:1");
        assert_eq!(producer["client.id"], "connector-producer-c-2");
        assert_eq!(producer["linger.ms"], "9");
        assert_eq!(producer["max.block.ms"], "7");
        assert_eq!(producer["delivery.timeout.ms"], "2147483647");
        assert!(
            !producer.contains_key("enable.idempotence") && !producer.contains_key("batch.size")
        );
        let consumer = consumer(&worker, &connector, &task);
        assert_eq!(consumer["group.id"], "mine");
        assert_eq!(consumer["auto.offset.reset"], "latest");
        assert_eq!(
            super::consumer(&worker, &props(&[]), &task)["group.id"],
            "connect-c"
        );
    }

    #[test]
    fn the_workers_own_client_takes_no_prefixed_keys() {
        let worker = worker(&[("security.protocol", "PLAINTEXT"), ("admin.client.id", "x")]);
        let own = own(&worker);
        assert_eq!(
            (own.get("client.id"), own["security.protocol"].as_str()),
            (None, "PLAINTEXT")
        );
        let admin = admin(&worker, &props(&[]), "connector-adminclient-c-0".to_owned());
        assert_eq!(
            (
                admin["client.id"].as_str(),
                admin["security.protocol"].as_str()
            ),
            ("x", "PLAINTEXT")
        );
    }
}
