//! Single message transforms beside Java: the same records through the same chains give the same files, and records that fail
//! the same dead letters; sources with the same chains write the same records. One Java worker runs all the connectors.

mod chains;
mod failures;
mod kafka;
mod records;
mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use windlass_testkit::{Kafka, Launch, Worker, wait_for};

use crate::kafka::{Consumed, consume, until_committed};

const PLAIN: &str = "org.apache.kafka.connect.storage.StringConverter";
const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";

/// Connector properties.
type Keys = Vec<(String, String)>;

#[test]
fn chains_and_dead_letters_equal_javas() {
    let kafka = Kafka::shared();
    let run = std::process::id();
    let (topic, broken) = (format!("chains-{run}"), format!("chains-broken-{run}"));
    let end = records::produce(kafka.address(), &topic, &records::orders());
    let broken_end = records::produce(kafka.address(), &broken, &records::broken());
    let mut connectors = Vec::new();
    for (name, keys) in chains::all() {
        connectors.push(Connector::new(name, &topic, end, keys));
    }
    for (name, keys) in failures::all() {
        connectors.push(Connector::new(name, &broken, broken_end, keys));
    }
    let mut windlass = Side::start("windlass", &kafka, &connectors);
    let mut java = Side::start("java", &kafka, &connectors);
    let mut differences = Vec::new();
    for connector in &connectors {
        windlass.wait_for(&kafka, connector);
        java.wait_for(&kafka, connector);
        differences.extend(connector.compare(&kafka, &windlass, &java));
    }
    differences.extend(
        sources::all()
            .iter()
            .filter_map(|source| source.compare(&kafka)),
    );
    windlass.worker.stop();
    java.worker.stop();
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// A connector that runs on both workers.
struct Connector {
    name: &'static str,
    topic: String,
    end: i64,
    keys: Keys,
}

/// One of the two workers.
struct Side {
    name: &'static str,
    directory: tempfile::TempDir,
    worker: Worker,
}

impl Connector {
    fn new(name: &'static str, topic: &str, end: i64, keys: Keys) -> Self {
        Connector {
            name,
            topic: topic.to_owned(),
            end,
            keys,
        }
    }

    fn group(&self, side: &str) -> String {
        format!("chains-{}-{}-{side}", std::process::id(), self.name)
    }

    fn dead_letters(&self, side: &str) -> Option<String> {
        let wanted = self
            .keys
            .iter()
            .any(|(key, _)| key.starts_with("errors.deadletterqueue."));
        wanted.then(|| format!("{}-dead", self.group(side)))
    }

    fn properties(&self, side: &str, directory: &Path) -> Keys {
        let file = directory.join(format!("{}.out", self.name));
        let mut keys: Keys = [
            (
                "connector.class",
                "org.apache.kafka.connect.file.FileStreamSinkConnector".to_owned(),
            ),
            ("topics", self.topic.clone()),
            ("file", file.to_str().expect("UTF-8").to_owned()),
            ("consumer.override.group.id", self.group(side)),
            ("errors.tolerance", "all".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        if let Some(topic) = self.dead_letters(side) {
            keys.push(("errors.deadletterqueue.topic.name".to_owned(), topic));
        }
        keys.extend(self.keys.iter().cloned());
        keys
    }

    /// What differs between the two workers.
    fn compare(&self, kafka: &Kafka, windlass: &Side, java: &Side) -> Vec<String> {
        let (ours, theirs) = (windlass.output(self), java.output(self));
        let mut differences = Vec::new();
        if ours != theirs {
            differences.push(format!(
                "{}: files differ\n--- Java\n{theirs}--- Windlass\n{ours}",
                self.name
            ));
        }
        match (self.dead_letters("windlass"), self.dead_letters("java")) {
            (Some(ours), Some(theirs)) => {
                // Java commits offsets whether or not its dead letters are written; ours are.
                let end = |topic: &str| kafka.end_offset(topic).expect("an end");
                wait_for("Java's dead letters", Duration::from_secs(60), || {
                    match (end(&ours), end(&theirs)) {
                        (ours, theirs) if theirs >= ours.max(1) => Ok(()),
                        ends => Err(ends),
                    }
                });
                let theirs = consume(kafka.address(), &theirs);
                let ours = consume(kafka.address(), &ours);
                differences.extend(compare_letters(self.name, &ours, &theirs));
            }
            _ if theirs.is_empty() => {
                differences.push(format!(
                    "{}: Java wrote nothing, which compares nothing",
                    self.name
                ));
            }
            _ => {}
        }
        differences
    }
}

/// Dead letters are equal header by header; of a stack trace, which names places in code, only the first line.
fn compare_letters(name: &str, ours: &[Consumed], theirs: &[Consumed]) -> Vec<String> {
    if theirs.is_empty() {
        return vec![format!(
            "{name}: Java wrote no dead letters, which compares nothing"
        )];
    }
    let comparable = |letters: &[Consumed]| -> Vec<Consumed> {
        let mut letters = letters.to_vec();
        for (key, value) in letters.iter_mut().flat_map(|letter| &mut letter.headers) {
            if key == "__connect.errors.exception.stacktrace" {
                *value = value
                    .take()
                    .and_then(|text| text.lines().next().map(str::to_owned));
            }
        }
        letters
    };
    let (ours, theirs) = (comparable(ours), comparable(theirs));
    if ours == theirs {
        return Vec::new();
    }
    vec![format!(
        "{name}: dead letters differ\n--- Java\n{theirs:#?}\n--- Windlass\n{ours:#?}"
    )]
}

impl Side {
    fn start(name: &'static str, kafka: &Kafka, connectors: &[Connector]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut launch = match name {
            "java" => Launch::java(directory.path(), kafka.address())
                .with("plugin.discovery", "service_load"),
            _ => Launch::windlass(
                env!("CARGO_BIN_EXE_windlass"),
                directory.path(),
                kafka.address(),
            ),
        };
        for connector in connectors {
            let keys: BTreeMap<String, String> = connector
                .properties(name, directory.path())
                .into_iter()
                .collect();
            let keys: Vec<(&str, &str)> = keys.iter().map(|(k, v)| (&**k, &**v)).collect();
            launch = launch.connector(connector.name, &keys);
        }
        let input = directory.path().join("input");
        sources::write_input(&input);
        for source in sources::all() {
            let keys = source.properties(name, &input);
            let keys: Vec<(&str, &str)> = keys.iter().map(|(k, v)| (&**k, &**v)).collect();
            launch = launch.connector(source.name, &keys);
        }
        Side {
            name,
            worker: launch.start(),
            directory,
        }
    }

    /// Waits until the connector has dealt with all records.
    fn wait_for(&mut self, kafka: &Kafka, connector: &Connector) {
        let group = connector.group(self.name);
        let process = &mut self.worker.process;
        until_committed(
            kafka.address(),
            &group,
            &connector.topic,
            connector.end,
            || {
                assert!(
                    process.is_running(),
                    "the worker ended:\n{}",
                    process.output()
                );
            },
        );
    }

    fn output(&self, connector: &Connector) -> String {
        let path = self
            .directory
            .path()
            .join(format!("{}.out", connector.name));
        fs::read_to_string(path).unwrap_or_default()
    }
}
