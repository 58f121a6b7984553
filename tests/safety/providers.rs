//! References in configurations.

use std::time::Duration;

use serde_json::json;
use windlass_testkit::{Kafka, Launch, append_lines, wait_for};

use crate::{WINDLASS, write};

#[test]
fn connectors_get_values_and_rest_shows_references() {
    let kafka = Kafka::shared();
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| {
        directory
            .path()
            .join(name)
            .to_str()
            .expect("UTF-8")
            .to_owned()
    };
    let topic = format!("providers-{:08x}", fastrand::u32(..));
    let values = |output: &str| format!("topic={topic}\nin={}\nout={}\n", path("in"), path(output));
    let file = write(directory.path(), "values.properties", &values("first"));
    let prefix = "org.apache.kafka.common.config.provider";
    let worker = Launch::windlass(WINDLASS, directory.path(), kafka.address())
        .with("config.providers", "file,short,env")
        .with(
            "config.providers.file.class",
            &format!("{prefix}.FileConfigProvider"),
        )
        .with(
            "config.providers.short.class",
            &format!("{prefix}.FileConfigProvider"),
        )
        .with("config.providers.short.param.ttl.ms", "300")
        .with(
            "config.providers.env.class",
            &format!("{prefix}.EnvVarConfigProvider"),
        )
        .with("offset.flush.interval.ms", "${env:FLUSH_INTERVAL}")
        .environment("FLUSH_INTERVAL", "100")
        .ready();
    let source = json!({
        "connector.class": "FileStreamSource",
        "file": format!("${{file:{file}:in}}"),
        "topic": format!("${{file:{file}:topic}}"),
    });
    let sink = json!({
        "connector.class": "FileStreamSink",
        "file": format!("${{short:{file}:out}}"),
        "topics": topic,
    });
    append_lines(&directory.path().join("in"), 0, 1000);
    worker.create("source", &source);
    worker.create("sink", &sink);
    wait_for_lines(&directory.path().join("first"), 1000);

    let shown = worker
        .rest
        .get("/connectors/source")
        .expect("an answer")
        .json();
    assert_eq!(shown["config"]["topic"], source["topic"]);
    let tasks = worker
        .rest
        .get("/connectors/sink/tasks")
        .expect("an answer")
        .json();
    assert_eq!(tasks[0]["config"]["file"], sink["file"]);

    // What the worker was told to read again after a while is, and the task follows.
    write(directory.path(), "values.properties", &values("second"));
    append_lines(&directory.path().join("in"), 1000, 2000);
    wait_for("lines in the second file", Duration::from_secs(30), || {
        append_lines(&directory.path().join("in"), 2000, 2001);
        let lines = lines(&directory.path().join("second"));
        if lines > 0 { Ok(()) } else { Err(lines) }
    });

    // A file that is gone is an error of whoever asks, with Java's words.
    std::fs::remove_file(&file).expect("removed");
    let put = worker
        .rest
        .send("PUT", "/connectors/source/config", &source);
    let put = put.expect("an answer");
    assert_eq!(put.status, 500, "{}", put.body);
    assert!(
        put.body.contains("Could not read properties from file"),
        "{}",
        put.body
    );
    let log = worker.stop();
    assert!(
        !log.contains("ANYBODY WHO REACHES"),
        "a listener on loopback needs no warning"
    );
}

fn wait_for_lines(path: &std::path::Path, expected: usize) {
    wait_for("lines", Duration::from_secs(60), || {
        let lines = lines(path);
        if lines >= expected {
            Ok(())
        } else {
            Err(lines)
        }
    });
}

fn lines(path: &std::path::Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}
