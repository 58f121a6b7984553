//! Statuses of connectors and tasks, and the topics they used, as this worker knows them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use windlass_client::compacted_topic::{CompactedTopicConfig, Consumed, NewRecord};
use windlass_client::consumer::Record;
use windlass_client::{ClientError, Cluster, CompactedTopic, TopicPartition};

use super::status_record::{StatusKey, parse_status, status_value, topic_value};
use crate::status::{State, Status, TaskId, TaskNumber};

/// The statuses of a cluster of workers. A standalone worker keeps them nowhere else (ST-006); a distributed one writes
/// them to the status topic, and shows what it reads there. Locks are held for a look-up, never across an await.
#[derive(Debug, Default)]
pub struct StatusStore {
    entries: Arc<Mutex<Entries>>,
    topic: Option<CompactedTopic>,
    /// How often topics of any connector were forgotten.
    resets: Arc<AtomicU64>,
}

type Entries = BTreeMap<Arc<str>, Entry>;

#[derive(Debug, Default)]
struct Entry {
    connector: Option<Status>,
    tasks: BTreeMap<TaskNumber, Status>,
    topics: BTreeSet<Arc<str>>,
    /// How often the connector or a task was read to be restarting.
    restarts: usize,
}

impl StatusStore {
    /// Reads the status topic to its end, and follows it on `runtime`.
    ///
    /// # Errors
    /// When the topic cannot be read.
    pub(crate) async fn start(
        cluster: &Cluster,
        config: CompactedTopicConfig,
        runtime: &Handle,
    ) -> Result<Self, ClientError> {
        let (entries, resets) = (Arc::default(), Arc::default());
        let follower = Follower {
            entries: Arc::clone(&entries),
            resets: Arc::clone(&resets),
        };
        let topic = CompactedTopic::start(cluster, config, follower, runtime).await?;
        Ok(StatusStore {
            entries,
            topic: Some(topic),
            resets,
        })
    }

    /// The names of all connectors that have a status or a task with one.
    pub fn connectors(&self) -> Vec<Arc<str>> {
        let known = |entry: &Entry| entry.connector.is_some() || !entry.tasks.is_empty();
        let entries = self.lock();
        let known = entries.iter().filter(|(_, entry)| known(entry));
        known.map(|(name, _)| Arc::clone(name)).collect()
    }

    /// The status of a connector.
    pub fn connector(&self, name: &str) -> Option<Status> {
        self.lock().get(name)?.connector.clone()
    }

    /// The statuses of a connector's tasks, by number.
    pub fn tasks(&self, name: &str) -> Vec<(TaskNumber, Status)> {
        let entries = self.lock();
        let tasks = entries.get(name).map(|e| e.tasks.iter());
        tasks
            .into_iter()
            .flatten()
            .map(|(number, status)| (*number, status.clone()))
            .collect()
    }

    /// The status of one task.
    pub fn task(&self, connector: &str, task: TaskNumber) -> Option<Status> {
        self.lock().get(connector)?.tasks.get(&task).cloned()
    }

