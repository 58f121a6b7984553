//! What the records of the config topic add up to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use windlass_api::Props;

use super::config_record::{ConfigRecord, SessionKey};
use crate::herder::RestartScope;
use crate::status::TargetState;

/// The state of the config topic up to an offset (`KafkaConfigBackingStore`).
///
/// Task configurations are held back until the commit record that ends their set. Compaction may have removed some of
/// them: then the set is not whole and its connector has no tasks, until a whole set comes.
#[derive(Clone, Debug)]
pub(crate) struct ConfigState {
    /// The offset behind the last record; -1 before the first.
    offset: i64,
    session_key: Option<SessionKey>,
    connectors: BTreeMap<Arc<str>, Arc<Props>>,
    targets: BTreeMap<Arc<str>, TargetState>,
    tasks: BTreeMap<Arc<str>, TaskSet>,
    /// Kept over the deletion of a connector: tasks of one of the same name before may still run.
    fencing: BTreeMap<Arc<str>, Fencing>,
}

/// What there is to know of a connector's tasks that may still write (KIP-618).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fencing {
    /// Whether there are task configurations behind the last count record: those before must not write any more.
    pub(crate) pending: bool,
    /// The last count record: how many tasks may have written since.
    pub(crate) recorded: Option<usize>,
    /// How many tasks there are now.
    pub(crate) tasks: usize,
    /// Counts the sets of task configurations, as read from the topic.
    pub(crate) generation: u64,
}

/// The tasks of one connector.
#[derive(Clone, Debug, Default)]
struct TaskSet {
    committed: BTreeMap<i32, Arc<Props>>,
    held_back: BTreeMap<i32, Arc<Props>>,
    count: usize,
    whole: bool,
    applied: Option<Arc<Props>>,
}

/// What a record changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConfigChange {
    /// A connector was created (`new`) or given another configuration.
    Connector { name: Arc<str>, new: bool },
    /// A connector was deleted.
    Removed(Arc<str>),
    /// A connector has other tasks.
    Tasks(Arc<str>),
    /// Users want a connector in another state.
    Target(Arc<str>),
    /// A restart is ordered.
    Restart(Arc<str>, RestartScope),
    /// A level is set for all workers.
    LoggerLevel(String, String),
    /// Requests between workers are signed with another key.
    SessionKey,
}

impl Default for ConfigState {
    fn default() -> Self {
        ConfigState {
            offset: -1,
            session_key: None,
            connectors: BTreeMap::new(),
            targets: BTreeMap::new(),
            tasks: BTreeMap::new(),
            fencing: BTreeMap::new(),
        }
    }
}

impl ConfigState {
    /// The offset behind the last record; -1 before the first.
    pub(crate) fn offset(&self) -> i64 {
        self.offset
    }

    /// Notes that the records before this offset are known.
    pub(crate) fn passed(&mut self, offset: i64) {
        self.offset = offset;
    }

    pub(crate) fn session_key(&self) -> Option<&SessionKey> {
        self.session_key.as_ref()
    }

    /// The connectors, in order.
    pub(crate) fn connectors(&self) -> impl Iterator<Item = &Arc<str>> {
        self.connectors.keys()
    }

    pub(crate) fn connector(&self, name: &str) -> Option<&Arc<Props>> {
        self.connectors.get(name)
    }

    pub(crate) fn target(&self, name: &str) -> TargetState {
        self.targets.get(name).copied().unwrap_or_default()
    }

    /// The configurations of a connector's tasks by number; none when the set is not whole.
    pub(crate) fn tasks(&self, name: &str) -> Vec<Arc<Props>> {
        let Some(set) = self.tasks.get(name).filter(|set| set.whole) else {
            return Vec::new();
        };
        set.committed.values().take(set.count).cloned().collect()
    }

    /// The connector configuration that the committed tasks were made for.
    pub(crate) fn applied(&self, name: &str) -> Option<&Arc<Props>> {
        self.tasks.get(name)?.applied.as_ref()
    }

    /// What there is to fence before the tasks of a connector start.
    pub(crate) fn fencing(&self, name: &str) -> Fencing {
        self.fencing.get(name).copied().unwrap_or_default()
    }

