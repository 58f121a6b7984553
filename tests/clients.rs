//! Connect clients from PyPI, unchanged, get from a worker what they get from Java's.

use std::path::Path;
use std::process::{Command, Stdio};

use windlass_testkit::{Kafka, Launch};

/// `tests/clients/expected.jsonl` is what the same session gave with a Java worker, version 4.3.1, in distributed mode.
#[test]
fn four_clients_get_the_answers_of_javas_worker() {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let group = format!("clients-{}", std::process::id());
    let binary = env!("CARGO_BIN_EXE_windlass");
    let worker = Launch::windlass_distributed(binary, dir.path(), kafka.address(), &group).ready();
    let session = Command::new(python())
        .arg(Path::new(HERE).join("session.py"))
        .arg(format!("http://{}", worker.rest.address()))
        .arg(dir.path())
        .arg(format!("clients_topic_{}", std::process::id()))
        .stderr(Stdio::inherit())
        .output()
        .expect("the session");
    let found = String::from_utf8(session.stdout).expect("UTF-8");
    for (found, expected) in found.lines().zip(EXPECTED.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), EXPECTED.lines().count());
    assert!(session.status.success(), "{}", session.status);
    worker.stop();
}

/// The interpreter that has the clients; they are installed the first time.
fn python() -> std::path::PathBuf {
    let fetched = Command::new(Path::new(HERE).join("fetch")).status();
    assert!(fetched.expect("fetch").success(), "pip failed");
    let home = std::env::var_os("WINDLASS_CLIENTS_HOME").map_or_else(
        || Path::new(HERE).join("../../target/clients"),
        std::path::PathBuf::from,
    );
    home.join("bin/python")
}

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");
const EXPECTED: &str = include_str!("clients/expected.jsonl");
