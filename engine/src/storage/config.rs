//! Connector configurations, task configurations and target states, as this worker knows them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use windlass_api::Props;

use crate::herder::ConnectorType;
use crate::status::TargetState;

/// What is stored about one connector.
#[derive(Clone, Debug)]
pub struct ConnectorEntry {
    /// The name.
    pub name: Arc<str>,
    /// The configuration, `name` included.
    pub config: Arc<Props>,
    /// Source or sink; `None` when the class is unknown to this worker.
    pub kind: Option<ConnectorType>,
    /// What users want it to do.
    pub target: TargetState,
    /// The tasks' configurations, by number.
    pub tasks: Vec<Arc<Props>>,
    /// The connector configuration that the tasks were made for; `None` before there were any.
    pub applied: Option<Arc<Props>>,
    /// Counts the sets of task configurations that there have been, as this worker saw them.
    pub generation: u64,
}

/// What is configured. A standalone worker keeps it nowhere else (ST-006); a distributed one reads it from the config
/// topic. Only the herder or the reader of that topic writes; anyone reads, at once.
#[derive(Debug, Default)]
pub struct ConfigSnapshot {
    connectors: RwLock<BTreeMap<Arc<str>, Arc<ConnectorEntry>>>,
}

impl ConfigSnapshot {
    /// The names, sorted.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.read().keys().cloned().collect()
    }

    /// One connector.
    pub fn connector(&self, name: &str) -> Option<Arc<ConnectorEntry>> {
        self.read().get(name).cloned()
    }

    /// Stores a connector, replacing one of the same name.
    pub fn put(&self, entry: ConnectorEntry) {
        self.write()
            .insert(Arc::clone(&entry.name), Arc::new(entry));
    }

    /// Changes a connector; nothing happens when it is not stored.
    pub fn update(&self, name: &str, change: impl FnOnce(&mut ConnectorEntry)) {
        if let Some(entry) = self.write().get_mut(name) {
            change(Arc::make_mut(entry));
        }
    }

    /// Forgets a connector; whether it was stored.
    pub fn remove(&self, name: &str) -> bool {
        self.write().remove(name).is_some()
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Arc<str>, Arc<ConnectorEntry>>> {
        self.connectors
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Arc<str>, Arc<ConnectorEntry>>> {
        self.connectors
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
