//! Connectors that are kept as files.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use windlass_testkit::{Cluster, wait_for};

use super::{BINARY, cluster};

#[test]
fn files_are_applied_once_and_again_when_they_change() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name);
    let path = directory.path().to_string_lossy().into_owned();
    let mut cluster = cluster("files", |launch| launch.with("connectors.directory", &path));
    let input = cluster.file("in").to_string_lossy().into_owned();
    let source = |topic: &str| {
        format!("name=kept\nconnector.class=FileStreamSource\nfile={input}\ntopic={topic}\n")
    };
    fs::write(file("kept.properties"), source("files-one")).expect("a file");
    fs::write(file("broken.json"), "{\"name\": ").expect("a file");
    cluster.start_all();
    cluster.wait_running("kept", 1);

    let dry = Command::new(binary())
        .arg("distributed")
        .arg(cluster.home(0).join("worker.properties"))
        .arg("--dry-run")
        .output()
        .expect("the program runs");
    let shown = String::from_utf8_lossy(&dry.stdout).into_owned();
    assert!(shown.starts_with("= kept ("), "{shown}");
    let fault = String::from_utf8_lossy(&dry.stderr).into_owned();
    assert!(
        !dry.status.success() && fault.contains("broken.json"),
        "{fault}"
    );

    fs::write(file("kept.properties"), source("files-two")).expect("a file");
    wait_for("the change", PATIENCE, || topic_of(&cluster, "files-two"));
    let other = json!({"name": "other", "config": {
        "connector.class": "org.apache.kafka.connect.tools.MockSourceConnector"}});
    fs::write(file("other.json"), other.to_string()).expect("a file");
    cluster.wait_running("other", 1);

    fs::remove_file(file("other.json")).expect("a file");
    // What users change stays: files are applied when they change, not when the cluster does.
    let mut config = cluster.send("GET", "/connectors/kept/config").json();
    config["topic"] = json!("files-three");
    cluster.put("kept", &config);
    wait_for("the deletion to be noticed by all", PATIENCE, || {
        let log = cluster.logs();
        match log
            .matches("connector file deleted; its connector stays")
            .count()
        {
            3 => Ok(()),
            n => Err(n),
        }
    });
    assert_eq!(
        cluster.send("GET", "/connectors").json(),
        json!(["kept", "other"])
    );
    topic_of(&cluster, "files-three").expect("the users' change");
    let log = cluster.logs();
    let count = |text: &str| log.matches(text).count();
    assert_eq!(count("connector created from its file"), 2, "each once");
    assert_eq!(count("connector changed by its file"), 1, "once");
    let named = log
        .lines()
        .filter(|line| line.contains("connector file not applied") && line.contains("broken.json"));
    assert_eq!(named.count(), 3, "each worker names it once");
    cluster.stop_all();
}

fn topic_of(cluster: &Cluster, topic: &str) -> Result<(), String> {
    let answer = cluster.send("GET", "/connectors/kept/config");
    if answer.json()["topic"] == topic {
        Ok(())
    } else {
        Err(answer.body)
    }
}

fn binary() -> std::ffi::OsString {
    std::env::var_os("WINDLASS_TEST_BINARY").unwrap_or_else(|| BINARY.into())
}

const PATIENCE: Duration = Duration::from_secs(60);
