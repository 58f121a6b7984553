//! `GET /metrics` through the binary: what is documented is there, nothing else is, and the figures are true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_testkit::{Kafka, Launch, Worker, append_lines, wait_for};

#[test]
fn figures_are_true_and_names_are_the_documented_ones() {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    append_lines(Path::new(&path("in")), 0, LINES);
    let topic = format!("metrics-{}", std::process::id());
    let launch = Launch::windlass(env!("CARGO_BIN_EXE_windlass"), dir.path(), kafka.address());
    let worker = launch.ready();
    let connectors = [
        json!({"name": "src", "connector.class": "FileStreamSource", "file": path("in"), "topic": topic,
            "transforms": "odd", "transforms.odd.type": "Filter", "transforms.odd.predicate": "odd",
            "predicates": "odd", "predicates.odd.type": "io.windlass.predicates.FieldValueMatches",
            "predicates.odd.regex": r"\d{19}[13579] .*"}),
        json!({"name": "snk", "connector.class": "FileStreamSink", "file": path("out"), "topics": topic}),
        json!({"name": "bad", "connector.class": "FileStreamSink", "file": path("bad"), "topics": topic,
            "value.converter": "JsonConverter", "errors.tolerance": "all",
            "errors.deadletterqueue.topic.name": format!("{topic}-dlq"),
            "errors.deadletterqueue.topic.replication.factor": "1"}),
        json!({"name": "dead", "connector.class": "FileStreamSink", "file": path("dead"), "topics": topic,
            "value.converter": "JsonConverter"}),
    ];
    for config in &connectors {
        create(&worker, config);
    }
    let figures = wait_for("all records to be counted", PATIENCE, || {
        let figures = scrape(&worker);
        let written = figures.of("kafka_connect_source_task_source_record_write_total", "src");
        let done = ["snk", "bad"].iter().all(|name| {
            figures.of("kafka_connect_sink_task_sink_record_read_total", name) == written
        });
        let failed = figures.has(
            r#"kafka_connect_connector_task_status{connector="dead",task="0",status="failed"}"#,
        );
        if written > 0.0 && done && failed && figures.of(POLLED, "src") == float(LINES) {
            Ok(figures)
        } else {
            Err(figures.0)
        }
    });
    let written = kafka.end_offset(&topic).expect("the end of the topic");
    let total = |name: &str, connector: &str| figures.of(name, connector);
    assert_eq!(written, 500, "every second line is dropped");
    assert_eq!(
        total("kafka_connect_source_task_source_record_write_total", "src"),
        float(u64::try_from(written).expect("an offset"))
    );
    assert_eq!(
        total("kafka_connect_sink_task_sink_record_send_total", "snk"),
        float(
            fs::read_to_string(path("out"))
                .expect("output")
                .lines()
                .count() as u64
        )
    );
    let skipped = float(u64::try_from(written).expect("an offset"));
    for name in [
        "total_record_failures",
        "total_record_errors",
        "total_records_skipped",
        "deadletterqueue_produce_requests",
    ] {
        assert_eq!(
            total(&format!("kafka_connect_task_error_{name}"), "bad"),
            skipped,
            "{name}"
        );
        assert_eq!(
            total(&format!("kafka_connect_task_error_{name}"), "snk"),
            0.0,
            "{name}"
        );
    }
    assert_eq!(
        total("kafka_connect_worker_connector_failed_task_count", "dead"),
        1.0
    );
    assert_eq!(
        total("kafka_connect_worker_connector_running_task_count", "snk"),
        1.0
    );
    assert_eq!(total("kafka_connect_sink_task_partition_count", "snk"), 1.0);
    assert_eq!(total("windlass_sink_lag_records", "snk"), 0.0);
    assert!(total("windlass_task_cpu_seconds_total", "src") > 0.0);
    assert_eq!(figures.single("kafka_connect_worker_connector_count"), 4.0);
    assert_eq!(
        figures.single("kafka_connect_worker_task_startup_success_total"),
        4.0
    );
    assert!(figures.single("windlass_client_connections{") >= 1.0);

    topics_are_noted_again_after_a_reset(&worker, Path::new(&path("in")), &topic);
    pause_and_restart(&worker);
    assert_eq!(documented(false), figures.families());
    worker.stop();
}

