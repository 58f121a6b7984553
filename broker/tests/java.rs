//! Kafka's own tools, clients and Connect worker, 4.3.1, against the embedded broker.
//!
//! The jars come from `WINDLASS_TEST_KAFKA_LIBS`, which `tests/run` sets after fetching them.

mod common;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use common::{Client, batch, text};
use kafka_protocol::messages::{DescribeGroupsRequest, GroupId};
use tokio::runtime::Runtime;
use windlass_broker::{Broker, BrokerConfig, Storage};
use windlass_testkit::{Kafka, Launch, wait_for};

const TOPICS: &str = "org.apache.kafka.tools.TopicCommand";
const CONFIGS: &str = "kafka.admin.ConfigCommand";
const GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
const OFFSETS: &str = "org.apache.kafka.tools.GetOffsetShell";
const CONSUMER: &str = "org.apache.kafka.tools.consumer.ConsoleConsumer";

/// An embedded broker with its files below a directory, and Kafka's tools pointed at it.
struct Running {
    runtime: Runtime,
    broker: Option<Broker>,
    directory: tempfile::TempDir,
    kafka: Kafka,
}

impl Running {
    fn start() -> Running {
        let runtime = Runtime::new().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let broker = open(
            &runtime,
            directory.path(),
            SocketAddr::from(([127, 0, 0, 1], 0)),
        );
        let kafka = Kafka::at(broker.address().to_string());
        Running {
            runtime,
            broker: Some(broker),
            directory,
            kafka,
        }
    }

    /// Ends it, cleanly or as a crash would, and starts it again at the same address.
    fn restart(&mut self, clean: bool) {
        let broker = self.broker.take().expect("a broker");
        let address = broker.address();
        match clean {
            true => self.runtime.block_on(broker.stop()).unwrap(),
            false => self.runtime.block_on(broker.kill()),
        }
        self.broker = Some(open(&self.runtime, self.directory.path(), address));
    }

    fn tool(&self, class: &str, arguments: &[&str]) -> String {
        self.kafka.tool(class, arguments)
    }

    /// What the console consumer prints, line by line.
    fn consume(&self, arguments: &[&str]) -> Vec<String> {
        self.tool(CONSUMER, arguments)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn client(&self) -> Client {
        let _entered = self.runtime.enter();
        Client::connect(self.broker.as_ref().expect("a broker"))
    }
}

fn open(runtime: &Runtime, directory: &Path, listen: SocketAddr) -> Broker {
    let storage = Storage::Directory(directory.join("broker"));
    let config = BrokerConfig {
        listen,
        storage,
        ..BrokerConfig::default()
    };
    runtime.block_on(Broker::start(config)).unwrap()
}

fn lines(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("line {index}")).collect()
}

