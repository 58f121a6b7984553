//! The command line: what is refused, with which exit code, and that the message says what to do about it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use windlass_testkit::{Kafka, Launch, wait_for};

const STRING: &str = "org.apache.kafka.connect.storage.StringConverter";

fn windlass(arguments: &[&str]) -> Output {
    run(Path::new(env!("CARGO_BIN_EXE_windlass")), arguments)
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command.output().expect("windlass")
}

/// The exit code and what was written, checked to be without a panic.
fn outcome(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(!text.contains("panicked"), "{text}");
    (output.status.code(), text)
}

/// A worker file with these lines added to what a worker needs; a later line wins.
fn worker_file(directory: &Path, lines: &str) -> String {
    let path = directory.join("worker.properties");
    let offsets = directory.join("offsets");
    let kafka = Kafka::shared();
    let text = format!(
        "bootstrap.servers={}\nkey.converter={STRING}\nvalue.converter={STRING}\n\
         offset.storage.file.filename={}\nlisteners=http://127.0.0.1:0\n{lines}\n",
        kafka.address(),
        offsets.display()
    );
    std::fs::write(&path, text).expect("worker file");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn usage_errors_exit_with_1() {
    for arguments in [
        &[][..],
        &["standalone"],
        &["distributed"],
        &["nonsense"],
        &["standalone", "--nonsense", "w"],
    ] {
        let (code, text) = outcome(&windlass(arguments));
        assert_eq!(code, Some(1), "{arguments:?}: {text}");
        assert!(text.contains("Usage"), "{arguments:?}: {text}");
    }
}

#[test]
fn help_and_version_succeed() {
    let (code, text) = outcome(&windlass(&["--help"]));
    assert_eq!(code, Some(0));
    assert!(
        text.contains("standalone") && text.contains("quickstart"),
        "{text}"
    );
    let (code, text) = outcome(&windlass(&["--version"]));
    assert_eq!(code, Some(0));
    assert!(text.contains("Kafka Connect 4.3.1"), "{text}");
}

#[test]
fn plugins_are_listed_by_their_java_names() {
    let (code, text) = outcome(&windlass(&["plugins"]));
    assert_eq!(code, Some(0));
    for class in [
        "file.FileStreamSourceConnector",
        "json.JsonConverter",
        "transforms.Cast$Value",
    ] {
        assert!(
            text.contains(&format!("org.apache.kafka.connect.{class}")),
            "{class}:\n{text}"
        );
    }
}

#[test]
fn a_link_named_like_kafkas_script_is_standalone() {
    let directory = tempfile::tempdir().expect("directory");
    let link = directory.path().join("connect-standalone.sh");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_windlass"), &link).expect("link");
    let (code, text) = outcome(&run(&link, &["/no/such.properties"]));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("/no/such.properties"), "{text}");
}

#[test]
fn wrong_worker_files_exit_with_2_and_one_clear_line() {
    let directory = tempfile::tempdir().expect("directory");
    let cases = [
        ("bootstrap.servers=", "bootstrap.servers"),
        ("key.converter=Nope", "Class Nope could not be found"),
        ("offset.flush.interval.ms=soon", "Not a number of type LONG"),
        ("listeners=ftp://x:1", "listeners"),
        (
            "listeners=https://127.0.0.1:0",
            "a server needs a private key",
        ),
        (
            "response.http.headers.config=put X: 1",
            "response.http.headers.config",
        ),
        ("key.converter=\\u12", "\\uxxxx"),
        (
            "config.providers=file\nconfig.providers.file.class=org.acme.Vault",
            "Could not load config provider class",
        ),
    ];
    for (line, message) in cases {
        let file = worker_file(directory.path(), line);
        let (code, text) = outcome(&windlass(&["--log", "off", "standalone", &file]));
        assert_eq!(code, Some(2), "{line}: {text}");
        assert!(text.contains(message), "{line}: {text}");
        assert_eq!(text.lines().count(), 1, "{line}: {text}");
    }
    let (code, text) = outcome(&windlass(&["standalone", "/no/such/worker.properties"]));
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("/no/such/worker.properties: No such file"),
        "{text}"
    );
}

