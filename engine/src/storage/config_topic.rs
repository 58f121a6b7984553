//! The config topic: what it says is followed, and written to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use windlass_api::Props;
use windlass_client::compacted_topic::{CompactedTopicConfig, Consumed, NewRecord};
use windlass_client::consumer::Record;
use windlass_client::{ClientError, Cluster, CompactedTopic, TopicPartition};

use super::config::{ConfigSnapshot, ConnectorEntry};
use super::config_record::{ConfigRecord, SessionKey, Unread};
use super::config_state::{ConfigChange, ConfigState};
use crate::herder::{ConnectorType, RestartScope};
use crate::status::{TargetState, TaskId};

/// A handle to the config topic. Writes return when they have been read back (DI-060).
#[derive(Clone, Debug)]
pub(crate) struct ConfigTopic {
    log: CompactedTopic,
    state: Arc<Mutex<ConfigState>>,
}

/// A write that did not succeed in time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigWriteError {
    #[error("writing to the config topic failed: {0}")]
    Client(#[from] ClientError),
    #[error("writing to the config topic took longer than {} s", WRITE_TIMEOUT.as_secs())]
    Timeout,
}

type Result<T> = std::result::Result<T, ConfigWriteError>;

/// What tells the type of a connector by its configuration.
pub(crate) type TypeOf = Box<dyn Fn(&Props) -> Option<ConnectorType> + Send>;

impl ConfigTopic {
    /// Reads the topic to its end, and follows it on `runtime`. What is read is published in the snapshot; what changes
    /// from then on is told to `changes`.
    ///
    /// # Errors
    /// When the topic cannot be read.
    pub(crate) async fn start(
        cluster: &Cluster,
        config: CompactedTopicConfig,
        snapshot: Arc<ConfigSnapshot>,
        type_of: TypeOf,
        changes: mpsc::UnboundedSender<ConfigChange>,
        runtime: &Handle,
    ) -> std::result::Result<Self, ClientError> {
        let state = Arc::new(Mutex::new(ConfigState::default()));
        let follower = Follower {
            state: Arc::clone(&state),
            snapshot,
            type_of,
            changes,
        };
        let log = CompactedTopic::start(cluster, config, follower, runtime).await?;
        Ok(ConfigTopic { log, state })
    }

