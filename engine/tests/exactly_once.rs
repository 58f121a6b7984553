//! Source connectors that write in transactions, on an embedded broker that fails on demand.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ApiKey;
use support::{Cluster, SOURCE_CLASS, config, until, within};
use windlass_api::{Text, Value};
use windlass_broker::Fault;
use windlass_client::config::ConsumerConfig;
use windlass_client::consumer::Event;
use windlass_client::{Clusters, Consumer, TopicPartition};
use windlass_engine::status::{State, TargetState};

/// A worker with exactly-once delivery, and its connector `c` with one task.
async fn start(more: &[(&str, &str)]) -> Cluster {
    start_with(1, more).await
}

/// The same with so many tasks.
async fn start_with(tasks: usize, more: &[(&str, &str)]) -> Cluster {
    let cluster = Cluster::start(1, &[("exactly.once.source.support", "enabled")]).await;
    let mut all = vec![("file", "in"), ("exactly.once.support", "required")];
    all.extend(more);
    let max = tasks.to_string();
    all.push(("tasks.max", &max));
    cluster.leader().await;
    cluster.create("c", &all).await.unwrap();
    cluster.until_running("c", tasks).await;
    cluster
}

fn give(cluster: &Cluster, lines: &[&str]) {
    let lines = lines.iter().map(|line| Value::String(Text::from(*line)));
    cluster.script.source.give("out", lines);
}

/// The values of what is committed in partition 0, once there are so many.
async fn committed(cluster: &Cluster, topic: &str, count: usize) -> Vec<String> {
    let properties = BTreeMap::from([
        (
            "bootstrap.servers".to_owned(),
            cluster.broker.address().to_string(),
        ),
        ("auto.offset.reset".to_owned(), "earliest".to_owned()),
        ("isolation.level".to_owned(), "read_committed".to_owned()),
    ]);
    let config = ConsumerConfig::parse(&properties).unwrap().config;
    let kafka = Clusters::default().cluster(&config.client);
    let mut consumer = Consumer::new(kafka, config).unwrap();
    consumer.assign(&[TopicPartition::new(topic, 0)]).unwrap();
    let mut values = Vec::new();
    let what = format!("{count} records in {topic}");
    within(Duration::from_secs(30), &what, async {
        while values.len() < count {
            let event = consumer.poll(Duration::from_millis(200)).await.unwrap();
            let Event::Records(fetched) = event else {
                continue;
            };
            for part in &fetched {
                for record in part.records() {
                    let record = record.unwrap();
                    values.push(shown(record.key, record.value));
                }
            }
        }
    })
    .await;
    values
}

/// The value, behind the key where there is one.
fn shown(key: Option<&[u8]>, value: Option<&[u8]>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let value = value.map(text).unwrap_or_default();
    match key {
        Some(key) => format!("{} {value}", text(key)),
        None => value,
    }
}