    /// The topics a connector has used since it was created or they were reset, sorted (KIP-558).
    pub fn topics(&self, name: &str) -> Vec<Arc<str>> {
        self.lock()
            .get(name)
            .map(|e| e.topics.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// Stores the status of a connector if `live` holds, asked under the lock: of two writers the later one wins.
    pub fn put_connector_if(&self, name: &Arc<str>, status: Status, live: impl FnOnce() -> bool) {
        let mut entries = self.lock();
        if !live() {
            return;
        }
        let entry = entries.entry(Arc::clone(name)).or_default();
        match &self.topic {
            None => entry.connector = Some(status),
            Some(topic) => {
                if may_follow(entry.connector.as_ref(), &status) {
                    write(
                        topic,
                        &StatusKey::Connector(Arc::clone(name)),
                        Some(status_value(&status)),
                    );
                }
            }
        }
    }

    /// Stores the status of a task if `live` holds, asked under the lock.
    pub fn put_task_if(&self, id: &TaskId, status: Status, live: impl FnOnce() -> bool) {
        let mut entries = self.lock();
        if !live() {
            return;
        }
        let entry = entries.entry(Arc::clone(&id.connector)).or_default();
        match &self.topic {
            None => drop(entry.tasks.insert(id.task, status)),
            Some(topic) => {
                if may_follow(entry.tasks.get(&id.task), &status) {
                    write(
                        topic,
                        &StatusKey::Task(id.clone()),
                        Some(status_value(&status)),
                    );
                }
            }
        }
    }

    /// Forgets a task.
    pub fn remove_task(&self, id: &TaskId) {
        if let Some(topic) = &self.topic {
            return write(topic, &StatusKey::Task(id.clone()), None);
        }
        if let Some(entry) = self.lock().get_mut(&id.connector) {
            entry.tasks.remove(&id.task);
        }
    }

    /// Forgets a connector and its tasks, and, where that is not shared with other workers, its topics.
    pub fn remove_connector(&self, name: &Arc<str>) {
        let mut entries = self.lock();
        let Some(topic) = &self.topic else {
            entries.remove(name);
            return;
        };
        let Some(entry) = entries.get(name) else {
            return;
        };
        if entry.connector.is_some() {
            write(topic, &StatusKey::Connector(Arc::clone(name)), None);
        }
        for task in entry.tasks.keys() {
            let id = TaskId {
                connector: Arc::clone(name),
                task: *task,
            };
            write(topic, &StatusKey::Task(id), None);
        }
    }

    /// Notes that a task used a topic.
    pub fn add_topic(&self, task: &TaskId, used: &Arc<str>) {
        let mut entries = self.lock();
        let entry = entries.entry(Arc::clone(&task.connector)).or_default();
        match &self.topic {
            None => drop(entry.topics.insert(Arc::clone(used))),
            Some(topic) if !entry.topics.contains(used) => {
                let key = StatusKey::Topic {
                    topic: Arc::clone(used),
                    connector: Arc::clone(&task.connector),
                };
                write(
                    topic,
                    &key,
                    Some(topic_value(used, task, windlass_api::wall_clock_millis())),
                );
            }
            Some(_) => {}
        }
    }

    /// Counts how often the connector or one of its tasks was shown to be restarting.
    pub(crate) fn restarts(&self, connector: &str) -> usize {
        self.lock().get(connector).map_or(0, |entry| entry.restarts)
    }

    /// Changes when topics of any connector were forgotten, so that tasks note theirs again.
    pub(crate) fn topic_resets(&self) -> u64 {
        self.resets.load(Ordering::Acquire)
    }

    /// Forgets the topics of a connector.
    pub fn reset_topics(&self, connector: &str) {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(connector) else {
            return;
        };
        let Some(topic) = &self.topic else {
            entry.topics.clear();
            self.resets.fetch_add(1, Ordering::Release);
            return;
        };
        for used in &entry.topics {
            let key = StatusKey::Topic {
                topic: Arc::clone(used),
                connector: Arc::from(connector),
            };
            write(topic, &key, None);
        }
    }

    /// Waits until everything so far is written.
    pub(crate) async fn flush(&self) {
        if let Some(topic) = &self.topic {
            topic.flush().await;
        }
    }

    /// Finishes the writes and follows the topic no more.
    pub(crate) async fn stop(&self) {
        if let Some(topic) = &self.topic {
            topic.stop().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        lock(&self.entries)
    }
}

/// Whether a status may be written over the known one: what a worker says when it ends something, or when it fails, must
/// not hide what another worker says that runs it since (SO-007).
fn may_follow(known: Option<&Status>, status: &Status) -> bool {
    if !matches!(status.state, State::Unassigned | State::Failed) {
        return true;
    }
    known.is_none_or(|known| {
        known.worker_id == status.worker_id || known.generation <= status.generation
    })
}

/// Writes keep their order; what is written shows when it is read back.
fn write(topic: &CompactedTopic, key: &StatusKey, value: Option<Vec<u8>>) {
    let record = NewRecord {
        partition: None,
        key: key.to_bytes().into(),
        value: value.map(Into::into),
    };
    // It goes on by itself; the producer tries until it succeeds.
    drop(topic.write(record));
}

fn lock(entries: &Mutex<Entries>) -> MutexGuard<'_, Entries> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Follower {
    entries: Arc<Mutex<Entries>>,
    resets: Arc<AtomicU64>,
}

impl Consumed for Follower {
    fn record(&mut self, _: &TopicPartition, record: &Record<'_>) {
        let Some(key) = record.key.and_then(StatusKey::parse) else {
            tracing::warn!(offset = record.offset, "unknown record in the status topic");
            return;
        };
        let mut entries = lock(&self.entries);
        if let StatusKey::Topic { topic, connector } = key {
            let topics = &mut entries.entry(connector).or_default().topics;
            match record.value {
                Some(_) => topics.insert(topic),
                None => {
                    self.resets.fetch_add(1, Ordering::Release);
                    topics.remove(&topic)
                }
            };
            return;
        }
        let status = record.value.map(parse_status);
        if status == Some(None) {
            tracing::warn!(
                offset = record.offset,
                "the status topic holds what is no status"
            );
            return;
        }
        let status = status.flatten();
        if status
            .as_ref()
            .is_some_and(|s| s.state == State::Restarting)
        {
            let name = Arc::clone(key.connector());
            entries.entry(name).or_default().restarts += 1;
        }
        match (key, status) {
            (StatusKey::Connector(name), status) => {
                let known = &mut entries.entry(name).or_default().connector;
                if !is_outdated(known.as_ref(), status.as_ref()) {
                    *known = status;
                }
            }
            (StatusKey::Task(id), None) => {
                if let Some(entry) = entries.get_mut(&id.connector) {
                    entry.tasks.remove(&id.task);
                }
            }
            (StatusKey::Task(id), Some(status)) => {
                let tasks = &mut entries.entry(id.connector).or_default().tasks;
                if !is_stale(tasks.get(&id.task), &status) {
                    tasks.insert(id.task, status);
                }
            }
            (StatusKey::Topic { .. }, _) => {}
        }
    }

    fn failed(&mut self, error: ClientError) {
        tracing::error!(%error, "the status topic cannot be read");
    }
}

/// The same for a connector, whose last word may be of the generation in which it ran.
fn is_outdated(known: Option<&Status>, status: Option<&Status>) -> bool {
    let (Some(known), Some(status)) = (known, status) else {
        return false;
    };
    status.state == State::Unassigned
        && known.state == State::Running
        && known.generation > status.generation
}

/// The last word of a worker that lost a task may come after the first word of the one that has it now (SO-008).
fn is_stale(known: Option<&Status>, status: &Status) -> bool {
    status.state == State::Unassigned
        && known.is_some_and(|known| {
            known.state == State::Running && known.generation >= status.generation
        })
}