    /// Asks the state something. Nothing may be awaited meanwhile.
    pub(crate) fn state<T>(&self, ask: impl FnOnce(&ConfigState) -> T) -> T {
        ask(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many partitions the topic has.
    pub(crate) fn partitions(&self) -> i32 {
        self.log.partitions()
    }

    /// Reads what was written until now, also by others.
    pub(crate) async fn read_to_end(&self, limit: Duration) -> Result<()> {
        match tokio::time::timeout(limit, self.log.read_to_end()).await {
            Ok(read) => Ok(read?),
            Err(_) => Err(ConfigWriteError::Timeout),
        }
    }

    /// Creates or changes a connector. A target state comes first, so that nobody sees the connector without it (DI-048).
    pub(crate) async fn put_connector(
        &self,
        name: &Arc<str>,
        config: Props,
        target: Option<TargetState>,
    ) -> Result<()> {
        let target = target.map(|target| ConfigRecord::Target(Arc::clone(name), Some(target)));
        let connector = ConfigRecord::Connector(Arc::clone(name), Some(config));
        self.write(target.into_iter().chain([connector])).await
    }

    /// Deletes a connector.
    pub(crate) async fn remove_connector(&self, name: &Arc<str>) -> Result<()> {
        let name = || Arc::clone(name);
        self.write([
            ConfigRecord::Connector(name(), None),
            ConfigRecord::Target(name(), None),
        ])
        .await
    }

    /// Gives a connector another set of tasks.
    pub(crate) async fn put_tasks(&self, name: &Arc<str>, tasks: &[Arc<Props>]) -> Result<()> {
        let record = |(task, props): (i32, &Arc<Props>)| {
            let connector = Arc::clone(name);
            ConfigRecord::Task(TaskId { connector, task }, Some(Props::clone(props)))
        };
        let commit = ConfigRecord::Commit(Arc::clone(name), tasks.len());
        let tasks = (0..).zip(tasks).map(record);
        self.write(tasks.chain([commit])).await
    }

    /// Changes what users want of a connector.
    pub(crate) async fn put_target(&self, name: &Arc<str>, target: TargetState) -> Result<()> {
        self.write([ConfigRecord::Target(Arc::clone(name), Some(target))])
            .await
    }

    /// Orders a restart.
    pub(crate) async fn put_restart(&self, name: &Arc<str>, scope: RestartScope) -> Result<()> {
        self.write([ConfigRecord::Restart(Arc::clone(name), scope)])
            .await
    }

    /// Sets the level of a logger on all workers.
    pub(crate) async fn put_logger_level(&self, namespace: String, level: String) -> Result<()> {
        self.write([ConfigRecord::LoggerLevel(namespace, level)])
            .await
    }

    /// Makes workers sign with another key.
    pub(crate) async fn put_session_key(&self, key: SessionKey) -> Result<()> {
        self.write([ConfigRecord::SessionKey(key)]).await
    }

    /// Ends it.
    pub(crate) async fn stop(&self) {
        self.log.stop().await;
    }

    async fn write(&self, records: impl IntoIterator<Item = ConfigRecord>) -> Result<()> {
        let write = async {
            let writes: Vec<_> = records
                .into_iter()
                .map(|record| {
                    self.log.write(NewRecord {
                        partition: Some(0),
                        key: record.key().into(),
                        value: record.value().map(Into::into),
                    })
                })
                .collect();
            for write in writes {
                write.await?;
            }
            Ok(self.log.read_to_end().await?)
        };
        match tokio::time::timeout(WRITE_TIMEOUT, write).await {
            Ok(written) => written,
            Err(_) => Err(ConfigWriteError::Timeout),
        }
    }
}

struct Follower {
    state: Arc<Mutex<ConfigState>>,
    snapshot: Arc<ConfigSnapshot>,
    type_of: TypeOf,
    changes: mpsc::UnboundedSender<ConfigChange>,
}

impl Consumed for Follower {
    fn record(&mut self, _: &TopicPartition, record: &Record<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let parsed = record.key.map(|key| ConfigRecord::parse(key, record.value));
        let change = match parsed {
            Some(Ok(record)) => state.apply(record),
            Some(Err(Unread::Value(why))) => {
                let key = String::from_utf8_lossy(record.key.unwrap_or_default()).into_owned();
                tracing::error!(
                    key,
                    offset = record.offset,
                    "record of the config topic is passed over: {why}"
                );
                None
            }
            Some(Err(Unread::Key)) | None => {
                tracing::debug!(offset = record.offset, "unknown record in the config topic");
                None
            }
        };
        state.passed(record.offset + 1);
        let Some(change) = change else { return };
        match &change {
            ConfigChange::Connector { name, .. }
            | ConfigChange::Removed(name)
            | ConfigChange::Tasks(name)
            | ConfigChange::Target(name) => self.publish(&state, name),
            _ => {}
        }
        // Under the lock, so that whoever sees the offset can see the change. A herder that has ended needs neither.
        let _ = self.changes.send(change);
    }

    fn failed(&mut self, error: ClientError) {
        tracing::error!(%error, "the config topic cannot be read");
    }
}

impl Follower {
    fn publish(&self, state: &ConfigState, name: &Arc<str>) {
        let Some(config) = state.connector(name) else {
            self.snapshot.remove(name);
            return;
        };
        self.snapshot.put(ConnectorEntry {
            name: Arc::clone(name),
            config: Arc::clone(config),
            kind: (self.type_of)(config),
            target: state.target(name),
            tasks: state.tasks(name),
            applied: state.applied(name).cloned(),
        });
    }
}

/// A write and its reading back have this long together.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
