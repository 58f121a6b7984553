//! `windlass quickstart`: everything in one process, in an empty directory, with nothing else running.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use windlass_testkit::{Process, Rest, wait_for};

const PATIENCE: Duration = Duration::from_secs(30);

fn start(directory: &Path, arguments: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command
        .arg("quickstart")
        .args(arguments)
        .current_dir(directory)
        .env_remove("RUST_LOG");
    Process::start(command, &directory.join("log"))
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

fn wait_for_lines(path: &Path, count: usize) {
    wait_for("the output", PATIENCE, || match lines(path) {
        n if n >= count => Ok(()),
        n => Err(format!("{n} of {count} lines")),
    });
}

fn interrupt(mut process: Process) -> String {
    process.interrupt();
    let exit = process.wait(PATIENCE);
    assert!(exit.status.success(), "{:?}:\n{}", exit.status, exit.output);
    exit.output
}

#[test]
fn a_demo_file_flows_and_continues_where_it_was() {
    let directory = tempfile::tempdir().expect("directory");
    let output = directory.path().join("windlass-quickstart/output.txt");
    let input = directory.path().join("windlass-quickstart/input.txt");
    let mut expected = 20;
    for _ in 0..3 {
        let process = start(directory.path(), &[]);
        wait_for_lines(&output, expected);
        interrupt(process);
        expected = lines(&output) + 20;
    }
    let (read, written) = (
        std::fs::read(input).expect("input"),
        std::fs::read(&output).expect("output"),
    );
    assert!(
        read.starts_with(&written),
        "lines were lost, repeated or changed"
    );
}

#[test]
fn a_file_of_the_users_flows_and_the_printed_commands_work() {
    let directory = tempfile::tempdir().expect("directory");
    let text: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
    std::fs::write(directory.path().join("mine.txt"), &text).expect("input");
    let process = start(directory.path(), &["mine.txt", "--directory", "elsewhere"]);
    let output = directory.path().join("elsewhere/output.txt");
    wait_for_lines(&output, 10_000);
    let printed = wait_for("the commands", PATIENCE, || {
        let log = process.output();
        let urls: Vec<String> = log
            .lines()
            .filter_map(|line| line.trim().strip_prefix("curl ")?.split('#').next())
            .map(|line| line.trim().trim_matches('\'').to_owned())
            .collect();
        if urls.len() == 3 { Ok(urls) } else { Err(log) }
    });
    for command in &printed {
        let (method, url) = match command.strip_prefix("-X ") {
            Some(rest) => rest.split_once(' ').expect("a method and a URL"),
            None => ("GET", command.as_str()),
        };
        let (address, path) = url
            .trim_start_matches("http://")
            .split_once('/')
            .expect("a path");
        let rest = Rest::new(address.parse().expect("an address"));
        let answer = rest
            .request(method, &format!("/{path}"), &[], b"")
            .expect("an answer");
        assert!((200..300).contains(&answer.status), "{command}: {answer:?}");
    }
    wait_for("the progress", PATIENCE, || {
        let log = process.output();
        if log.contains("10000 lines out") && log.contains("lag 0") {
            Ok(())
        } else {
            Err(log)
        }
    });
    interrupt(process);
    assert_eq!(std::fs::read_to_string(output).expect("output"), text);
}

#[test]
fn avro_works_with_no_other_set_up() {
    let directory = tempfile::tempdir().expect("directory");
    std::fs::write(directory.path().join("mine.txt"), "one\ntwo\n").expect("input");
    let process = start(directory.path(), &["mine.txt"]);
    let address = |after: &str| {
        wait_for("an address", PATIENCE, || {
            let log = process.output();
            let rest = log.split_once(after).ok_or_else(|| log.clone())?.1;
            let end = rest.find(['/', '\n']).ok_or_else(|| log.clone())?;
            rest[..end].parse::<SocketAddr>().map_err(|_| log.clone())
        })
    };
    let registry = address("Schema is at http://");
    let rest = Rest::new(address("curl 'http://"));
    let copy = directory.path().join("copy.txt");
    let connectors = [
        ("avro-source", "FileStreamSource", "topic", "mine.txt"),
        ("avro-sink", "FileStreamSink", "topics", "copy.txt"),
    ];
    for (name, class, topic, file) in connectors {
        let config = json!({
            "connector.class": class,
            topic: "avro-lines",
            "file": directory.path().join(file),
            "value.converter": "io.confluent.connect.avro.AvroConverter",
            "value.converter.schema.registry.url": format!("http://{registry}"),
        });
        let path = format!("/connectors/{name}/config");
        let answer = rest.send("PUT", &path, &config).expect("an answer");
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    wait_for_lines(&copy, 2);
    let schemas = Rest::new(registry);
    let registered = schemas.get("/subjects/avro-lines-value/versions/1");
    assert_eq!(
        registered.expect("an answer").json()["schema"],
        "\"string\""
    );
    interrupt(process);
    assert_eq!(std::fs::read_to_string(copy).expect("output"), "one\ntwo\n");
}

#[test]
fn a_missing_file_is_told() {
    let directory = tempfile::tempdir().expect("directory");
    let exit = start(directory.path(), &["nowhere.txt"]).wait(PATIENCE);
    assert_eq!(exit.status.code(), Some(2), "{}", exit.output);
    assert!(
        exit.output.contains("nowhere.txt: No such file"),
        "{}",
        exit.output
    );
}