#[test]
fn a_port_in_use_exits_with_2() {
    let directory = tempfile::tempdir().expect("directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let file = worker_file(directory.path(), &format!("listeners=http://{address}"));
    let (code, text) = outcome(&windlass(&["standalone", &file]));
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains(&format!("cannot listen on http://{address}")),
        "{text}"
    );
}

#[test]
fn an_unreachable_broker_exits_with_2() {
    let directory = tempfile::tempdir().expect("directory");
    // Port 1 is never listened on.
    let lines =
        "bootstrap.servers=127.0.0.1:1\ndefault.api.timeout.ms=2000\nrequest.timeout.ms=1000";
    let file = worker_file(directory.path(), lines);
    let begin = Instant::now();
    let (code, text) = outcome(&windlass(&["standalone", &file]));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("127.0.0.1:1"), "{text}");
    assert!(
        begin.elapsed() < Duration::from_secs(20),
        "took {:?}",
        begin.elapsed()
    );
}

#[test]
fn a_wrong_connector_file_ends_the_worker_with_3() {
    let directory = tempfile::tempdir().expect("directory");
    let worker = worker_file(directory.path(), "");
    let connector = directory.path().join("connector");
    let path = connector.to_str().expect("UTF-8");
    let cases = [
        (
            "connector.class=FileStreamSource\n",
            "missing the mandatory 'name'",
        ),
        ("{\"name\": \"c\",", "invalid JSON"),
        ("name=c\n", "contains no connector type"),
        ("name=c\nconnector.class=Nope\n", "Failed to find any class"),
        (
            "name=c\nconnector.class=FileStreamSource\n",
            "Missing required configuration \"topic\"",
        ),
    ];
    for (text, message) in cases {
        std::fs::write(&connector, text).expect("connector file");
        let (code, output) = outcome(&windlass(&["standalone", &worker, path]));
        assert_eq!(code, Some(3), "{text}: {output}");
        assert!(output.contains(message), "{text}: {output}");
    }
    let (code, output) = outcome(&windlass(&["standalone", &worker, "/no/such.json"]));
    assert_eq!(code, Some(3), "{output}");
    assert!(output.contains("/no/such.json"), "{output}");
}

#[test]
fn unknown_worker_keys_are_warned_of_with_a_suggestion() {
    let directory = tempfile::tempdir().expect("directory");
    let launch = Launch::windlass(
        env!("CARGO_BIN_EXE_windlass"),
        directory.path(),
        Kafka::shared().address(),
    )
    .with("offset.flush.intervall.ms", "1000")
    .with("producer.linger.ms", "5");
    let output = launch.ready().stop();
    assert!(output.contains("offset.flush.intervall.ms"), "{output}");
    assert!(
        output.contains("did you mean offset.flush.interval.ms?"),
        "{output}"
    );
    assert!(!output.contains("producer.linger.ms"), "{output}");
}

#[test]
fn json_connector_files_are_taken_in_both_forms() {
    let directory = tempfile::tempdir().expect("directory");
    let input = directory.path().join("in.txt");
    std::fs::write(&input, "").expect("input");
    let config = format!(
        "\"connector.class\": \"FileStreamSource\", \"topic\": \"cli_json\", \"file\": {input:?}"
    );
    let flat = directory.path().join("flat.json");
    std::fs::write(&flat, format!("{{\"name\": \"flat\", {config}}}")).expect("file");
    let request = directory.path().join("request.json");
    let body = format!(
        "{{\"name\": \"request\", \"config\": {{{config}}}, \"initial_state\": \"STOPPED\"}}"
    );
    std::fs::write(&request, body).expect("file");
    let launch = Launch::windlass(
        env!("CARGO_BIN_EXE_windlass"),
        directory.path(),
        Kafka::shared().address(),
    );
    let worker = launch.file(&flat).file(&request).ready();
    worker.wait_running("flat");
    wait_for("the second connector", Duration::from_secs(10), || {
        let status = worker.status("request");
        if status["connector"]["state"] == "STOPPED" {
            Ok(())
        } else {
            Err(status)
        }
    });
    worker.stop();
}
