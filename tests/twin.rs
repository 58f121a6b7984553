//! Moving between the Java worker and Windlass: each goes on where the other stopped.

use std::fs;
use std::path::Path;
use std::time::Duration;

use windlass_testkit::{Kafka, Launch, wait_for};

#[test]
fn java_and_windlass_take_turns_on_the_same_files() {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let input = dir.path().join("in");
    let output = dir.path().join("out");
    let topic = format!("twin-turns-{}", std::process::id());
    let connectors = |launch: Launch| {
        let file = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
        launch
            .connector(
                &format!("{topic}-source"),
                &[
                    (
                        "connector.class",
                        "org.apache.kafka.connect.file.FileStreamSourceConnector",
                    ),
                    ("file", &file("in")),
                    ("topic", &topic),
                ],
            )
            .connector(
                &format!("{topic}-sink"),
                &[
                    (
                        "connector.class",
                        "org.apache.kafka.connect.file.FileStreamSinkConnector",
                    ),
                    ("file", &file("out")),
                    ("topics", &topic),
                ],
            )
    };
    let windlass = connectors(Launch::windlass(
        env!("CARGO_BIN_EXE_windlass"),
        dir.path(),
        kafka.address(),
    ));
    let java = connectors(Launch::java(dir.path(), kafka.address()))
        .with("plugin.discovery", "service_load");
    let mut expected = String::new();
    for (turn, launch) in [&java, &windlass, &java, &windlass].into_iter().enumerate() {
        expected.extend((0..100).map(|i| format!("turn {turn} line {i}\n")));
        fs::write(&input, &expected).expect("input");
        let worker = launch.ready();
        wait_for_text(&output, &expected);
        worker.stop();
        assert_eq!(
            fs::read_to_string(&output).expect("output"),
            expected,
            "after turn {turn}"
        );
    }
}

fn wait_for_text(path: &Path, expected: &str) {
    wait_for(
        "the output to equal the input",
        Duration::from_secs(60),
        || {
            let found = fs::read_to_string(path).unwrap_or_default();
            if found == expected {
                Ok(())
            } else {
                Err((found.len(), expected.len()))
            }
        },
    );
}
