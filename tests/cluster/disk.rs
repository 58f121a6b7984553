//! A file that may not grow any more.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use windlass_testkit::{Kafka, Launch, append_lines, check_lines, wait_for};

use super::BINARY;

/// Fault 18: the sink says where and tries again, what is in the file is whole, and nothing is missing afterwards.
#[test]
fn a_full_disk_is_named_and_tears_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let binary = std::env::var("WINDLASS_TEST_BINARY").unwrap_or_else(|_| BINARY.to_owned());
    // As on a full disk, a write is cut short or refused; the limit counts for each file.
    let limited = dir.path().join("limited");
    let script = format!("#!/bin/sh\ntrap '' XFSZ\nulimit -f 1000\nexec {binary} \"$@\"\n");
    fs::write(&limited, script).expect("a script");
    fs::set_permissions(&limited, fs::Permissions::from_mode(0o755)).expect("a script");
    let topic = format!(
        "disk-{}",
        dir.path().file_name().expect("a name").to_string_lossy()
    );
    let topic = topic.replace('.', "");
    let launch = || {
        let launch = Launch::windlass(BINARY, dir.path(), Kafka::shared().address());
        let source = [
            ("connector.class", "FileStreamSource"),
            ("file", &*file("in")),
            ("topic", &topic),
        ];
        let sink = [
            ("connector.class", "FileStreamSink"),
            ("file", &*file("out")),
            ("topics", &topic),
            ("consumer.override.session.timeout.ms", "6000"),
        ];
        launch
            .connector("disk-source", &source)
            .connector("disk-sink", &sink)
    };
    append_lines(&dir.path().join("in"), 0, LINES);
    let worker = launch().through(&limited).ready();
    wait_for(
        "the sink to say which file it cannot write",
        PATIENCE,
        || {
            let log = worker.process.output();
            let says = |line: &str| line.contains("put failed") && line.contains(&*file("out"));
            if log.lines().any(says) {
                Ok(())
            } else {
                Err(worker.status("disk-sink"))
            }
        },
    );
    let source = worker.status("disk-source");
    assert_eq!(source["tasks"][0]["state"], "RUNNING", "{source}");
    let written = fs::read(dir.path().join("out")).expect("the output");
    assert!(written.ends_with(b"\n"), "a torn line");
    worker.stop();
    let before = check_lines(&dir.path().join("out")).expect("whole and in order");

    let worker = launch().ready();
    let seen = wait_for("every line", PATIENCE, || {
        match check_lines(&dir.path().join("out")) {
            Ok(seen) if seen.delivered == LINES => Ok(seen),
            other => Err(other),
        }
    });
    println!(
        "18 disk full: the log names the file, {} lines whole; lost 0, repeated {}, torn {} after there was room (targets 0, -, 0)",
        before.delivered, seen.repeated, seen.torn
    );
    assert_eq!((before.torn, seen.torn), (0, 0));
    worker.stop();
}

const LINES: u64 = 20_000;
const PATIENCE: Duration = Duration::from_secs(60);
