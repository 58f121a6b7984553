//! Connect workers: ours, and Java's as the twin.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::kafka::java;
use crate::{Process, Rest, wait_for};

/// How to start a worker in standalone mode.
#[derive(Clone, Debug)]
pub struct Launch {
    program: Program,
    directory: PathBuf,
    properties: Vec<(String, String)>,
    connectors: Vec<PathBuf>,
    environment: Vec<(String, String)>,
    rest: SocketAddr,
}

#[derive(Clone, Debug)]
enum Program {
    Windlass(PathBuf),
    WindlassDistributed(PathBuf),
    Java,
    JavaDistributed,
}

/// A running worker. Killed when dropped.
#[derive(Debug)]
pub struct Worker {
    /// The process.
    pub process: Process,
    /// Its REST interface.
    pub rest: Rest,
}

impl Launch {
    /// Our worker, with its files below `directory`. `WINDLASS_TEST_BINARY` names another binary than the one just built,
    /// for example the static one.
    pub fn windlass(binary: impl Into<PathBuf>, directory: &Path, kafka: &str) -> Self {
        let binary =
            std::env::var_os("WINDLASS_TEST_BINARY").map_or_else(|| binary.into(), PathBuf::from);
        Self::new(Program::Windlass(binary), directory, kafka)
    }

    /// Our worker in distributed mode, with String converters, in a cluster that is named by its group.
    pub fn windlass_distributed(
        binary: impl Into<PathBuf>,
        directory: &Path,
        kafka: &str,
        group: &str,
    ) -> Self {
        let binary =
            std::env::var_os("WINDLASS_TEST_BINARY").map_or_else(|| binary.into(), PathBuf::from);
        Self::distributed(
            Program::WindlassDistributed(binary),
            directory,
            kafka,
            group,
        )
    }

    /// The real Java worker, with its files below `directory`.
    pub fn java(directory: &Path, kafka: &str) -> Self {
        Self::new(Program::Java, directory, kafka)
    }

    /// The real Java worker in distributed mode, with String converters, in a cluster that is named by its group.
    pub fn java_distributed(directory: &Path, kafka: &str, group: &str) -> Self {
        Self::distributed(Program::JavaDistributed, directory, kafka, group)
    }

    fn distributed(program: Program, directory: &Path, kafka: &str, group: &str) -> Self {
        let mut launch = Self::new(program, directory, kafka).with("group.id", group);
        // What begins with `offset.storage.` is a setting of the offsets topic here.
        launch
            .properties
            .retain(|(key, _)| key != "offset.storage.file.filename");
        for topic in ["config", "offset", "status"] {
            launch = launch
                .with(
                    &format!("{topic}.storage.topic"),
                    &format!("{group}-{topic}"),
                )
                .with(&format!("{topic}.storage.replication.factor"), "1");
        }
        launch
    }

    fn new(program: Program, directory: &Path, kafka: &str) -> Self {
        let port = free_address();
        let string = "org.apache.kafka.connect.storage.StringConverter";
        let offsets = directory.join("offsets");
        let properties = [
            ("bootstrap.servers", kafka),
            ("key.converter", string),
            ("value.converter", string),
            (
                "offset.storage.file.filename",
                offsets.to_str().expect("a UTF-8 path"),
            ),
            ("offset.flush.interval.ms", "500"),
            ("listeners", &format!("http://{port}")),
        ];
        Launch {
            program,
            directory: directory.to_owned(),
            properties: properties.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            connectors: Vec::new(),
            environment: Vec::new(),
            rest: port,
        }
    }

    /// Starts our worker through another program, which gets its arguments.
    #[must_use]
    pub fn through(mut self, program: &Path) -> Self {
        self.program = Program::Windlass(program.to_owned());
        self
    }

    /// The same for another worker, with its files below another directory.
    #[must_use]
    pub fn beside(&self, directory: &Path) -> Self {
        let rest = free_address();
        Launch {
            directory: directory.to_owned(),
            rest,
            ..self.clone()
        }
        .with("listeners", &format!("http://{rest}"))
    }

    /// Sets a worker property.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.properties.retain(|(k, _)| k != key);
        self.properties.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The port of the REST interface.
    pub fn port(&self) -> u16 {
        self.rest.port()
    }

    /// Looks for the REST interface at this port of loopback, for `listeners` of another form.
    #[must_use]
    pub fn at(mut self, port: u16) -> Self {
        self.rest = SocketAddr::from(([127, 0, 0, 1], port));
        self
    }

    /// Adds a connector file with these properties.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[must_use]
    pub fn connector(mut self, name: &str, properties: &[(&str, &str)]) -> Self {
        let path = self.directory.join(format!("{name}.properties"));
        let mut text = format!("name={name}\n");
        for (key, value) in properties {
            text.push_str(&format!("{key}={value}\n"));
        }
        std::fs::write(&path, text).expect("connector file");
        self.connectors.push(path);
        self
    }