/// Waits until this position is the committed one.
async fn until_position(cluster: &Cluster, position: i64) {
    within(Duration::from_secs(30), "the offset", async {
        loop {
            let offsets = cluster.herders[0].connector_offsets("c").await.unwrap();
            let stored = offsets.first().and_then(|one| one.offset.clone());
            let stored = stored.and_then(|offset| offset.get("position").cloned());
            if stored == Some(Value::Int64(position)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn each_poll_is_a_transaction_with_its_offsets() {
    let cluster = start(&[]).await;
    give(&cluster, &["0", "1", "2"]);
    until_position(&cluster, 2).await;
    give(&cluster, &["3"]);
    until_position(&cluster, 3).await;
    assert_eq!(committed(&cluster, "out", 4).await, ["0", "1", "2", "3"]);
    until("the task hears of its records", || {
        cluster.script.source.committed.lock().unwrap().len() == 4
    })
    .await;
    let herder = cluster.leader().await;
    let stopped = herder.set_target_state("c", TargetState::Stopped).await;
    stopped.unwrap();
    cluster.until_states("c", State::Stopped, 0).await;
    herder.reset_connector_offsets("c").await.unwrap();
    assert!(herder.connector_offsets("c").await.unwrap().is_empty());
    let records = committed(&cluster, "configs", 8).await;
    let counts = records
        .iter()
        .filter(|record| record.starts_with("tasks-fencing-c "));
    assert_eq!(
        counts.collect::<Vec<_>>(),
        [
            r#"tasks-fencing-c {"task-count":1}"#,
            r#"tasks-fencing-c {"task-count":0}"#
        ]
    );
}

#[tokio::test]
async fn a_task_may_say_where_transactions_end() {
    let cluster = start(&[("transaction.boundary", "connector")]).await;
    give(
        &cluster,
        &["0", "1 commit", "2", "3 abort", "4", "5 commit", "6"],
    );
    until_position(&cluster, 5).await;
    give(&cluster, &["7 commit batch"]);
    until_position(&cluster, 7).await;
    give(&cluster, &["8 abort batch"]);
    until_position(&cluster, 8).await;
    give(&cluster, &["9 commit batch"]);
    assert_eq!(
        committed(&cluster, "out", 7).await,
        [
            "0",
            "1 commit",
            "4",
            "5 commit",
            "6",
            "7 commit batch",
            "9 commit batch"
        ]
    );
}

#[tokio::test]
async fn an_interval_ends_transactions_also_when_nothing_comes() {
    let settings = [
        ("transaction.boundary", "interval"),
        ("transaction.boundary.interval.ms", "300"),
    ];
    let cluster = start(&settings).await;
    for number in ["0", "1", "2"] {
        give(&cluster, &[number]);
    }
    until_position(&cluster, 2).await;
    assert_eq!(committed(&cluster, "out", 3).await, ["0", "1", "2"]);
}

#[tokio::test]
async fn what_fails_within_a_transaction_leaves_nothing() {
    let cluster = start(&[]).await;
    give(&cluster, &["0"]);
    until_position(&cluster, 0).await;
    for (api, code) in [
        (ApiKey::Produce, ResponseError::InvalidProducerEpoch),
        (ApiKey::EndTxn, ResponseError::ProducerFenced),
        (
            ApiKey::AddPartitionsToTxn,
            ResponseError::TopicAuthorizationFailed,
        ),
    ] {
        let faults = cluster.broker.faults();
        faults.on(api, Fault::Error(code), 1);
        give(&cluster, &["1"]);
        cluster.until_task_failed("c").await;
        cluster.herders[0].restart_task("c", 0).await.unwrap();
        cluster.until_running("c", 1).await;
        let found = cluster.script.source.found.lock().unwrap().last().cloned();
        let position = found
            .flatten()
            .and_then(|offset| offset.get("position").cloned());
        assert_eq!(position, Some(Value::Int64(0)), "{code:?}");
    }
    give(&cluster, &["1"]);
    until_position(&cluster, 1).await;
    assert_eq!(committed(&cluster, "out", 2).await, ["0", "1"]);
}

#[tokio::test]
async fn a_task_does_not_start_when_earlier_ones_cannot_be_fenced() {
    let cluster = start_with(2, &[]).await;
    let faults = cluster.broker.faults();
    let refused = Fault::Error(ResponseError::TransactionalIdAuthorizationFailed);
    faults.on(ApiKey::InitProducerId, refused, 1);
    let herder = cluster.leader().await;
    let settings = [("file", "in"), ("tasks.max", "3")];
    let changed = herder.put_connector_config("c", config("c", SOURCE_CLASS, &settings));
    changed.await.unwrap();
    cluster.until_states_of_tasks("c", State::Failed, 3).await;
    let trace = herder
        .task_status("c", 2)
        .unwrap()
        .trace
        .unwrap_or_default();
    assert!(trace.contains("zombie fencing"), "{trace}");
    for task in 0..3 {
        herder.restart_task("c", task).await.unwrap();
    }
    cluster.until_running("c", 3).await;
}

#[tokio::test]
async fn what_cannot_be_promised_is_refused() {
    let without = Cluster::start(1, &[("exactly.once.source.support", "preparing")]).await;
    without.leader().await;
    let required = ("exactly.once.support", "required");
    let refused = without.create("c", &[required, ("file", "in")]).await;
    let expected = "This worker does not have exactly-once source support enabled.";
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains(expected), "{refused}");
    // The leader writes in transactions all the same.
    without.create("c", &[]).await.unwrap();
    without.until_running("c", 1).await;

    let cluster = Cluster::start(1, &[("exactly.once.source.support", "ENABLED")]).await;
    cluster.leader().await;
    for (settings, expected) in [
        (
            vec![required],
            "The connector does not implement the API required for preflight validation",
        ),
        (
            vec![required, ("file", "none")],
            "The connector does not support exactly-once semantics with the provided configuration.",
        ),
        (
            vec![("transaction.boundary", "connector")],
            "The connector does not support connector-defined transaction boundaries",
        ),
    ] {
        let refused = cluster
            .create("c", &settings)
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}
