//! A secret in every place where one can stand shows nowhere.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use windlass_testkit::{Kafka, Launch, Worker, wait_for};

use crate::{WINDLASS, write};

#[test]
fn planted_secrets_show_nowhere() {
    let kafka = Kafka::shared();
    let directory = tempfile::tempdir().expect("a directory");
    let group = format!("secrets-{:08x}", fastrand::u32(..));
    let topic = format!("{group}-data");
    kafka.create_topic(&topic, 1);
    // Read as Avro: a zero and a schema's id, for which the registry is asked.
    kafka.produce(&topic, &["\0\0\0\0\u{1}abc"]);
    let secrets = Planted::write(directory.path());
    let worker = launch(&kafka, directory.path(), &group, &secrets);
    let mut seen = String::new();
    let connectors = connectors(&secrets, &topic);
    for (name, config) in &connectors {
        seen += &ask(
            &worker,
            "PUT",
            "/connector-plugins/x/config/validate",
            config,
        );
        seen += &ask(
            &worker,
            "PUT",
            &format!("/connectors/{name}/config"),
            config,
        );
    }
    for name in ["avro", "no-directory"] {
        wait_for("the task to fail", Duration::from_secs(60), || {
            let status = ask(
                &worker,
                "GET",
                &format!("/connectors/{name}/status"),
                &Value::Null,
            );
            if status.contains(r#"[{"id":0,"state":"FAILED"#) {
                Ok(())
            } else {
                Err(status)
            }
        });
    }
    for (name, _) in &connectors {
        for path in [
            "",
            "/config",
            "/status",
            "/tasks",
            "/tasks/0/status",
            "/offsets",
            "/topics",
        ] {
            seen += &ask(
                &worker,
                "GET",
                &format!("/connectors/{name}{path}"),
                &Value::Null,
            );
        }
        seen += &ask(
            &worker,
            "POST",
            &format!("/connectors/{name}/restart"),
            &Value::Null,
        );
        seen += &ask(
            &worker,
            "PUT",
            &format!("/connectors/{name}/pause"),
            &Value::Null,
        );
    }
    for path in [
        "/",
        "/connectors?expand=status&expand=info",
        "/admin/loggers",
        "/connector-plugins",
    ] {
        seen += &ask(&worker, "GET", path, &Value::Null);
    }
    let topics: Vec<_> = ["config", "offset", "status"]
        .map(|topic| format!("{group}-{topic}"))
        .into();
    let records = |topic: &String| kafka.end_offset(topic).expect("its end");
    let count: i64 = topics.iter().map(records).sum();
    let stored = kafka.tool(
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        &[
            "--include",
            &topics.join("|"),
            "--from-beginning",
            "--max-messages",
            &count.to_string(),
            "--formatter-property",
            "print.key=true",
            "--formatter-property",
            "print.headers=true",
        ],
    );
    let log = worker.stop();

    // That the places were reached at all.
    assert!(
        seen.contains("[hidden]") && seen.contains("${file:"),
        "{seen}"
    );
    assert!(
        stored.contains("connector-avro") && stored.contains("status-task-avro-0"),
        "{stored}"
    );
    assert!(log.contains("DEBUG") && log.contains("[hidden]"));
    for (place, text) in [("REST", seen), ("the topics", stored), ("the log", log)] {
        let hits: Vec<_> = text.lines().filter(|line| line.contains(MARK)).collect();
        println!("{place}: {} bytes, {} hits", text.len(), hits.len());
        assert!(hits.is_empty(), "{place}: {}", hits.join("\n"));
    }
}

/// References to secrets, each of which holds the mark.
struct Planted {
    file: String,
    directory: String,
    jaas: String,
}

impl Planted {
    fn write(directory: &Path) -> Self {
        let value = |key: &str| format!("{key}={MARK}{key}\n");
        let mut file: String = [
            "number",
            "class",
            "keystore",
            "truststore",
            "header",
            "path",
        ]
        .map(value)
        .concat();
        file +=
            &format!("jaas=x.PlainLoginModule required username=\"a\" password=\"{MARK}jaas\";\n");
        file += &format!("user=ann:{MARK}user\nurl=http://ann:{MARK}url@127.0.0.1:1\n");
        let file = write(directory, "values.properties", &file);
        write(
            directory,
            "key.pem",
            &format!("-----BEGIN {MARK}KEY-----\n{MARK}line\n"),
        );
        let users = write(directory, "passwords", &format!("admin={MARK}password\n"));
        let module = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";
        let jaas = format!("KafkaConnect {{ {module} required file=\"{users}\"; }};");
        Planted {
            file,
            directory: directory.to_str().expect("UTF-8").to_owned(),
            jaas: write(directory, "jaas.conf", &jaas),
        }
    }

