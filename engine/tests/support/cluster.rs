//! Several workers of one cluster on one embedded broker.

use std::sync::Arc;

use tokio::runtime::Runtime;
use windlass_api::Props;
use windlass_broker::{Broker, BrokerConfig};
use windlass_engine::config::DistributedConfig;
use windlass_engine::herder::{ConnectorInfo, Herder, HerderError};
use windlass_engine::plugins::Plugins;
use windlass_engine::status::{State, TargetState};
use windlass_engine::worker::{DistributedOptions, data_runtime, start_distributed};

use super::{SOURCE_CLASS, Script, config, props, sink, source, until};

pub struct Cluster {
    pub broker: Broker,
    pub script: Arc<Script>,
    pub herders: Vec<Herder>,
    worker_props: Props,
    data: Option<Runtime>,
    /// How many workers there ever were: their names must differ.
    begun: u16,
}

impl Cluster {
    /// So many workers with these keys over the usual ones.
    pub async fn start(workers: usize, more: &[(&str, &str)]) -> Cluster {
        let broker = Broker::start(BrokerConfig::default()).await.unwrap();
        let address = broker.address().to_string();
        let string = "org.apache.kafka.connect.storage.StringConverter";
        let mut worker_props = props(&[
            ("bootstrap.servers", &address),
            ("group.id", "cluster"),
            ("config.storage.topic", "configs"),
            ("offset.storage.topic", "offsets"),
            ("status.storage.topic", "statuses"),
            ("config.storage.replication.factor", "1"),
            ("offset.storage.replication.factor", "1"),
            ("offset.storage.partitions", "2"),
            ("status.storage.replication.factor", "1"),
            ("status.storage.partitions", "1"),
            ("heartbeat.interval.ms", "100"),
            ("scheduled.rebalance.max.delay.ms", "0"),
            ("key.converter", string),
            ("value.converter", string),
            ("offset.flush.interval.ms", "100"),
            ("task.shutdown.graceful.timeout.ms", "1000"),
        ]);
        worker_props.extend(props(more));
        let mut cluster = Cluster {
            broker,
            script: Arc::default(),
            herders: Vec::new(),
            worker_props,
            data: Some(data_runtime().unwrap()),
            begun: 0,
        };
        for _ in 0..workers {
            cluster.add().await;
        }
        cluster
    }

    /// One more worker.
    pub async fn add(&mut self) {
        let plugins = Plugins::new([source::plugin(&self.script), sink::plugin(&self.script)]);
        self.begun += 1;
        let worker_id = format!("127.0.0.1:{}", self.begun);
        let started = start_distributed(DistributedOptions {
            config: DistributedConfig::new(self.worker_props.clone(), &plugins).unwrap(),
            plugins: Arc::new(plugins),
            url: format!("http://{worker_id}/"),
            worker_id,
            log_level: Arc::new(|_, _| {}),
            data: self.data.as_ref().unwrap().handle().clone(),
            env: windlass_client::Env::default(),
        });
        self.herders.push(started.await.unwrap());
    }

    /// Stops a worker as SIGTERM does.
    pub async fn stop(&mut self, worker: usize) {
        self.herders.remove(worker).shutdown().await;
    }

    /// A worker that leads, once there is one: it refuses a deletion because there is nothing to delete.
    pub async fn leader(&self) -> Herder {
        loop {
            for herder in &self.herders {
                let refused = herder.delete_connector("nothing of that name").await;
                if matches!(refused, Err(HerderError::NotFound(_))) {
                    return herder.clone();
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    pub async fn create(
        &self,
        name: &str,
        more: &[(&str, &str)],
    ) -> Result<ConnectorInfo, HerderError> {
        let config = config(name, SOURCE_CLASS, more);
        let leader = self.leader().await;
        leader
            .create_connector(name, config, TargetState::Started)
            .await
    }

    /// Waits until the connector and so many tasks, no more, are in a state.
    pub async fn until_states(&self, name: &str, state: State, tasks: usize) {
        until(&format!("{name} and {tasks} tasks are {state}"), || {
            self.herders.iter().all(|herder| {
                herder.connector_status(name).is_ok_and(|status| {
                    status.connector.state == state
                        && status.tasks.len() == tasks
                        && status.tasks.iter().all(|(_, task)| task.state == state)
                })
            })
        })
        .await;
    }

    /// Waits until so many tasks are in a state, whatever the connector's.
    pub async fn until_states_of_tasks(&self, name: &str, state: State, tasks: usize) {
        until(&format!("{tasks} tasks of {name} are {state}"), || {
            self.herders[0].connector_status(name).is_ok_and(|status| {
                status.tasks.len() == tasks
                    && status.tasks.iter().all(|(_, task)| task.state == state)
            })
        })
        .await;
    }

    pub async fn until_task_failed(&self, name: &str) {
        self.until_states_of_tasks(name, State::Failed, 1).await;
    }

    pub async fn until_running(&self, name: &str, tasks: usize) {
        self.until_states(name, State::Running, tasks).await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.script.release();
        if let Some(data) = self.data.take() {
            data.shutdown_background();
        }
    }
}
