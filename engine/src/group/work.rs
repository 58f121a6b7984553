//! A set of connectors and tasks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::status::TaskId;

/// Connectors and tasks, each once and in order (`ConnectorsAndTasks`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The connectors.
    pub connectors: BTreeSet<Arc<str>>,
    /// The tasks.
    pub tasks: BTreeSet<TaskId>,
}

impl Work {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.connectors.is_empty() && self.tasks.is_empty()
    }

    /// Adds all of the other.
    pub fn add(&mut self, other: &Work) {
        self.connectors.extend(other.connectors.iter().cloned());
        self.tasks.extend(other.tasks.iter().cloned());
    }

    /// Takes all of the other away.
    pub fn remove(&mut self, other: &Work) {
        self.connectors.retain(|c| !other.connectors.contains(c));
        self.tasks.retain(|t| !other.tasks.contains(t));
    }

    /// What is here and not there.
    #[must_use]
    pub fn without(&self, other: &Work) -> Work {
        Work {
            connectors: self
                .connectors
                .difference(&other.connectors)
                .cloned()
                .collect(),
            tasks: self.tasks.difference(&other.tasks).cloned().collect(),
        }
    }

    /// What is here and there.
    #[must_use]
    pub fn common(&self, other: &Work) -> Work {
        Work {
            connectors: self
                .connectors
                .intersection(&other.connectors)
                .cloned()
                .collect(),
            tasks: self.tasks.intersection(&other.tasks).cloned().collect(),
        }
    }

    /// Every connector that has something here.
    pub fn names(&self) -> BTreeSet<Arc<str>> {
        let of_tasks = self.tasks.iter().map(|task| Arc::clone(&task.connector));
        self.connectors.iter().cloned().chain(of_tasks).collect()
    }
}