    /// Names a connector file that is there already.
    #[must_use]
    pub fn file(mut self, path: &Path) -> Self {
        self.connectors.push(path.to_owned());
        self
    }

    fn serves_https(&self) -> bool {
        let listeners = self.properties.iter().find(|(key, _)| key == "listeners");
        listeners.is_some_and(|(_, urls)| urls.starts_with("https://"))
    }

    /// Starts the worker without waiting for it.
    ///
    /// # Panics
    /// When the process cannot be started.
    pub fn start(&self) -> Worker {
        let file = self.directory.join("worker.properties");
        let text: String = self
            .properties
            .iter()
            .map(|(key, value)| format!("{key}={value}\n"))
            .collect();
        std::fs::write(&file, text).expect("worker file");
        let mut command = match &self.program {
            Program::Windlass(binary) => {
                let mut command = Command::new(binary);
                command.arg("standalone");
                command
            }
            Program::WindlassDistributed(binary) => {
                let mut command = Command::new(binary);
                command.arg("distributed");
                command
            }
            Program::Java => {
                let mut command = java();
                command.arg("org.apache.kafka.connect.cli.ConnectStandalone");
                command
            }
            Program::JavaDistributed => {
                let mut command = java();
                command.arg("org.apache.kafka.connect.cli.ConnectDistributed");
                command
            }
        };
        command.arg(&file).args(&self.connectors);
        command.envs(self.environment.iter().cloned());
        let process = Process::start(command, &self.directory.join("worker.log"));
        Worker {
            process,
            rest: if self.serves_https() {
                Rest::secure(self.rest)
            } else {
                Rest::new(self.rest)
            },
        }
    }

    /// Starts the worker and waits until it is healthy, or says that it asks for a password.
    ///
    /// # Panics
    /// When it ends or is not healthy after three minutes, which a JVM may need on a busy machine.
    pub fn ready(&self) -> Worker {
        let mut worker = self.start();
        worker.wait_healthy();
        worker
    }

    /// Where the worker's REST interface listens.
    pub fn address(&self) -> SocketAddr {
        self.rest
    }
}

impl Worker {
    /// Waits until the worker is healthy.
    ///
    /// # Panics
    /// When it ends or is not healthy after three minutes, which a JVM may need on a busy machine.
    pub fn wait_healthy(&mut self) {
        wait_for("the worker to be healthy", Duration::from_secs(180), || {
            assert!(
                self.process.is_running(),
                "the worker ended:\n{}",
                self.process.output()
            );
            match self.rest.get("/health") {
                Ok(answer) if matches!(answer.status, 200 | 401) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
    }

    /// Creates a connector, waiting until it and its tasks are RUNNING.
    ///
    /// # Panics
    /// When it is refused or does not run within a minute.
    pub fn create(&self, name: &str, config: &Value) {
        let body = serde_json::json!({"name": name, "config": config});
        let answer = self
            .rest
            .send("POST", "/connectors", &body)
            .expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.wait_running(name);
    }

    /// Waits until a connector and at least one task are RUNNING.
    ///
    /// # Panics
    /// When they do not run within a minute.
    pub fn wait_running(&self, name: &str) {
        wait_for("the connector to run", Duration::from_secs(60), || {
            let status = self.status(name);
            let tasks = status["tasks"].as_array().cloned().unwrap_or_default();
            let running = status["connector"]["state"] == "RUNNING"
                && !tasks.is_empty()
                && tasks.iter().all(|task| task["state"] == "RUNNING");
            if running { Ok(()) } else { Err(status) }
        });
    }

    /// `GET /connectors/NAME/status`; null when there is no answer.
    pub fn status(&self, name: &str) -> Value {
        self.rest
            .get(&format!("/connectors/{name}/status"))
            .map_or(Value::Null, |answer| answer.json())
    }

    /// Asks the worker to stop and waits for its end.
    ///
    /// # Panics
    /// When it does not end within 30 s or not with success.
    pub fn stop(self) -> String {
        self.process.terminate();
        self.wait_stopped()
    }

    /// Waits for the end of a worker that was asked to stop.
    ///
    /// # Panics
    /// When it does not end within 30 s or not with success.
    pub fn wait_stopped(mut self) -> String {
        let exit = self.process.wait(Duration::from_secs(30));
        // A JVM ends with 143 after SIGTERM even when its shutdown hooks ran well.
        let code = exit.status.code();
        assert!(
            matches!(code, Some(0 | 143)),
            "exit {code:?}:\n{}",
            exit.output
        );
        exit.output
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .expect("a free port")
        .local_addr()
        .expect("an address")
}
