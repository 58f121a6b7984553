//! A standalone worker on an embedded broker, with connectors that do what a test says.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test binary uses its own part"
)]

mod cluster;
mod dead_letters;
mod sink;
mod source;
mod transform;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use windlass_api::{ConnectError, Props, Result};
use windlass_broker::{Broker, BrokerConfig};
use windlass_engine::config::StandaloneConfig;
use windlass_engine::herder::Herder;
use windlass_engine::plugins::Plugins;
use windlass_engine::status::{State, TargetState};
use windlass_engine::worker::{WorkerOptions, data_runtime, start_standalone};

pub use cluster::Cluster;
pub use dead_letters::{DeadLetter, dead_letters};
pub use sink::SINK_CLASS;
pub use source::{SOURCE_CLASS, partition};
pub use transform::{TRANSFORM_CLASS, failures};

/// What a call into a connector does before its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Fail,
    Retry,
    Panic,
    /// Waits for ever without blocking its thread.
    Hang,
    /// Blocks its thread until the script is dropped or the behaviour changes.
    Block,
}

/// What the connectors of a test do, and what was called.
#[derive(Default)]
pub struct Script {
    behaviours: Mutex<BTreeMap<String, Behaviour>>,
    calls: Mutex<Vec<String>>,
    pub source: source::Feed,
    pub sink: sink::Taken,
}

impl Script {
    pub fn set(&self, call: &str, behaviour: Behaviour) {
        self.behaviours
            .lock()
            .unwrap()
            .insert(call.to_owned(), behaviour);
    }

    pub fn unset(&self, call: &str) {
        self.behaviours.lock().unwrap().remove(call);
    }

    /// Lets threads that are blocked go.
    pub fn release(&self) {
        self.behaviours.lock().unwrap().clear();
    }

    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    pub fn count(&self, call: &str) -> usize {
        self.calls
            .lock()
            .unwrap()
            .iter()
            .filter(|c| *c == call)
            .count()
    }

    /// What a call into a connector begins with.
    pub async fn enter(&self, call: &str) -> Result<()> {
        self.calls.lock().unwrap().push(call.to_owned());
        let behaviour = || self.behaviours.lock().unwrap().get(call).copied();
        match behaviour() {
            None => Ok(()),
            Some(Behaviour::Fail) => Err(ConnectError::connect(format!("{call} fails"))),
            Some(Behaviour::Retry) => Err(ConnectError::retriable(format!("{call} fails for now"))),
            Some(Behaviour::Panic) => panic!("{call} panics"),
            Some(Behaviour::Hang) => std::future::pending().await,
            Some(Behaviour::Block) => {
                while behaviour() == Some(Behaviour::Block) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(())
            }
        }
    }
}

/// A worker, its broker, and the script of its connectors.
pub struct World {
    pub broker: Option<Broker>,
    pub address: String,
    pub herder: Herder,
    pub script: Arc<Script>,
    pub dir: tempfile::TempDir,
    worker_props: Props,
    data: Option<Runtime>,
}

impl World {
    /// A worker with these keys over the usual ones.
    pub async fn start(more: &[(&str, &str)]) -> World {
        let broker = Broker::start(BrokerConfig::default()).await.unwrap();
        let address = broker.address().to_string();
        let dir = tempfile::tempdir().unwrap();
        let mut worker_props = props(&[
            ("bootstrap.servers", &address),
            (
                "key.converter",
                "org.apache.kafka.connect.storage.StringConverter",
            ),
            (
                "value.converter",
                "org.apache.kafka.connect.storage.StringConverter",
            ),
            (
                "offset.storage.file.filename",
                dir.path().join("offsets").to_str().unwrap(),
            ),
            ("offset.flush.interval.ms", "100"),
            ("task.shutdown.graceful.timeout.ms", "1000"),
        ]);
        worker_props.extend(props(more));
        let script = Arc::new(Script::default());
        let data = data_runtime().unwrap();
        let herder = start_worker(&worker_props, &script, data.handle().clone()).await;
        World {
            broker: Some(broker),
            address,
            herder,
            script,
            dir,
            worker_props,
            data: Some(data),
        }
    }

    /// Stops the worker and starts another on the same files.
    pub async fn restart_worker(&mut self) {
        self.herder.shutdown().await;
        let data = self.data.as_ref().unwrap().handle().clone();
        self.herder = start_worker(&self.worker_props, &self.script, data).await;
    }

    pub fn offsets_file(&self) -> PathBuf {
        self.dir.path().join("offsets")
    }

    pub async fn create_source(&self, name: &str, more: &[(&str, &str)]) {
        self.create(name, SOURCE_CLASS, more).await.unwrap();
    }

    pub async fn create_sink(&self, name: &str, topics: &str, more: &[(&str, &str)]) {
        let mut all = vec![("topics", topics)];
        all.extend_from_slice(more);
        self.create(name, SINK_CLASS, &all).await.unwrap();
    }

    pub async fn create(
        &self,
        name: &str,
        class: &str,
        more: &[(&str, &str)],
    ) -> std::result::Result<
        windlass_engine::herder::ConnectorInfo,
        windlass_engine::herder::HerderError,
    > {
        self.herder
            .create_connector(name, config(name, class, more), TargetState::Started)
            .await
    }

    pub fn connector_state(&self, name: &str) -> Option<State> {
        Some(self.herder.connector_status(name).ok()?.connector.state)
    }

    pub fn task_state(&self, name: &str) -> Option<State> {
        Some(self.herder.task_status(name, 0).ok()?.state)
    }

    pub fn task_trace(&self, name: &str) -> String {
        self.herder
            .task_status(name, 0)
            .unwrap()
            .trace
            .unwrap_or_default()
            .to_string()
    }

    pub async fn until_task(&self, name: &str, state: State) {
        until(&format!("task of {name} is {state}"), || {
            self.task_state(name) == Some(state)
        })
        .await;
    }

    /// Lets threads that a script blocked go.
    pub fn release(&self) {
        self.script.behaviours.lock().unwrap().clear();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.release();
        if let Some(data) = self.data.take() {
            data.shutdown_background();
        }
    }
}

async fn start_worker(props: &Props, script: &Arc<Script>, data: Handle) -> Herder {
    let plugins = Plugins::new([source::plugin(script), sink::plugin(script)]);
    let plugins = Arc::new(plugins.with_transform(TRANSFORM_CLASS, "1.0", transform::new));
    let options = WorkerOptions {
        config: StandaloneConfig::new(props.clone(), &plugins).unwrap(),
        plugins,
        worker_id: "127.0.0.1:8083".to_owned(),
        data,
        env: windlass_client::Env::default(),
    };
    start_standalone(options).await.unwrap()
}

pub fn props(pairs: &[(&str, &str)]) -> Props {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned())))
        .collect()
}

pub fn config(name: &str, class: &str, more: &[(&str, &str)]) -> Props {
    let mut all = props(&[("name", name), ("connector.class", class)]);
    all.extend(props(more));
    all
}

/// Waits until the condition holds, for half a minute at most.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    within(Duration::from_secs(30), what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Waits for the future, for this long at most.
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(limit, future)
        .await
        .unwrap_or_else(|_| panic!("not in time: {what}"))
}
