//! A worker that stands still for longer than its session, and then goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use windlass_testkit::{Cluster, Kafka, Kind, Seqnos, told, wait_for};

use super::{cluster, long, sink, source};

/// Others have its work by then: it must write no record, no offset and no status of its old generation.
#[test]
fn a_frozen_worker_does_nothing_after_it_was_fenced() {
    let mut cluster = cluster("frozen", |launch| launch);
    cluster.start_all();
    let topic = format!("{}-records", cluster.group());
    let mut config = source(&topic, 100);
    config["complete.record.data"] = json!("true");
    cluster.put("source", &config);
    let plain = format!("{}-plain", cluster.group());
    cluster.put("plain", &source(&plain, 100));
    cluster.put("sink", &sink(&plain));
    for name in ["source", "plain", "sink"] {
        cluster.wait_running(name, 3);
    }
    expect_more(&cluster);

    let victim = (0..3)
        .max_by_key(|number| told(&cluster.log(*number), "source").len())
        .expect("a worker");
    let id = cluster.id(victim);
    cluster.freeze(victim);
    let frozen_at = cluster.log(victim).len();
    wait_for("its work on the others", PATIENCE, || {
        let statuses = ["source", "plain", "sink"].map(|name| cluster.status(name).to_string());
        if statuses.iter().any(|status| status.contains(&id)) {
            Err(statuses)
        } else {
            Ok(())
        }
    });
    if long() {
        std::thread::sleep(Duration::from_secs(30));
    }
    expect_more(&cluster);
    cluster.thaw(victim);
    wait_for("it to be back in the group", PATIENCE, || {
        let log = cluster.log(victim).split_off(frozen_at);
        if log.contains("joined the group") {
            Ok(())
        } else {
            Err(log)
        }
    });
    expect_more(&cluster);
    for name in ["source", "plain", "sink"] {
        cluster.wait_running(name, 3);
    }

    let after = cluster.log(victim).split_off(frozen_at);
    let zombie = after.split("joined the group").next().unwrap_or_default();
    // What was on its way to standard output when it stood still may still come.
    let lines = zombie.lines().filter(|line| line.starts_with('{')).count();
    cluster.stop_all();
    let late = late_records(&topic);
    let stale = stale_statuses(&format!("{}-status", cluster.group()), &id);
    println!(
        "frozen worker: {lines} records handled after it went on, {late} written to Kafka, {stale} statuses"
    );
    assert_eq!((lines, late, stale), (0, 0, 0));
    let sent = Seqnos::of(&told(&cluster.logs(), "plain"), Kind::Committed);
    let flushed = Seqnos::of(&told(&cluster.logs(), "sink"), Kind::Flushed);
    assert_eq!((sent.missing(), flushed.missing()), (0, 0), "lost");
}

/// Records of a task that came after younger ones: those of its successor.
fn late_records(topic: &str) -> usize {
    let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
    let mut late = 0;
    for value in values(topic) {
        let value = &value["payload"];
        let (Some(task), Some(time)) = (value["task"].as_i64(), value["time_ms"].as_i64()) else {
            continue;
        };
        let newest = newest.entry(task).or_insert(time);
        late += usize::from(time < *newest);
        *newest = time.max(*newest);
    }
    assert!(newest.len() == 3, "records of three tasks: {newest:?}");
    late
}

/// Statuses of a worker and a generation that came after those of a later generation.
fn stale_statuses(topic: &str, worker: &str) -> usize {
    let mut newest: BTreeMap<String, i64> = BTreeMap::new();
    let mut stale = 0;
    for (key, value) in keyed(topic) {
        let Some(generation) = value["generation"].as_i64() else {
            continue;
        };
        let newest = newest.entry(key).or_insert(generation);
        stale += usize::from(generation < *newest && value["worker_id"] == worker);
        *newest = generation.max(*newest);
    }
    assert!(!newest.is_empty(), "statuses");
    stale
}

fn values(topic: &str) -> Vec<Value> {
    keyed(topic).into_iter().map(|(_, value)| value).collect()
}

/// Keys as text and values as JSON of a topic with one partition.
fn keyed(topic: &str) -> Vec<(String, Value)> {
    let kafka = Kafka::shared();
    let end = kafka
        .end_offset(topic)
        .expect("the broker answers")
        .to_string();
    let text = kafka.tool(
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        &[
            "--topic",
            topic,
            "--partition",
            "0",
            "--offset",
            "earliest",
            "--max-messages",
            &end,
            "--timeout-ms",
            "10000",
            "--formatter-property",
            "print.key=true",
        ],
    );
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    lines
        .map(|(key, value)| {
            (
                key.to_owned(),
                serde_json::from_str(value).unwrap_or(Value::Null),
            )
        })
        .collect()
}

fn expect_more(cluster: &Cluster) {
    let count = |cluster: &Cluster| {
        let logs = cluster.logs();
        let received = Seqnos::of(&told(&logs, "sink"), Kind::Received).largest();
        let sent = Seqnos::of(&told(&logs, "source"), Kind::Sent).largest();
        (received, sent)
    };
    let before = count(cluster);
    wait_for("records to flow", PATIENCE, || {
        let now = count(cluster);
        let more = |before: &BTreeMap<i64, i64>, now: &BTreeMap<i64, i64>| {
            let grew = |(task, last): (&i64, &i64)| before.get(task).is_none_or(|old| last > old);
            now.len() == 3 && now.iter().all(grew)
        };
        if more(&before.0, &now.0) && more(&before.1, &now.1) {
            Ok(())
        } else {
            Err(now)
        }
    });
}

const PATIENCE: Duration = Duration::from_secs(90);
