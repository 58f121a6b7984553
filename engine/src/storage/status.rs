//! Statuses of connectors and tasks, and the topics they used, in memory (ST-006).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::status::{Status, TaskId, TaskNumber};

/// The statuses of a standalone worker. Locks are held for a look-up, never across an await.
#[derive(Debug, Default)]
pub struct MemoryStatusStore {
    connectors: Mutex<BTreeMap<Arc<str>, Entry>>,
}

#[derive(Debug, Default)]
struct Entry {
    connector: Option<Status>,
    tasks: BTreeMap<TaskNumber, Status>,
    topics: BTreeSet<Arc<str>>,
}

impl MemoryStatusStore {
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
        if live() {
            entries.entry(Arc::clone(name)).or_default().connector = Some(status);
        }
    }

    /// Stores the status of a task if `live` holds, asked under the lock.
    pub fn put_task_if(&self, id: &TaskId, status: Status, live: impl FnOnce() -> bool) {
        let mut entries = self.lock();
        if live() {
            entries
                .entry(Arc::clone(&id.connector))
                .or_default()
                .tasks
                .insert(id.task, status);
        }
    }

    /// Forgets a task.
    pub fn remove_task(&self, id: &TaskId) {
        if let Some(entry) = self.lock().get_mut(&id.connector) {
            entry.tasks.remove(&id.task);
        }
    }

    /// Forgets a connector, its tasks and topics.
    pub fn remove_connector(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Notes that a connector used a topic.
    pub fn add_topic(&self, connector: &Arc<str>, topic: &Arc<str>) {
        self.lock()
            .entry(Arc::clone(connector))
            .or_default()
            .topics
            .insert(Arc::clone(topic));
    }

    /// Forgets the topics of a connector.
    pub fn reset_topics(&self, connector: &str) {
        if let Some(entry) = self.lock().get_mut(connector) {
            entry.topics.clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Entry>> {
        self.connectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
