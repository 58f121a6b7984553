//! Failures, restarts, pauses and the REST walk of `connect_distributed_test` and `connect_rest_test`.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use serde_json::json;
use windlass_testkit::{Cluster, Kind, Seqnos, told, wait_for};

use super::{cluster, long, sink, source};

#[test]
fn what_failed_is_restarted_and_what_was_paused_stays_paused() {
    let protocols: &[&str] = if long() {
        &["sessioned", "compatible", "eager"]
    } else {
        &["sessioned"]
    };
    for protocol in protocols {
        let mut cluster = cluster(&format!("states-{protocol}"), |launch| {
            launch.with("connect.protocol", protocol)
        });
        cluster.start_all();
        restarts(&cluster);
        automatic_restarts(&cluster);
        rest_walk(&cluster);
        pauses(&mut cluster);
        files(&mut cluster);
        cluster.stop_all();
    }
}

/// `test_restart_failed_connector`, `test_restart_failed_task`, `test_restart_connector_and_tasks_*`
fn restarts(cluster: &Cluster) {
    let topic = format!("{}-mock", cluster.group());
    for (name, class, mode) in [
        ("mock-connector", "MockSink", "connector-failure"),
        ("mock-sink-task", "MockSink", "task-failure"),
        ("mock-source-task", "MockSource", "task-failure"),
    ] {
        let mut config = json!({
            "connector.class": format!("org.apache.kafka.connect.tools.{class}Connector"),
            "mock_mode": mode, "delay_ms": "700",
        });
        if class == "MockSink" {
            config["topics"] = json!(topic);
        }
        cluster.put(name, &config);
    }
    for round in ["alone", "with a scope"] {
        let connector = ("mock-connector", "FAILED", "RUNNING");
        let tasks = ["mock-sink-task", "mock-source-task"].map(|name| (name, "RUNNING", "FAILED"));
        for (name, own, task) in [connector, tasks[0], tasks[1]] {
            cluster.wait_for_states(name, (own, task), 1, PATIENCE);
            let path = match (round, own) {
                ("alone", "FAILED") => format!("/connectors/{name}/restart"),
                ("alone", _) => format!("/connectors/{name}/tasks/0/restart"),
                (_, "FAILED") => {
                    format!("/connectors/{name}/restart?onlyFailed=true&includeTasks=false")
                }
                _ => format!("/connectors/{name}/restart?onlyFailed=false&includeTasks=true"),
            };
            let answer = cluster.send("POST", &path);
            assert!(matches!(answer.status, 202 | 204), "{answer:?}");
            cluster.wait_running(name, 1);
        }
    }
    for name in ["mock-connector", "mock-sink-task", "mock-source-task"] {
        assert_eq!(
            cluster
                .send("DELETE", &format!("/connectors/{name}"))
                .status,
            204
        );
    }
}

/// What fails is started again as often as its configuration says, and its trace tells of it.
fn automatic_restarts(cluster: &Cluster) {
    let topic = format!("{}-again", cluster.group());
    for (name, class, mode) in [
        ("again-connector", "MockSink", "connector-failure"),
        ("again-task", "MockSource", "task-failure"),
    ] {
        let mut config = json!({
            "connector.class": format!("org.apache.kafka.connect.tools.{class}Connector"),
            "mock_mode": mode, "delay_ms": "200",
            "errors.restart.max.attempts": "2", "errors.restart.backoff.ms": "100",
        });
        if class == "MockSink" {
            config["topics"] = json!(topic);
        }
        cluster.put(name, &config);
    }
    for (name, started) in [
        ("again-connector", "connector started"),
        ("again-task", "task started"),
    ] {
        wait_for("the last automatic restart to fail", PATIENCE, || {
            let status = cluster.status(name);
            if status
                .to_string()
                .contains("not started again after 2 automatic restarts")
            {
                Ok(())
            } else {
                Err(status)
            }
        });
        let starts = cluster.logs();
        let starts = starts
            .lines()
            .filter(|line| line.contains(started) && line.contains(&format!("connector={name}")));
        assert_eq!(starts.count(), 3, "{name} is started once and twice more");
        assert_eq!(
            cluster
                .send("DELETE", &format!("/connectors/{name}"))
                .status,
            204
        );
    }
}