    /// Takes a record in.
    pub(crate) fn apply(&mut self, record: ConfigRecord) -> Option<ConfigChange> {
        match record {
            ConfigRecord::Target(name, target) => self.apply_target(name, target),
            ConfigRecord::Connector(name, Some(props)) => {
                let known = self.connectors.insert(Arc::clone(&name), Arc::new(props));
                self.targets.entry(Arc::clone(&name)).or_default();
                Some(ConfigChange::Connector {
                    name,
                    new: known.is_none(),
                })
            }
            ConfigRecord::Connector(name, None) => {
                self.tasks.remove(&name);
                self.connectors.remove(&name)?;
                Some(ConfigChange::Removed(name))
            }
            ConfigRecord::Task(id, Some(props)) => {
                let set = self.tasks.entry(id.connector).or_default();
                set.held_back.insert(id.task, Arc::new(props));
                None
            }
            ConfigRecord::Task(id, None) => {
                if let Some(set) = self.tasks.get_mut(&id.connector) {
                    set.held_back.remove(&id.task);
                }
                None
            }
            ConfigRecord::Commit(name, count) => self.apply_commit(name, count),
            ConfigRecord::Restart(name, scope) => Some(ConfigChange::Restart(name, scope)),
            ConfigRecord::Fencing(name, count) => {
                let fencing = self.fencing.entry(name).or_default();
                fencing.recorded = Some(count);
                fencing.pending = false;
                None
            }
            ConfigRecord::SessionKey(key) => {
                self.session_key = Some(key);
                Some(ConfigChange::SessionKey)
            }
            ConfigRecord::LoggerLevel(namespace, level) => {
                Some(ConfigChange::LoggerLevel(namespace, level))
            }
        }
    }

    fn apply_target(
        &mut self,
        name: Arc<str>,
        target: Option<TargetState>,
    ) -> Option<ConfigChange> {
        let exists = self.connectors.contains_key(&name);
        let before = match target {
            Some(target) => self.targets.insert(Arc::clone(&name), target),
            // A connector that is still there must stay usable.
            None if exists => self
                .targets
                .insert(Arc::clone(&name), TargetState::default()),
            None => self.targets.remove(&name),
        };
        let changed = target.is_some() && before != target;
        (exists && changed).then_some(ConfigChange::Target(name))
    }

