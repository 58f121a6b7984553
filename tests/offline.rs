//! The commands that need no cluster, through the binary.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const CAST: &str = "org.apache.kafka.connect.transforms.Cast$Value";
const TOMBSTONE: &str = "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone";

fn windlass(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("windlass");
    let mut stdin = child.stdin.take().expect("standard input");
    // A program that refuses its arguments does not read.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the end")
}

fn outcome(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert!(!error.contains("panicked"), "{error}");
    (output.status.code(), out, error)
}

/// A directory with the sink `sink.json` and the source `source.properties`.
fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = json!({
        "name": "orders", "connector.class": "FileStreamSink", "topics": "orders", "file": "out",
        "key.converter": "StringConverter",
        "value.converter": "JsonConverter", "value.converter.schemas.enable": "false",
        "transforms": "cast,drop",
        "transforms.cast.type": CAST, "transforms.cast.spec": "id:string",
        "transforms.drop.type": "org.apache.kafka.connect.transforms.Filter",
        "transforms.drop.predicate": "gone",
        "predicates": "gone", "predicates.gone.type": TOMBSTONE,
    });
    fs::write(dir.path().join("sink.json"), sink.to_string()).expect("sink");
    let source = format!(
        "name=lines\nconnector.class=FileStreamSource\nfile=in\ntopic=lines\ntransforms=cast\n\
         transforms.cast.type={CAST}\ntransforms.cast.spec=int32\n"
    );
    fs::write(dir.path().join("source.properties"), source).expect("source");
    dir
}

#[test]
fn transform_shows_a_record_before_and_after_every_stage() {
    let dir = directory();
    let input =
        "{\"key\":\"k\",\"value\":{\"id\":1},\"headers\":{\"h\":\"x\"}}\n\n{\"value\":null}\n";
    let (code, out, error) = outcome(&windlass(dir.path(), &["transform", "sink.json"], input));
    assert_eq!(code, Some(0), "{error}");
    let expected = "record 1\n    topic        \"orders\"\n    partition    0\n    offset       0\n    \
                    key          \"k\"\n    value        {\"id\":1}\n    headers      h=\"x\"\n  \
                    CONVERTERS StringConverter, JsonConverter, SimpleHeaderConverter\n  \
                    - headers      h=\"x\"\n  + keySchema    string?\n  + headers      h=\"x\" (string)\n  \
                    TRANSFORMATION cast: Cast$Value\n  - value        {\"id\":1}\n  + value        {\"id\":\"1\"}\n  \
                    TRANSFORMATION drop: Filter\n    predicate does not hold: not applied\n  passed\n";
    assert!(out.starts_with(expected), "{out}");
    assert!(
        out.ends_with("TRANSFORMATION drop: Filter\n    dropped\n  dropped\n"),
        "{out}"
    );
}

#[test]
fn transform_goes_on_after_a_record_that_fails() {
    let dir = directory();
    let input = "{\"value\":\"{\"}\n{\"value\":{\"id\":2}}\n";
    let output = windlass(dir.path(), &["transform", "--json", "sink.json"], input);
    let (code, out, error) = outcome(&output);
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("a record failed"), "{error}");
    let runs: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    assert_eq!(runs.len(), 2);
    let failure = &runs[0]["output"]["error"];
    assert_eq!(failure["stage"], "VALUE_CONVERTER");
    assert_eq!(
        failure["class"],
        "org.apache.kafka.connect.json.JsonConverter"
    );
    assert_eq!(
        failure["exception"],
        "org.apache.kafka.connect.errors.DataException"
    );
    assert_eq!(runs[1]["output"]["value"], json!({"id": "2"}));
    assert_eq!(runs[1]["input"]["offset"], 1);
    assert_eq!(runs[1]["steps"][2]["applied"], false);
}

#[test]
fn a_source_ends_with_the_bytes_in_kafka() {
    let dir = directory();
    fs::write(
        dir.path().join("worker.properties"),
        "key.converter=StringConverter\nvalue.converter=StringConverter\n",
    )
    .expect("worker");
    let input = "{\"value\":\"42\",\"valueSchema\":{\"type\":\"string\"}}\n";
    let run = |arguments: &[&str]| -> Value {
        let (code, out, error) = outcome(&windlass(dir.path(), arguments, input));
        assert_eq!(code, Some(0), "{error}");
        serde_json::from_str(&out).expect("one record")
    };
    let own = run(&["transform", "--json", "source.properties"]);
    let envelope = json!({"schema": {"type": "int32", "optional": false}, "payload": 42});
    assert_eq!(own["output"]["value"], envelope);
    assert_eq!(own["input"]["valueSchema"]["type"], "string");
    assert_eq!(own["steps"][0]["record"]["value"], 42);
    let workers = run(&[
        "transform",
        "--json",
        "source.properties",
        "--worker",
        "worker.properties",
    ]);
    assert_eq!(workers["output"]["value"], "42");
    assert_eq!(workers["output"]["topic"], "lines");
}

