//! `windlass quickstart`: a broker, a schema registry, a worker and two connectors in one process.

mod demo;
mod progress;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use windlass_api::Props;
use windlass_broker::{Broker, BrokerConfig, Storage};
use windlass_engine::status::TargetState;
use windlass_registry::Registry;
use windlass_rest::{CreateRequest, Loggers};

use crate::failure::Failure;
use crate::runtimes::Runtimes;
use crate::signals::Signals;
use crate::worker::Worker;
use progress::Progress;

/// Lets a file flow through a topic into another file until Ctrl-C.
pub(crate) fn run(file: Option<&Path>, directory: &Path, loggers: Loggers) -> Result<(), Failure> {
    let plan = Plan::new(file, directory)?;
    let runtimes = Runtimes::start()?;
    let data = runtimes.data().clone();
    runtimes.run(async move {
        let mut signals = Signals::listen()?;
        if plan.demo {
            demo::begin(&plan.input).map_err(|e| unusable(&plan.input, &e))?;
        }
        let broker = start_broker(&plan).await?;
        let registry = start_registry(&broker).await?;
        let start = |port| {
            Worker::start(
                plan.worker_props(&broker, port),
                loggers.clone(),
                data.clone(),
            )
        };
        let worker = match start(CONNECT_PORT).await {
            Err(_) if is_taken(CONNECT_PORT) => start(ANY_PORT).await?,
            started => started?,
        };
        for connector in [plan.source(), plan.sink()] {
            let name = connector.name.clone();
            worker
                .create(connector)
                .await
                .map_err(|e| Failure::start(format!("cannot create connector \"{name}\": {e}")))?;
        }
        plan.welcome(&broker, &registry, &worker);
        let demo = plan
            .demo
            .then(|| tokio::spawn(demo::write(plan.input.clone())));
        let progress = tokio::spawn(Progress::new(&plan.input, &plan.output).show());
        signals.wait().await;
        if let Some(demo) = demo {
            demo.abort();
        }
        progress.abort();
        println!("\nStopping: committing offsets, closing the broker ...");
        tokio::select! {
            () = worker.stop() => {}
            _ = signals.wait() => return Err(Failure::start("stopped at once by a second Ctrl-C")),
        }
        registry.stop().await;
        broker
            .stop()
            .await
            .map_err(|e| Failure::start(format!("the broker did not stop cleanly: {e}")))?;
        println!("Stopped. The same command continues where this ended.");
        Ok(())
    })?
}

/// What flows from where to where.
struct Plan {
    directory: PathBuf,
    input: PathBuf,
    /// Whether the input is ours to append to.
    demo: bool,
    output: PathBuf,
}

impl Plan {
    fn new(file: Option<&Path>, directory: &Path) -> Result<Self, Failure> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(|e| unusable(path, &e));
        let directory = absolute(directory)?;
        let input = match file {
            Some(file) => {
                std::fs::File::open(file).map_err(|e| unusable(file, &e))?;
                absolute(file)?
            }
            None => directory.join("input.txt"),
        };
        std::fs::create_dir_all(&directory)
            .map_err(|e| Failure::config(format!("cannot create {}: {e}", directory.display())))?;
        Ok(Plan {
            output: directory.join("output.txt"),
            demo: file.is_none(),
            directory,
            input,
        })
    }

    fn worker_props(&self, broker: &Broker, rest_port: u16) -> Props {
        let string = "org.apache.kafka.connect.storage.StringConverter";
        props([
            ("bootstrap.servers", broker.address().to_string()),
            ("key.converter", string.to_owned()),
            ("value.converter", string.to_owned()),
            (
                "offset.storage.file.filename",
                text(&self.directory.join("offsets")),
            ),
            // Small, so that even a killed process repeats no more than a second of lines.
            ("offset.flush.interval.ms", "1000".to_owned()),
            ("listeners", format!("http://127.0.0.1:{rest_port}")),
        ])
    }

    fn source(&self) -> CreateRequest {
        connector([
            ("name", "quickstart-source".to_owned()),
            ("connector.class", "FileStreamSource".to_owned()),
            ("tasks.max", "1".to_owned()),
            ("file", text(&self.input)),
            ("topic", TOPIC.to_owned()),
        ])
    }

    fn sink(&self) -> CreateRequest {
        connector([
            ("name", "quickstart-sink".to_owned()),
            ("connector.class", "FileStreamSink".to_owned()),
            ("tasks.max", "1".to_owned()),
            ("file", text(&self.output)),
            ("topics", TOPIC.to_owned()),
        ])
    }

    fn welcome(&self, broker: &Broker, registry: &Registry, worker: &Worker) {
        let rest = worker.rest_address();
        println!("{}", self.input.display());
        println!(
            "  -> topic \"{TOPIC}\" on the embedded broker at {} (for trying out, not for production)",
            broker.address()
        );
        println!("  -> {}", self.output.display());
        println!();
        println!(
            "A schema registry for Avro, Protobuf and JSON Schema is at http://{}",
            registry.address()
        );
        println!();
        println!("Try, in another terminal:");
        println!("  curl 'http://{rest}/connectors?expand=status'");
        println!("  curl -X PUT http://{rest}/connectors/quickstart-sink/pause    # then: /resume");
        println!("  curl http://{rest}/connectors/quickstart-source/offsets");
        println!();
        println!("Ctrl-C stops; the same command continues.");
        println!();
    }
}

async fn start_broker(plan: &Plan) -> Result<Broker, Failure> {
    let storage = Storage::Directory(plan.directory.join("broker"));
    let config = BrokerConfig {
        storage,
        ..BrokerConfig::default()
    };
    Broker::start(config)
        .await
        .map_err(|e| Failure::start(format!("cannot start the embedded broker: {e}")))
}

async fn start_registry(broker: &Broker) -> Result<Registry, Failure> {
    let servers = broker.address().to_string();
    let start = |port| Registry::start(&servers, (Ipv4Addr::LOCALHOST, port).into());
    let registry = match start(REGISTRY_PORT).await {
        Err(_) if is_taken(REGISTRY_PORT) => start(ANY_PORT).await,
        started => started,
    };
    registry.map_err(|e| Failure::start(format!("cannot start the schema registry: {e}")))
}

/// Whether another program listens there.
fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

fn connector<const N: usize>(entries: [(&str, String); N]) -> CreateRequest {
    let config = props(entries);
    let name = config.get("name").cloned().flatten().unwrap_or_default();
    CreateRequest {
        name,
        config,
        target: TargetState::Started,
    }
}

fn props<const N: usize>(entries: [(&str, String); N]) -> Props {
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Some(value)))
        .collect()
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::config(format!("cannot use {}: {error}", path.display()))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

const TOPIC: &str = "quickstart";
/// Connect's own; another is taken where this one is not free.
const CONNECT_PORT: u16 = 8083;
/// A schema registry's own.
const REGISTRY_PORT: u16 = 8081;
const ANY_PORT: u16 = 0;
