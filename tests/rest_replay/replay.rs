//! Running a scenario.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::Value;
use windlass_testkit::{Answer, Kafka, Launch, Rest, Worker};

use crate::exceptions::Exceptions;
use crate::expectation::check;
use crate::golden;
use crate::matcher::differences;
use crate::variables::Variables;

/// Replays a scenario against a worker of its own.
///
/// # Panics
/// When a step is answered otherwise than by Java and is not an exception, or is an exception and is answered alike.
pub(crate) fn run(name: &str) {
    let text =
        std::fs::read_to_string(golden().join(format!("{name}.json"))).expect("the scenario");
    let scenario: Value = serde_json::from_str(&text).expect("JSON");
    let exceptions = Exceptions::read();
    let stage = Stage::set(&scenario);
    let mut failed = Vec::new();
    for step in scenario["steps"].as_array().expect("steps") {
        let id = step["id"].as_str().expect("an id");
        let lines = stage.perform(step);
        match (lines.is_empty(), exceptions.reason(name, id)) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(reason)) => failed.push(format!("{id}: as Java, but excepted: {reason}")),
            (false, None) => failed.push(format!("{id}:\n    {}", lines.join("\n    "))),
        }
    }
    assert!(
        failed.is_empty(),
        "{} steps of {name} differ:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// A worker, and the files and topics of a scenario.
struct Stage {
    directory: PathBuf,
    variables: Variables,
    worker: Worker,
    second: Option<Worker>,
    admin: Option<Rest>,
    _files: tempfile::TempDir,
}

impl Stage {
    fn set(scenario: &Value) -> Self {
        let files = tempfile::tempdir().expect("directory");
        let directory = files.path().canonicalize().expect("a real path");
        let kafka = Kafka::shared();
        let mut variables = Variables::default();
        variables.set("dir", directory.to_str().expect("UTF-8"));
        variables.set(
            "topic_prefix",
            format!("t{:06x}_", fastrand::u32(..1 << 24)),
        );
        for (name, content) in scenario["setup"]["files"].as_object().into_iter().flatten() {
            write(&directory.join(name), &variables.value(content));
        }
        let admin_port = free_port();
        let launch = launch(
            scenario,
            &files.path().join(".worker"),
            &kafka,
            &variables,
            admin_port,
        );
        let worker = launch.ready();
        let second = (scenario["workers"] == 2).then(|| {
            let directory = files.path().join(".second");
            std::fs::create_dir_all(&directory).expect("directory");
            let second = launch.beside(&directory).ready();
            variables.set("worker2_id", second.rest.address().to_string());
            second
        });
        variables.set("worker_id", worker.rest.address().to_string());
        for topic in scenario["setup"]["topics"].as_array().into_iter().flatten() {
            let name = variables.text(topic["name"].as_str().expect("a topic"));
            let records = topic["records"].as_array().into_iter().flatten();
            let records: Vec<&str> = records.filter_map(Value::as_str).collect();
            kafka.create_topic(&name, topic["partitions"].as_u64().unwrap_or(1));
            kafka.produce(&name, &records);
        }
        let admin = scenario["worker_config"]["admin.listeners"]
            .as_str()
            .filter(|list| !list.is_empty());
        let admin = admin.map(|_| Rest::new(SocketAddr::from(([127, 0, 0, 1], admin_port))));
        Stage {
            directory,
            variables,
            worker,
            second,
            admin,
            _files: files,
        }
    }

    /// Does one step; answers how it differs from what is expected.
    fn perform(&self, step: &Value) -> Vec<String> {
        for action in step["before"].as_array().into_iter().flatten() {
            self.act(&self.variables.value(action));
        }
        let request = self.variables.value(&step["request"]);
        let wait = self.variables.value(&step["wait_until"]);
        let mut lines = Vec::new();
        let answers = match wait["path"].as_str() {
            None if wait.is_object() => {
                let (answer, missing) = self.poll(step, &request, &wait);
                lines.extend(missing);
                vec![answer]
            }
            path => {
                if path.is_some() {
                    let request = serde_json::json!({"method": "GET", "path": path});
                    lines.extend(self.poll(step, &request, &wait).1);
                }
                self.send_all(step, &request)
            }
        };
        lines.extend(check(
            &self.variables.value(&step["expect"]),
            &answers,
            &self.directory,
        ));
        lines
    }

    /// Repeats a request until the conditions hold; answers the last answer, and what did not hold.
    fn poll(&self, step: &Value, request: &Value, wait: &Value) -> (Answer, Vec<String>) {
        let patience = Duration::from_secs(wait["timeout_s"].as_u64().unwrap_or(30));
        let end = Instant::now() + patience;
        let mut stable = 0;
        loop {
            let answer = send(self.target(step), request);
            let lines = unmet(wait, &answer);
            stable = if lines.is_empty() { stable + 1 } else { 0 };
            if stable >= wait["stable"].as_u64().unwrap_or(1) || Instant::now() > end {
                return (
                    answer,
                    lines
                        .into_iter()
                        .map(|line| format!("waited in vain: {line}"))
                        .collect(),
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn send_all(&self, step: &Value, request: &Value) -> Vec<Answer> {
        let times = step["parallel"].as_u64().unwrap_or(1);
        std::thread::scope(|scope| {
            let sending: Vec<_> = (0..times)
                .map(|_| scope.spawn(|| send(self.target(step), request)))
                .collect();
            sending
                .into_iter()
                .map(|sent| sent.join().expect("an answer"))
                .collect()
        })
    }

    fn target(&self, step: &Value) -> &Rest {
        match step["target"].as_str() {
            Some("base2") => self.second.as_ref().map_or(&self.worker.rest, |w| &w.rest),
            Some("admin") => self.admin.as_ref().unwrap_or(&self.worker.rest),
            _ => &self.worker.rest,
        }
    }

    fn act(&self, action: &Value) {
        let path = |key: &str| action[key].as_str().map(|name| self.directory.join(name));
        if let Some(path) = path("mkdir") {
            std::fs::create_dir_all(path).expect("mkdir");
        } else if let Some(path) = path("write") {
            write(&path, &action["content"]);
        } else if let Some(path) = path("append") {
            let before = std::fs::read_to_string(&path).unwrap_or_default();
            std::fs::write(
                path,
                before + action["content"].as_str().unwrap_or_default(),
            )
            .expect("append");
        } else if let Some(path) = path("remove") {
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(path)
            } else {
                std::fs::remove_file(path)
            };
            removed.expect("remove");
        } else if let Some(seconds) = action["sleep"].as_f64() {
            std::thread::sleep(Duration::from_secs_f64(seconds));
        } else {
            panic!("unknown action {action}");
        }
    }
}

fn launch(
    scenario: &Value,
    directory: &Path,
    kafka: &Kafka,
    variables: &Variables,
    admin_port: u16,
) -> Launch {
    const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";
    std::fs::create_dir_all(directory).expect("directory");
    let binary = env!("CARGO_BIN_EXE_windlass");
    let launch = if scenario["mode"] == "distributed" {
        let group = format!("rest-replay-{:08x}", fastrand::u32(..));
        Launch::windlass_distributed(binary, directory, kafka.address(), &group)
            .with("offset.storage.partitions", "2")
            .with("status.storage.partitions", "1")
            .with("scheduled.rebalance.max.delay.ms", "0")
    } else {
        Launch::windlass(binary, directory, kafka.address())
    };
    let mut launch = launch
        .with("key.converter", JSON)
        .with("value.converter", JSON)
        .with("key.converter.schemas.enable", "false")
        .with("value.converter.schemas.enable", "false");
    let options = scenario["jvm_options"].as_array().into_iter().flatten();
    let options: Vec<_> = options
        .filter_map(Value::as_str)
        .map(|option| variables.text(option))
        .collect();
    if !options.is_empty() {
        launch = launch.environment("KAFKA_OPTS", &options.join(" "));
    }
    for (key, value) in scenario["worker_config"].as_object().into_iter().flatten() {
        let value = variables.text(value.as_str().expect("text"));
        let value = value
            .replace("${port}", &launch.port().to_string())
            .replace("${admin_port}", &admin_port.to_string());
        launch = launch.with(key, &value);
    }
    launch
}

fn send(rest: &Rest, request: &Value) -> Answer {
    let body = match request {
        _ if request["body_text"].is_string() => {
            request["body_text"].as_str().map(|t| t.as_bytes().to_vec())
        }
        _ if request["body_hex"].is_string() => request["body_hex"].as_str().map(unhex),
        _ if request["body_repeat"].is_object() => {
            let part = |name: &str| request["body_repeat"][name].as_str().unwrap_or_default();
            let times = request["body_repeat"]["times"].as_u64().unwrap_or_default();
            Some(
                [
                    part("before"),
                    &part("text").repeat(times as usize),
                    part("after"),
                ]
                .concat()
                .into_bytes(),
            )
        }
        _ => request
            .get("body")
            .map(|body| body.to_string().into_bytes()),
    };
    let mut headers: Vec<(&str, &str)> = Vec::new();
    let given = request["headers"].as_object();
    let names = |name: &str| {
        given.is_some_and(|given| given.keys().any(|key| key.eq_ignore_ascii_case(name)))
    };
    if body.is_some() && !names("content-type") {
        headers.push(("Content-Type", "application/json"));
    }
    if !names("accept") {
        headers.push(("Accept", "*/*"));
    }
    headers.extend(
        given
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))),
    );
    let method = request["method"].as_str().expect("a method");
    let path = encoded(request["path"].as_str().expect("a path"));
    rest.request(method, &path, &headers, &body.unwrap_or_default())
        .expect("an answer")
}

/// Conditions that do not hold.
fn unmet(wait: &Value, answer: &Answer) -> Vec<String> {
    let mut lines = Vec::new();
    if wait["status"]
        .as_u64()
        .is_some_and(|status| status != u64::from(answer.status))
    {
        lines.push(format!(
            "status: want {}, got {}",
            wait["status"], answer.status
        ));
    }
    let body: Option<Value> = serde_json::from_str(&answer.body).ok();
    for (pointer, want) in wait["conditions"].as_object().into_iter().flatten() {
        lines.extend(differences(
            want,
            body.as_ref().and_then(|body| body.pointer(pointer)),
            pointer,
        ));
    }
    lines
}

fn write(path: &Path, content: &Value) {
    let bytes = match content["base64"].as_str() {
        Some(text) => base64::engine::general_purpose::STANDARD
            .decode(text)
            .expect("base64"),
        None => content.as_str().unwrap_or_default().as_bytes().to_vec(),
    };
    std::fs::write(path, bytes).expect("a file");
}

/// Characters beyond ASCII are sent percent-encoded, all else as written.
fn encoded(path: &str) -> String {
    path.bytes()
        .map(|b| {
            if (33..127).contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |i: usize| u8::from_str_radix(&text[i..i + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
