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
use super::leader_writer::LeaderWriter;
use crate::herder::{ConnectorType, RestartScope};
use crate::status::{TargetState, TaskId};

/// A handle to the config topic. Writes return when they have been read back (DI-060).
#[derive(Clone, Debug)]
pub(crate) struct ConfigTopic {
    log: CompactedTopic,
    /// The leader's way to write, where it has its own.
    leader: Option<Arc<LeaderWriter>>,
    state: Arc<Mutex<ConfigState>>,
}

/// A write that did not succeed in time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigWriteError {
    #[error("writing to the config topic failed: {0}")]
    Client(#[from] ClientError),
    #[error(
        "the leader's write to the config topic failed: {0}; another worker may lead by now, and the request may be repeated"
    )]
    Leader(#[source] ClientError),
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
        leader: Option<LeaderWriter>,
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
        let leader = leader.map(Arc::new);
        Ok(ConfigTopic { log, leader, state })
    }

    /// Asks the state something. Nothing may be awaited meanwhile.
    pub(crate) fn state<T>(&self, ask: impl FnOnce(&ConfigState) -> T) -> T {
        ask(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has the leader hold the right to write, and others give it up.
    pub(crate) async fn follow_leadership(&self, leads: bool) {
        let Some(writer) = &self.leader else { return };
        if !leads {
            return writer.give_up().await;
        }
        if writer.may_write() {
            return;
        }
        match tokio::time::timeout(WRITE_TIMEOUT, writer.claim()).await {
            Ok(Ok(())) => tracing::info!("this worker alone may write to the config topic now"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the right to write to the config topic cannot be claimed yet");
            }
            Err(_) => {
                tracing::warn!("claiming the right to write to the config topic took too long");
            }
        }
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
        self.write_plainly([ConfigRecord::Target(Arc::clone(name), Some(target))])
            .await
    }

    /// Orders a restart.
    pub(crate) async fn put_restart(&self, name: &Arc<str>, scope: RestartScope) -> Result<()> {
        self.write([ConfigRecord::Restart(Arc::clone(name), scope)])
            .await
    }

    /// Sets the level of a logger on all workers.
    pub(crate) async fn put_logger_level(&self, namespace: String, level: String) -> Result<()> {
        self.write_plainly([ConfigRecord::LoggerLevel(namespace, level)])
            .await
    }

    /// Makes workers sign with another key.
    pub(crate) async fn put_session_key(&self, key: SessionKey) -> Result<()> {
        self.write([ConfigRecord::SessionKey(key)]).await
    }

    /// Notes how many tasks of a connector may write from now on (EO-013).
    pub(crate) async fn put_task_count(&self, name: &Arc<str>, tasks: usize) -> Result<()> {
        self.write([ConfigRecord::Fencing(Arc::clone(name), tasks)])
            .await
    }

    /// Ends it.
    pub(crate) async fn stop(&self) {
        if let Some(leader) = &self.leader {
            leader.give_up().await;
        }
        self.log.stop().await;
    }

    /// Writes as the leader: in one transaction where it has that (DI-061).
    async fn write(&self, records: impl IntoIterator<Item = ConfigRecord>) -> Result<()> {
        let Some(leader) = &self.leader else {
            return self.write_plainly(records).await;
        };
        let records: Vec<_> = records.into_iter().collect();
        let write = async {
            leader
                .write(&records)
                .await
                .map_err(ConfigWriteError::Leader)?;
            Ok(self.log.read_to_end().await?)
        };
        match tokio::time::timeout(WRITE_TIMEOUT, write).await {
            Ok(written) => written,
            Err(_) => Err(ConfigWriteError::Timeout),
        }
    }

    /// Writes as any worker may (DI-062).
    async fn write_plainly(&self, records: impl IntoIterator<Item = ConfigRecord>) -> Result<()> {
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
            generation: state.fencing(name).generation,
        });
    }
}

/// A write and its reading back have this long together.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
