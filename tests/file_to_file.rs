//! The main job through the binary, on a real Kafka: a file flows into a topic and out into another file.

use std::fs;
use std::path::Path;
use std::time::Duration;

use windlass_testkit::{Kafka, Launch, append_lines, wait_for};

const STRING: &str = "org.apache.kafka.connect.storage.StringConverter";
const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";

#[test]
fn strings_arrive_byte_for_byte() {
    copies_byte_for_byte("strings", STRING);
}

#[test]
fn json_envelopes_arrive_byte_for_byte() {
    copies_byte_for_byte("envelopes", JSON);
}

#[test]
fn java_reads_what_was_written() {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("in"), "one\ntwo words\n\u{e4}\u{1f980}\n").expect("input");
    let topic = topic("java-reads");
    let worker = launch(dir.path(), &kafka, &topic, STRING).ready();
    let seen = kafka.tool(
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        &[
            "--topic",
            &topic,
            "--from-beginning",
            "--max-messages",
            "3",
            "--timeout-ms",
            "30000",
        ],
    );
    assert_eq!(seen, "one\ntwo words\n\u{e4}\u{1f980}\n");
    worker.stop();
}

#[test]
fn a_second_run_goes_on_where_the_first_stopped() {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let input = dir.path().join("in");
    let output = dir.path().join("out");
    let launch = launch(dir.path(), &kafka, &topic("second-run"), STRING);
    let mut expected = String::new();
    for run in 0..3 {
        let text: String = (0..1000).map(|i| format!("run {run} line {i}\n")).collect();
        expected.push_str(&text);
        fs::write(&input, &expected).expect("input");
        let worker = launch.ready();
        wait_for_content(&output, expected.as_bytes());
        worker.stop();
        assert_eq!(
            fs::read_to_string(&output).expect("output"),
            expected,
            "after run {run}"
        );
    }
}

fn copies_byte_for_byte(name: &str, converter: &str) {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let input = dir.path().join("in");
    // `WINDLASS_TEST_LINES` for a longer run.
    let lines = std::env::var("WINDLASS_TEST_LINES")
        .map_or(200_000, |lines| lines.parse().expect("a number"));
    append_lines(&input, 0, lines);
    let odd = "\n\"quoted\" \\ and \u{1}control\n\u{fffd}\u{1f980} \u{e4}\u{f6}\u{fc}\n\ttab\n";
    fs::write(
        &input,
        [fs::read(&input).expect("input"), odd.as_bytes().to_vec()].concat(),
    )
    .expect("input");
    let worker = launch(dir.path(), &kafka, &topic(name), converter).ready();
    wait_for_content(&dir.path().join("out"), &fs::read(&input).expect("input"));
    worker.stop();
}

fn wait_for_content(path: &Path, expected: &[u8]) {
    wait_for(
        "the output to equal the input",
        Duration::from_secs(60),
        || {
            let found = fs::read(path).unwrap_or_default();
            assert!(
                expected.starts_with(&found),
                "{}: not a prefix of the input",
                path.display()
            );
            if found.len() == expected.len() {
                Ok(())
            } else {
                Err((found.len(), expected.len()))
            }
        },
    );
}

fn launch(dir: &Path, kafka: &Kafka, topic: &str, converter: &str) -> Launch {
    let file = |name: &str| dir.join(name).to_str().expect("UTF-8").to_owned();
    Launch::windlass(env!("CARGO_BIN_EXE_windlass"), dir, kafka.address())
        .with("value.converter", converter)
        .connector(
            &format!("{topic}-source"),
            &[
                ("connector.class", "FileStreamSource"),
                ("file", &file("in")),
                ("topic", topic),
            ],
        )
        .connector(
            &format!("{topic}-sink"),
            &[
                ("connector.class", "FileStreamSink"),
                ("file", &file("out")),
                ("topics", topic),
            ],
        )
}

/// A topic of this run's own, for the broker may be shared with earlier runs.
fn topic(name: &str) -> String {
    format!("file-to-file-{name}-{}", std::process::id())
}