fn produce(kafka: &Kafka, topic: &str, lines: &[String]) {
    kafka.produce(topic, &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn topics_are_created_described_changed_and_deleted() {
    let running = Running::start();
    let compacted = [
        "--create",
        "--topic",
        "compacted",
        "--config",
        "cleanup.policy=compact",
    ];
    assert_eq!(
        running.tool(TOPICS, &compacted).trim(),
        "Created topic compacted."
    );
    running.tool(
        TOPICS,
        &["--create", "--topic", "plain", "--partitions", "3"],
    );
    assert_eq!(running.tool(TOPICS, &["--list"]), "compacted\nplain\n");
    running.tool(
        TOPICS,
        &["--alter", "--topic", "plain", "--partitions", "5"],
    );
    let described = running.tool(TOPICS, &["--describe", "--topic", "plain"]);
    assert!(
        described.contains("PartitionCount: 5\tReplicationFactor: 1"),
        "{described}"
    );
    assert_eq!(
        described.matches("Leader: 1\tReplicas: 1\tIsr: 1").count(),
        5,
        "{described}"
    );

    let of = |topic: &str| {
        let all = [
            "--describe",
            "--all",
            "--entity-type",
            "topics",
            "--entity-name",
            topic,
        ];
        running.tool(CONFIGS, &all)
    };
    let config = of("compacted");
    for line in [
        "cleanup.policy=compact sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact, DEFAULT_CONFIG:log.cleanup.policy=delete}",
        "min.insync.replicas=1 sensitive=false",
        "max.message.bytes=1048588 sensitive=false synonyms={DEFAULT_CONFIG:message.max.bytes=1048588}",
    ] {
        assert!(config.contains(line), "{line} in\n{config}");
    }
    let alter = [
        "--alter",
        "--entity-type",
        "topics",
        "--entity-name",
        "plain",
    ];
    running.tool(
        CONFIGS,
        &[
            &alter[..],
            &["--add-config", "retention.ms=1234,min.insync.replicas=2"],
        ]
        .concat(),
    );
    running.tool(
        CONFIGS,
        &[&alter[..], &["--delete-config", "min.insync.replicas"]].concat(),
    );
    let config = of("plain");
    assert!(
        config.contains("retention.ms=1234 ") && config.contains("min.insync.replicas=1 "),
        "{config}"
    );
    running.tool(TOPICS, &["--delete", "--topic", "plain"]);
    assert_eq!(running.tool(TOPICS, &["--list"]), "compacted\n");
}

#[test]
fn groups_read_commit_and_are_described_over_restarts() {
    let mut running = Running::start();
    running.tool(TOPICS, &["--create", "--topic", "t"]);
    let all = lines(1000);
    produce(&running.kafka, "t", &all[..600]);
    let read = [
        "--topic",
        "t",
        "--group",
        "g",
        "--from-beginning",
        "--max-messages",
    ];
    assert_eq!(running.consume(&[&read[..], &["600"]].concat()), all[..600]);
    running.restart(true);
    produce(&running.kafka, "t", &all[600..]);
    running.restart(false);
    // From where the group had committed, not from the beginning.
    assert_eq!(
        running.consume(&[&read[..], &["300"]].concat()),
        all[600..900]
    );
    let described = running.tool(GROUPS, &["--describe", "--group", "g"]);
    let row = described
        .lines()
        .last()
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>();
    assert_eq!(
        row[..6],
        ["g", "t", "0", "900", "1000", "100"],
        "{described}"
    );
    assert_eq!(running.tool(OFFSETS, &["--topic", "t"]), "t:0:1000\n");
    assert_eq!(
        running.tool(OFFSETS, &["--topic", "t", "--time", "earliest"]),
        "t:0:0\n"
    );
    assert!(
        running
            .tool(GROUPS, &["--list", "--state"])
            .contains("Empty")
    );
    let reset = [
        "--reset-offsets",
        "--group",
        "g",
        "--topic",
        "t",
        "--to-earliest",
        "--execute",
    ];
    running.tool(GROUPS, &reset);
    assert_eq!(running.consume(&[&read[..], &["1000"]].concat()), all);
    running.tool(
        GROUPS,
        &["--delete-offsets", "--group", "g", "--topic", "t"],
    );
    running.tool(GROUPS, &["--delete", "--group", "g"]);
    assert_eq!(running.tool(GROUPS, &["--list"]).trim(), "");
}

#[test]
fn two_consumers_share_the_partitions_of_their_group() {
    let running = Running::start();
    running.tool(TOPICS, &["--create", "--topic", "t", "--partitions", "4"]);
    let consume = || {
        running.consume(&[
            "--topic",
            "t",
            "--group",
            "pair",
            "--from-beginning",
            "--timeout-ms",
            "15000",
        ])
    };
    std::thread::scope(|scope| {
        let consumers = [scope.spawn(consume), scope.spawn(consume)];
        let mut client = running.client();
        let ask = DescribeGroupsRequest::default().with_groups(vec![GroupId(text("pair"))]);
        wait_for(
            "both consumers to be assigned",
            Duration::from_secs(60),
            || {
                let found = running.runtime.block_on(client.call(5, &ask));
                let group = &found.groups[0];
                match (&*group.group_state, group.members.len()) {
                    ("Stable", 2) => Ok(()),
                    other => Err(format!("{other:?}")),
                }
            },
        );
        for (index, line) in lines(400).iter().enumerate() {
            let produced =
                running
                    .runtime
                    .block_on(client.produce("t", index as i32 % 4, batch(&[line])));
            assert_eq!(produced.error_code, 0);
        }
        let read: Vec<Vec<String>> = consumers.map(|consumer| consumer.join().unwrap()).into();
        assert!(
            read.iter().all(|lines| !lines.is_empty()),
            "each has partitions of its own"
        );
        assert_eq!(
            read.iter().map(Vec::len).sum::<usize>(),
            400,
            "nothing twice, nothing lost"
        );
        assert_eq!(
            read.into_iter().flatten().collect::<BTreeSet<_>>(),
            lines(400).into_iter().collect()
        );
    });
}

#[test]
fn transactions_are_written_and_read() {
    let running = Running::start();
    running.tool(TOPICS, &["--create", "--topic", "t", "--partitions", "2"]);
    let perf = [
        "--topic",
        "t",
        "--num-records",
        "5000",
        "--record-size",
        "100",
        "--throughput",
        "-1",
    ];
    let transaction = [
        "--transactional-id",
        "tx",
        "--transaction-duration-ms",
        "50",
    ];
    running.tool(
        "org.apache.kafka.tools.ProducerPerformance",
        &[&perf[..], &transaction[..]].concat(),
    );
    let committed = [
        "--topic",
        "t",
        "--from-beginning",
        "--isolation-level",
        "read_committed",
        "--max-messages",
        "5000",
    ];
    assert_eq!(running.consume(&committed).len(), 5000);
    let listed = running.tool("org.apache.kafka.tools.TransactionsCommand", &["list"]);
    assert!(listed.contains("CompleteCommit"), "{listed}");
    let verified = running.tool(
        "org.apache.kafka.tools.VerifiableProducer",
        &["--topic", "v", "--max-messages", "1000", "--acks", "-1"],
    );
    assert_eq!(verified.matches("producer_send_success").count(), 1000);
    let consumed = running.tool(
        "org.apache.kafka.tools.VerifiableConsumer",
        &[
            "--topic",
            "v",
            "--group-id",
            "v",
            "--max-messages",
            "1000",
            "--reset-policy",
            "earliest",
        ],
    );
    assert!(consumed.contains("offsets_committed"), "{consumed}");
}

#[test]
fn records_are_deleted_on_demand() {
    let running = Running::start();
    running.tool(TOPICS, &["--create", "--topic", "t"]);
    produce(&running.kafka, "t", &lines(100));
    let file = running.directory.path().join("delete.json");
    std::fs::write(
        &file,
        r#"{"partitions":[{"topic":"t","partition":0,"offset":40}],"version":1}"#,
    )
    .unwrap();
    let delete = ["--offset-json-file", file.to_str().unwrap()];
    let deleted = running.tool("org.apache.kafka.tools.DeleteRecordsCommand", &delete);
    assert!(deleted.contains("low_watermark: 40"), "{deleted}");
    let left = running.consume(&["--topic", "t", "--from-beginning", "--max-messages", "60"]);
    assert_eq!(left, lines(100)[40..]);
}

/// Waits until the file holds just these lines.
fn wait_for_lines(file: &Path, lines: &[String]) {
    let expected = lines
        .iter()
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    wait_for(
        "the sink to have written",
        Duration::from_secs(90),
        || match std::fs::read_to_string(file).unwrap_or_default() {
            found if found == expected => Ok(()),
            found => Err(format!(
                "{} lines of {}",
                found.lines().count(),
                lines.len()
            )),
        },
    );
}

fn write_lines(file: &Path, lines: &[String]) {
    std::fs::write(
        file,
        lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )
    .unwrap();
}

#[test]
fn a_java_worker_moves_a_file_standalone() {
    let running = Running::start();
    let (input, output) = (
        running.directory.path().join("in"),
        running.directory.path().join("out"),
    );
    write_lines(&input, &lines(5000));
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let source = [
        ("connector.class", "FileStreamSource"),
        ("file", &path(&input)),
        ("topic", "lines"),
    ];
    let sink = [
        ("connector.class", "FileStreamSink"),
        ("file", &path(&output)),
        ("topics", "lines"),
    ];
    let worker = Launch::java(running.directory.path(), running.kafka.address())
        .connector("source", &source)
        .connector("sink", &sink)
        .start();
    wait_for_lines(&output, &lines(5000));
    worker.stop();
}

/// The source writes in transactions. The sink may write a line again after a restart, for its group is formed anew; so
/// the topic is what is checked then.
#[test]
fn a_java_cluster_moves_a_file_exactly_once_over_restarts() {
    let mut running = Running::start();
    let (input, output) = (
        running.directory.path().join("in"),
        running.directory.path().join("out"),
    );
    write_lines(&input, &lines(1000));
    let worker =
        Launch::java_distributed(running.directory.path(), running.kafka.address(), "cluster")
            .with("exactly.once.source.support", "enabled")
            .with("plugin.discovery", "service_load")
            .start();
    wait_for(
        "the worker to be healthy",
        Duration::from_secs(180),
        || match worker.rest.get("/health") {
            Ok(answer) if answer.status == 200 => Ok(()),
            other => Err(format!("{other:?}")),
        },
    );
    let source =
        serde_json::json!({"connector.class": "FileStreamSource", "file": input, "topic": "lines"});
    worker.create("source", &source);
    let sink =
        serde_json::json!({"connector.class": "FileStreamSink", "file": output, "topics": "lines"});
    worker.create("sink", &sink);
    wait_for_lines(&output, &lines(1000));
    let committed = [
        "--topic",
        "lines",
        "--from-beginning",
        "--isolation-level",
        "read_committed",
    ];
    for (turn, clean) in [(2, true), (3, false)] {
        running.restart(clean);
        write_lines(&input, &lines(1000 * turn));
        let count = (1000 * turn).to_string();
        let limits = ["--max-messages", &count, "--timeout-ms", "90000"];
        assert_eq!(
            running.consume(&[&committed[..], &limits].concat()),
            lines(1000 * turn)
        );
    }
    worker.wait_running("source");
    worker.wait_running("sink");
    worker.stop();
    let all = running.consume(&[&committed[..], &["--timeout-ms", "15000"]].concat());
    assert_eq!(all, lines(3000), "nothing is there twice");
}