    fn apply_commit(&mut self, name: Arc<str>, count: usize) -> Option<ConfigChange> {
        let Some(config) = self.connectors.get(&name) else {
            // The connector's own record was compacted away: it is deleted (B-045).
            self.tasks.remove(&name);
            return None;
        };
        let set = self.tasks.entry(Arc::clone(&name)).or_default();
        let held_back = std::mem::take(&mut set.held_back);
        let numbers: BTreeSet<i32> = set
            .committed
            .keys()
            .chain(held_back.keys())
            .copied()
            .collect();
        set.whole = (0..).take(count).all(|number| numbers.contains(&number));
        set.count = count;
        let fencing = self.fencing.entry(Arc::clone(&name)).or_default();
        fencing.pending = true;
        fencing.tasks = count;
        fencing.generation += 1;
        if set.whole {
            set.committed.extend(held_back);
            set.applied = Some(Arc::clone(config));
        } else {
            tracing::warn!(
                connector = %name, tasks = count,
                "task configurations are missing in the config topic: they are made anew"
            );
        }
        Some(ConfigChange::Tasks(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(state: &mut ConfigState, key: &str, value: &str) -> Option<ConfigChange> {
        let value = (!value.is_empty()).then_some(value.as_bytes());
        state.apply(ConfigRecord::parse(key.as_bytes(), value).unwrap())
    }

    fn props(text: &str) -> String {
        format!(r#"{{"properties":{{"k":"{text}"}}}}"#)
    }

    fn name() -> Arc<str> {
        Arc::from("a")
    }

    #[test]
    fn tasks_wait_for_their_commit() {
        let mut state = ConfigState::default();
        let created = apply(&mut state, "connector-a", &props("1"));
        assert_eq!(
            created,
            Some(ConfigChange::Connector {
                name: name(),
                new: true
            })
        );
        assert_eq!(apply(&mut state, "task-a-0", &props("t0")), None);
        assert_eq!(apply(&mut state, "task-a-1", &props("t1")), None);
        assert!(state.tasks("a").is_empty());
        let committed = apply(&mut state, "commit-a", r#"{"tasks":2}"#);
        assert_eq!(committed, Some(ConfigChange::Tasks(name())));
        assert_eq!(state.tasks("a").len(), 2);
        assert_eq!(state.applied("a"), state.connector("a"));
        // Fewer tasks: the records of the others stay and mean nothing.
        apply(&mut state, "task-a-0", &props("new"));
        apply(&mut state, "commit-a", r#"{"tasks":1}"#);
        let tasks = state.tasks("a");
        assert_eq!(tasks.len(), 1);
        assert_eq!(tasks[0]["k"].as_deref(), Some("new"));
        apply(&mut state, "commit-a", r#"{"tasks":0}"#);
        assert!(state.tasks("a").is_empty());
    }

    #[test]
    fn a_set_with_holes_is_no_set() {
        let mut state = ConfigState::default();
        apply(&mut state, "connector-a", &props("1"));
        apply(&mut state, "task-a-1", &props("t1"));
        apply(&mut state, "commit-a", r#"{"tasks":2}"#);
        assert!(state.tasks("a").is_empty());
        // What was held back for it is of no use later.
        apply(&mut state, "task-a-0", &props("t0"));
        apply(&mut state, "commit-a", r#"{"tasks":2}"#);
        assert!(state.tasks("a").is_empty());
        apply(&mut state, "task-a-0", &props("t0"));
        apply(&mut state, "task-a-1", &props("t1"));
        apply(&mut state, "commit-a", r#"{"tasks":2}"#);
        assert_eq!(state.tasks("a").len(), 2);
    }

    #[test]
    fn fencing_is_due_after_each_set_of_tasks_and_done_with_its_record() {
        let mut state = ConfigState::default();
        apply(&mut state, "connector-a", &props("1"));
        apply(&mut state, "task-a-0", &props("t0"));
        apply(&mut state, "commit-a", r#"{"tasks":1}"#);
        let first = state.fencing("a");
        assert!(first.pending && first.recorded.is_none() && first.tasks == 1);
        apply(&mut state, "tasks-fencing-a", r#"{"task-count":1}"#);
        assert!(!state.fencing("a").pending);
        apply(&mut state, "connector-a", "");
        apply(&mut state, "connector-a", &props("1"));
        apply(&mut state, "commit-a", r#"{"tasks":0}"#);
        let last = state.fencing("a");
        assert_eq!(
            (last.pending, last.recorded, last.tasks),
            (true, Some(1), 0)
        );
        assert_ne!(last.generation, first.generation);
    }

    #[test]
    fn a_deleted_connector_leaves_nothing() {
        let mut state = ConfigState::default();
        apply(&mut state, "connector-a", &props("1"));
        apply(&mut state, "task-a-0", &props("t0"));
        apply(&mut state, "commit-a", r#"{"tasks":1}"#);
        assert_eq!(
            apply(&mut state, "connector-a", ""),
            Some(ConfigChange::Removed(name()))
        );
        assert_eq!(apply(&mut state, "target-state-a", ""), None);
        assert_eq!(apply(&mut state, "task-a-0", &props("t0")), None);
        assert_eq!(apply(&mut state, "commit-a", r#"{"tasks":1}"#), None);
        apply(&mut state, "connector-a", &props("2"));
        assert!(state.tasks("a").is_empty() && state.applied("a").is_none());
        assert_eq!(state.target("a"), TargetState::Started);
    }

    #[test]
    fn a_target_may_come_before_its_connector() {
        let mut state = ConfigState::default();
        let stopped = r#"{"state":"PAUSED","state.v2":"STOPPED"}"#;
        assert_eq!(apply(&mut state, "target-state-a", stopped), None);
        apply(&mut state, "connector-a", &props("1"));
        assert_eq!(state.target("a"), TargetState::Stopped);
        assert_eq!(apply(&mut state, "target-state-a", stopped), None);
        let started = r#"{"state":"STARTED","state.v2":"STARTED"}"#;
        assert_eq!(
            apply(&mut state, "target-state-a", started),
            Some(ConfigChange::Target(name()))
        );
        apply(&mut state, "target-state-a", stopped);
        apply(&mut state, "target-state-a", "");
        assert_eq!(state.target("a"), TargetState::Started);
    }
}