#[test]
fn samples_that_cannot_be_read_are_named_by_their_line() {
    let dir = directory();
    let input = "{\"value\":1}\n{\"valeu\":1}\n";
    let (code, out, error) = outcome(&windlass(dir.path(), &["transform", "sink.json"], input));
    assert_eq!(code, Some(1));
    assert!(
        error.contains("line 2: unknown member \"valeu\": did you mean \"value\"?"),
        "{error}"
    );
    assert!(out.contains("record 1"), "{out}");
    let (code, _, error) = outcome(&windlass(dir.path(), &["transform", "nothing.json"], ""));
    assert_eq!(code, Some(2));
    assert!(error.contains("nothing.json"), "{error}");
}

#[test]
fn cases_pass_or_show_what_differs() {
    let dir = directory();
    let cases = json!({
        "connector": "sink.json",
        "cases": [
            {"name": "ids become text", "record": {"value": {"id": 1}}, "expect": {"value": {"id": "1"}}},
            {"name": "tombstones are dropped", "record": {"key": "k"}, "expect": null},
            {"name": "broken JSON", "record": {"value": "{"}, "expect": {"error": {"stage": "VALUE_CONVERTER"}}},
        ],
    });
    fs::write(dir.path().join("cases.json"), cases.to_string()).expect("cases");
    let (code, out, error) = outcome(&windlass(dir.path(), &["test", "cases.json"], ""));
    assert_eq!(code, Some(0), "{error}");
    assert!(out.ends_with("3 passed, 0 failed\n"), "{out}");
    let cases = json!({
        "connector": {
            "name": "lines", "connector.class": "FileStreamSource", "file": "in", "topic": "lines",
            "value.converter": "StringConverter",
        },
        "cases": [{"record": {"value": "a"}, "expect": {"value": "b", "topic": "lines"}}],
    });
    fs::write(dir.path().join("cases.json"), cases.to_string()).expect("cases");
    let (code, out, error) = outcome(&windlass(dir.path(), &["test", "cases.json"], ""));
    assert_eq!(code, Some(1), "{error}");
    assert_eq!(
        out,
        "FAIL  case 1\n      value: expected \"b\", found \"a\"\n0 passed, 1 failed\n"
    );
    assert!(error.contains("1 of 1 cases failed"), "{error}");
    fs::write(
        dir.path().join("cases.json"),
        "{\"connector\":{},\"case\":[]}",
    )
    .expect("cases");
    let (code, _, error) = outcome(&windlass(dir.path(), &["test", "cases.json"], ""));
    assert_eq!(code, Some(2));
    assert!(
        error.contains("unknown member \"case\": did you mean \"cases\"?"),
        "{error}"
    );
}

#[test]
fn validate_tells_errors_and_keys_that_nobody_reads() {
    let dir = directory();
    let (code, out, error) = outcome(&windlass(dir.path(), &["validate", "sink.json"], ""));
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "sink.json is valid\n"),
        "{error}"
    );
    let bad = "name=x\nconnector.class=FileStreamSource\ntopic=t\ntasks.max=0\ntasks.mx=1\n\
               errors.deadletterqueue.topic.name=d\nkey.converter.schemas.enable=false\n\
               producer.override.linger.mss=5\ntopic.creation.default.partitions=1\n";
    fs::write(dir.path().join("bad.properties"), bad).expect("connector");
    let (code, out, error) = outcome(&windlass(dir.path(), &["validate", "bad.properties"], ""));
    assert_eq!(code, Some(1));
    assert!(error.contains("bad.properties: "), "{error}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(
        lines.contains(&"warning  tasks.mx is read by nobody: did you mean tasks.max?")
            && lines.contains(
                &"warning  producer.override.linger.mss is read by nobody: did you mean producer.override.linger.ms?"
            ),
        "{out}"
    );
    assert!(
        out.contains("error    tasks.max: Invalid value 0 for configuration tasks.max: Value must be at least 1"),
        "{out}"
    );
    assert!(out.contains(
        "key.converter.schemas.enable is read by nobody: it is only read beside key.converter"
    ));
    assert!(
        !out.contains("errors.deadletterqueue") && !out.contains("topic.creation"),
        "{out}"
    );
    let unknown = "name=x\nconnector.class=FileStreamSauce\n";
    fs::write(dir.path().join("bad.properties"), unknown).expect("connector");
    let (code, _, error) = outcome(&windlass(dir.path(), &["validate", "bad.properties"], ""));
    assert_eq!(code, Some(1));
    assert!(error.contains("FileStreamSauce"), "{error}");
}