#[test]
fn a_cluster_shows_its_group_and_listeners_for_admin_show_metrics_too() {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let group = format!("metrics-group-{}", std::process::id());
    let binary = env!("CARGO_BIN_EXE_windlass");
    let launch = Launch::windlass_distributed(binary, dir.path(), kafka.address(), &group)
        .with("admin.listeners", "http://127.0.0.1:0");
    let worker = launch.ready();
    let figures = wait_for("the first rebalance", PATIENCE, || {
        let figures = scrape(&worker);
        if figures
            .families()
            .contains("kafka_connect_worker_rebalance_epoch")
        {
            Ok(figures)
        } else {
            Err(figures.0)
        }
    });
    assert_eq!(
        figures.single("kafka_connect_worker_rebalance_rebalancing"),
        0.0
    );
    assert_eq!(figures.single("kafka_connect_worker_rebalance_epoch"), 1.0);
    assert_eq!(
        figures.single("kafka_connect_worker_rebalance_completed_rebalances_total"),
        1.0
    );
    let protocol =
        r#"kafka_connect_worker_rebalance_connect_protocol{connect_protocol="SESSIONED"}"#;
    assert!(figures.has(protocol), "{figures:?}");
    assert_eq!(documented(true), figures.families());
    worker.stop();
}

#[test]
fn limits_hold_back_sources_and_sinks() {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    append_lines(Path::new(&path("in")), 0, LINES);
    let topic = format!("limits-{}", std::process::id());
    let launch = Launch::windlass(env!("CARGO_BIN_EXE_windlass"), dir.path(), kafka.address())
        .with("offset.flush.interval.ms", "60000");
    let worker = launch.ready();
    let begun = Instant::now();
    create(
        &worker,
        &json!({"name": "src", "connector.class": "FileStreamSource", "file": path("in"), "topic": topic,
        "batch.size": "50", "windlass.limits.records.per.second": "500"}),
    );
    // 100 bytes a line: commits are due every 2 polls, and none else is for a minute.
    create(
        &worker,
        &json!({"name": "snk", "connector.class": "FileStreamSink", "file": path("out"), "topics": topic,
        "consumer.override.max.poll.records": "10", "windlass.limits.bytes.in.flight": "2000"}),
    );
    let figures = wait_for("all records", PATIENCE, || {
        let figures = scrape(&worker);
        let read = figures.of("kafka_connect_sink_task_sink_record_send_total", "snk");
        let polled = figures.of(POLLED, "src");
        let soon = begun.elapsed().as_secs_f64() * 500.0 + 50.0;
        assert!(
            polled.is_nan() || polled <= soon,
            "{polled} records after {:?}",
            begun.elapsed()
        );
        if read == float(LINES) {
            Ok(figures)
        } else {
            Err(figures.0)
        }
    });
    assert!(
        begun.elapsed() >= Duration::from_millis(1900),
        "{:?}",
        begun.elapsed()
    );
    for name in ["src", "snk"] {
        assert!(
            figures.of("windlass_task_held_back_seconds_total", name) > 0.0,
            "{figures:?}"
        );
    }
    assert!(
        figures.of(
            "kafka_connect_sink_task_offset_commit_completion_total",
            "snk"
        ) >= 10.0
    );
    assert_eq!(
        figures.of("windlass_task_bytes_total", "snk"),
        100.0 * float(LINES)
    );
    let wrong = json!({"connector.class": "FileStreamSource", "topic": "t", "name": "x",
        "windlass.limits.bytes.in.flight": "0"});
    let answer = worker.rest.send(
        "PUT",
        "/connector-plugins/FileStreamSource/config/validate",
        &wrong,
    );
    let answer = answer.expect("an answer").json();
    assert_eq!(answer["error_count"], 1, "{answer}");
    worker.stop();
}

/// A hundred connectors; `WINDLASS_TEST_CONNECTORS` for more.
#[test]
fn many_connectors_do_not_make_it_slow() {
    let count: usize = std::env::var("WINDLASS_TEST_CONNECTORS")
        .map_or(100, |count| count.parse().expect("a number"));
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let launch = Launch::windlass(env!("CARGO_BIN_EXE_windlass"), dir.path(), kafka.address());
    let worker = launch.ready();
    for index in 0..count {
        let file = dir.path().join(format!("in-{index}"));
        let config = json!({"name": format!("c{index}"), "connector.class": "FileStreamSource",
            "file": file.to_str().expect("UTF-8"), "topic": "metrics-many"});
        create(&worker, &config);
    }
    let figures = wait_for("all tasks to run", PATIENCE, || {
        let figures = scrape(&worker);
        let running = figures.0.matches(r#",status="running"} 1"#).count();
        if running == 2 * count {
            Ok(figures)
        } else {
            Err(running)
        }
    });
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        scrape(&worker);
        best = best.min(begun.elapsed());
    }
    println!("{count} connectors: {} bytes in {best:?}", figures.0.len());
    worker.stop();
}