/// `test_rest_api`, and `test_dynamic_logging` in its cluster form.
fn rest_walk(cluster: &Cluster) {
    let plugins = cluster.send("GET", "/connector-plugins").json();
    let classes: Vec<_> = plugins
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|plugin| plugin["class"].as_str())
        .collect();
    for class in ["FileStreamSourceConnector", "FileStreamSinkConnector"] {
        let full = format!("org.apache.kafka.connect.file.{class}");
        assert!(classes.contains(&full.as_str()), "{classes:?}");
    }
    assert!(
        !classes.iter().any(|class| class.contains(".tools.")),
        "Kafka's distribution has no test connectors: {classes:?}"
    );
    let file = cluster.file("walk").to_string_lossy().into_owned();
    let class = "org.apache.kafka.connect.file.FileStreamSourceConnector";
    let mut config =
        json!({"name": "walk", "connector.class": class, "file": file, "topic": "walk"});
    let path = format!("/connector-plugins/{class}/config/validate");
    let answer = cluster.any().rest.send("PUT", &path, &config);
    assert_eq!(answer.expect("an answer").json()["error_count"], 0);
    cluster.put("walk", &config);
    cluster.wait_running("walk", 1);
    assert_eq!(cluster.send("GET", "/connectors").json(), json!(["walk"]));
    assert_eq!(
        cluster.send("GET", "/connectors/walk/config").json(),
        config
    );
    let tasks = cluster.send("GET", "/connectors/walk/tasks").json();
    assert_eq!(tasks[0]["id"], json!({"connector": "walk", "task": 0}));
    assert_eq!(tasks[0]["config"]["topic"], "walk");
    config["topic"] = json!("walk-elsewhere");
    cluster.put("walk", &config);
    wait_for("the task's new configuration", PATIENCE, || {
        let tasks = cluster.send("GET", "/connectors/walk/tasks").json();
        if tasks[0]["config"]["topic"] == "walk-elsewhere" {
            Ok(())
        } else {
            Err(tasks)
        }
    });
    assert_eq!(cluster.send("DELETE", "/connectors/walk").status, 204);
    assert_eq!(cluster.send("GET", "/connectors").json(), json!([]));

    let logger = "/admin/loggers/org.apache.kafka.connect.runtime";
    let level = json!({"level": "ERROR"});
    let rest = &cluster.any().rest;
    let set = rest.send("PUT", &format!("{logger}?scope=cluster"), &level);
    assert_eq!(set.expect("an answer").status, 204);
    for worker in cluster.alive() {
        wait_for("the level on each worker", PATIENCE, || {
            let shown = worker.rest.get(logger).map(|answer| answer.json());
            match shown {
                Ok(shown) if shown["level"] == "ERROR" => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
    }
}

/// `test_pause_and_resume_source`, `test_pause_and_resume_sink`, `test_pause_state_persistent`
fn pauses(cluster: &mut Cluster) {
    let topic = format!("{}-pauses", cluster.group());
    cluster.put("pause-source", &source(&topic, 50));
    cluster.put("pause-sink", &sink(&topic));
    for (name, kind) in [("pause-source", Kind::Sent), ("pause-sink", Kind::Received)] {
        let records = |cluster: &Cluster| Seqnos::of(&told(&cluster.logs(), name), kind).len();
        let expect_more = |cluster: &Cluster, than: usize| {
            wait_for("more records", PATIENCE, || match records(cluster) {
                now if now > than => Ok(()),
                now => Err(now),
            });
        };
        cluster.wait_running(name, 3);
        expect_more(cluster, 0);
        cluster.send("PUT", &format!("/connectors/{name}/pause"));
        cluster.wait_for_states(name, ("PAUSED", "PAUSED"), 3, PATIENCE);
        let before = records(cluster);
        // The span that is watched: nothing may happen in it.
        std::thread::sleep(if long() {
            Duration::from_secs(10)
        } else {
            Duration::from_secs(1)
        });
        assert_eq!(
            records(cluster),
            before,
            "{name} goes on although it is paused"
        );
        if name == "pause-source" {
            cluster.stop_all();
            cluster.start_all();
            cluster.wait_for_states(name, ("PAUSED", "PAUSED"), 3, PATIENCE);
            assert_eq!(records(cluster), before, "{name} went on after the restart");
        }
        cluster.send("PUT", &format!("/connectors/{name}/resume"));
        cluster.wait_running(name, 3);
        expect_more(cluster, before);
    }
    for name in ["pause-source", "pause-sink"] {
        assert_eq!(
            cluster
                .send("DELETE", &format!("/connectors/{name}"))
                .status,
            204
        );
    }
}

/// `test_file_source_and_sink` and `test_transformations`
fn files(cluster: &mut Cluster) {
    let text = |name: &str| cluster.file(name).to_string_lossy().into_owned();
    let topic = format!("{}-file", cluster.group());
    let (input, output) = (cluster.file("in"), cluster.file("out"));
    let source = json!({
        "connector.class": "FileStreamSource", "file": text("in"), "topic": topic,
        "transforms": "hoist,insert",
        "transforms.hoist.type": "org.apache.kafka.connect.transforms.HoistField$Value",
        "transforms.hoist.field": "content",
        "transforms.insert.type": "org.apache.kafka.connect.transforms.InsertField$Value",
        "transforms.insert.timestamp.field": "the_timestamp",
    });
    let sink = json!({
        "connector.class": "FileStreamSink", "file": text("out"), "topics": topic,
        "transforms": "pick",
        "transforms.pick.type": "org.apache.kafka.connect.transforms.ExtractField$Value",
        "transforms.pick.field": "content",
    });
    cluster.put("file-source", &source);
    cluster.put("file-sink", &sink);
    let mut wanted = String::new();
    for lines in ["foo\nbar\nbaz\n", "razz\nma\ntazz\n"] {
        wanted.push_str(lines);
        let input = File::options().create(true).append(true).open(&input);
        let written = input.and_then(|mut input| input.write_all(lines.as_bytes()));
        written.expect("the input");
        wait_for("the lines", PATIENCE, || {
            match std::fs::read_to_string(&output) {
                Ok(found) if found == wanted => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
        cluster.stop_all();
        cluster.start_all();
        cluster.wait_running("file-source", 1);
        cluster.wait_running("file-sink", 1);
    }
    let found = std::fs::read_to_string(&output).expect("the output");
    assert_eq!(found, wanted, "a restart repeats nothing");
}

const PATIENCE: Duration = Duration::from_secs(60);