    fn file(&self, key: &str) -> String {
        format!("${{file:{}:{key}}}", self.file)
    }
}

fn launch(kafka: &Kafka, directory: &Path, group: &str, secrets: &Planted) -> Worker {
    let prefix = "org.apache.kafka.common.config.provider";
    Launch::windlass_distributed(WINDLASS, directory, kafka.address(), group)
        .with("offset.storage.partitions", "1")
        .with("status.storage.partitions", "1")
        .with("config.providers", "file,dir,env")
        .with(
            "config.providers.file.class",
            &format!("{prefix}.FileConfigProvider"),
        )
        .with(
            "config.providers.dir.class",
            &format!("{prefix}.DirectoryConfigProvider"),
        )
        .with(
            "config.providers.env.class",
            &format!("{prefix}.EnvVarConfigProvider"),
        )
        .with("ssl.keystore.password", &secrets.file("keystore"))
        .with(
            "producer.ssl.truststore.password",
            &secrets.file("truststore"),
        )
        .with(
            "consumer.ssl.keystore.key",
            &format!("${{dir:{}:key.pem}}", secrets.directory),
        )
        .with("admin.sasl.jaas.config", "${env:SECRET_OF_ADMIN}")
        .with(
            "rest.extension.classes",
            "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension",
        )
        .environment(
            "KAFKA_OPTS",
            &format!("-Djava.security.auth.login.config={}", secrets.jaas),
        )
        .environment(
            "SECRET_OF_ADMIN",
            &format!("x required password=\"{MARK}admin\";"),
        )
        .environment("RUST_LOG", "trace")
        .ready()
}

/// Connectors that work, that fail, and that are refused, with words that quote their configuration.
fn connectors(secrets: &Planted, topic: &str) -> Vec<(&'static str, Value)> {
    let avro = json!({
        "connector.class": "FileStreamSink",
        "topics": topic,
        "file": format!("{}/avro", secrets.directory),
        "value.converter": "io.confluent.connect.avro.AvroConverter",
        "value.converter.schema.registry.url": secrets.file("url"),
        "value.converter.basic.auth.credentials.source": "USER_INFO",
        "value.converter.basic.auth.user.info": secrets.file("user"),
        "value.converter.request.header.X-Token": secrets.file("header"),
        "value.converter.max.retries": "0",
    });
    let source = json!({
        "connector.class": "FileStreamSource",
        "topic": topic,
        "file": format!("{}/{}", secrets.directory, secrets.file("path")),
        "producer.override.sasl.jaas.config": secrets.file("jaas"),
        "producer.override.ssl.key.password": "${env:SECRET_OF_ADMIN}",
    });
    let no_directory = json!({
        "connector.class": "FileStreamSink",
        "topics": topic,
        "file": format!("{}/no/{}/such", secrets.directory, secrets.file("path")),
    });
    let number = json!({
        "connector.class": "FileStreamSource", "topic": topic, "tasks.max": secrets.file("number"),
    });
    let class = json!({
        "connector.class": "FileStreamSource", "topic": topic,
        "transforms": "t", "transforms.t.type": secrets.file("class"),
    });
    let unknown = json!({"connector.class": secrets.file("class"), "topic": topic});
    vec![
        ("avro", avro),
        ("source", source),
        ("no-directory", no_directory),
        ("number", number),
        ("class", class),
        ("unknown", unknown),
    ]
}

/// The whole answer as text.
fn ask(worker: &Worker, method: &str, path: &str, config: &Value) -> String {
    let path = match config["connector.class"].as_str() {
        Some(class) => path.replace(
            "/x/",
            &format!("/{}/", class.replace(['$', '{', '}', '/', ':'], "_")),
        ),
        None => path.to_owned(),
    };
    let credentials = format!("Basic {}", STANDARD.encode(format!("admin:{MARK}password")));
    let headers = [
        ("Content-Type", "application/json"),
        ("Authorization", &credentials),
    ];
    let body = if config.is_null() {
        String::new()
    } else {
        config.to_string()
    };
    let answer = worker
        .rest
        .request(method, &path, &headers, body.as_bytes());
    let answer = answer.expect("an answer");
    let head: String = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    format!("{method} {path} {}\n{head}{}\n", answer.status, answer.body)
}

/// In every secret and nowhere else.
const MARK: &str = "pl4nted-";