fn topics_are_noted_again_after_a_reset(worker: &Worker, input: &Path, topic: &str) {
    let topics = || {
        let answer = worker
            .rest
            .get("/connectors/src/topics")
            .expect("an answer");
        answer.json()["src"]["topics"].clone()
    };
    assert_eq!(topics(), json!([topic]));
    let reset = worker
        .rest
        .send("PUT", "/connectors/src/topics/reset", &Value::Null);
    assert_eq!(reset.expect("an answer").status, 202);
    assert_eq!(topics(), json!([]));
    append_lines(input, LINES, LINES + 2);
    wait_for("the topic to be noted again", PATIENCE, || {
        let found = topics();
        if found == json!([topic]) {
            Ok(())
        } else {
            Err(found)
        }
    });
}

fn pause_and_restart(worker: &Worker) {
    let put = |path: &str| {
        worker
            .rest
            .send("PUT", path, &Value::Null)
            .expect("an answer")
    };
    assert_eq!(put("/connectors/snk/pause").status, 202);
    let paused =
        r#"kafka_connect_connector_task_status{connector="snk",task="0",status="paused"} 1"#;
    wait_for("the task to be paused", PATIENCE, || {
        let figures = scrape(worker);
        if figures.has(paused) {
            Ok(())
        } else {
            Err(figures.0)
        }
    });
    let path = "/connectors/dead/tasks/0/restart";
    assert_eq!(
        worker
            .rest
            .send("POST", path, &Value::Null)
            .expect("an answer")
            .status,
        204
    );
    let restarts = r#"windlass_restarts_total{reason="request"} 1"#;
    assert!(scrape(worker).has(restarts));
    let gone = worker.rest.send("DELETE", "/connectors/dead", &Value::Null);
    assert_eq!(gone.expect("an answer").status, 204);
    assert!(
        !scrape(worker).has(r#"connector="dead""#),
        "shown after it was deleted"
    );
}

/// The text of an answer.
#[derive(Debug)]
struct Figures(String);

impl Figures {
    /// The value of the only line of a name that has this connector.
    fn of(&self, name: &str, connector: &str) -> f64 {
        let label = format!("connector=\"{connector}\"");
        let lines = self
            .0
            .lines()
            .filter(|line| line.starts_with(&format!("{name}{{")) && line.contains(&label));
        let values: Vec<f64> = lines.filter_map(value).collect();
        assert!(values.len() <= 1, "{name} of {connector}: {values:?}");
        values.first().copied().unwrap_or(f64::NAN)
    }

    fn single(&self, name: &str) -> f64 {
        let of = |line: &&str| {
            line.starts_with(name) && (name.ends_with('{') || line[name.len()..].starts_with(' '))
        };
        self.0.lines().find(of).and_then(value).unwrap_or(f64::NAN)
    }

    fn has(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    fn families(&self) -> BTreeSet<&str> {
        let types = self
            .0
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "));
        types.filter_map(|line| line.split(' ').next()).collect()
    }
}

fn value(line: &str) -> Option<f64> {
    line.rsplit(' ').next()?.parse().ok()
}

fn scrape(worker: &Worker) -> Figures {
    let accept = [("Accept", "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")];
    let answer = worker
        .rest
        .request("GET", "/metrics", &accept, b"")
        .expect("metrics");
    let content_type: BTreeMap<_, _> = answer
        .headers
        .iter()
        .map(|(n, v)| (n.to_ascii_lowercase(), v.as_str()))
        .collect();
    assert_eq!(answer.status, 200);
    assert_eq!(
        content_type["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    Figures(answer.body)
}

fn create(worker: &Worker, config: &Value) {
    let request = json!({"name": config["name"], "config": config});
    let answer = worker
        .rest
        .send("POST", "/connectors", &request)
        .expect("an answer");
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// The names in the tables of `docs/metrics.md`; those of the group are shown in a cluster only.
fn documented(cluster: bool) -> BTreeSet<&'static str> {
    let rows = DOCUMENTATION
        .lines()
        .filter_map(|line| line.strip_prefix("| `"));
    let names = rows.filter_map(|row| row.split('`').next());
    names
        .filter(|name| {
            let of_group = name.starts_with("kafka_connect_worker_rebalance_")
                || name.starts_with("kafka_connect_coordinator_");
            cluster || !of_group
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn float(number: u64) -> f64 {
    number as f64
}

const LINES: u64 = 1000;
const POLLED: &str = "kafka_connect_source_task_source_record_poll_total";
const DOCUMENTATION: &str = include_str!("../docs/metrics.md");
const PATIENCE: Duration = Duration::from_secs(30);
