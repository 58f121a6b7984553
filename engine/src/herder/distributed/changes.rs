//! What changed in the config topic, whoever wrote it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::DistributedHerder;
use crate::group::Work;
use crate::herder::RestartScope;
use crate::herder::connector::restart::plan;
use crate::herder::message::{Local, Message};
use crate::status::State;
use crate::storage::config_state::ConfigChange;

impl DistributedHerder {
    pub(super) async fn on_changes(&mut self, first: ConfigChange) {
        let mut restarts = BTreeMap::new();
        self.on_change(first, &mut restarts).await;
        self.absorb(restarts).await;
    }

    /// Takes in what has been read already, so that it need not be divided again later.
    pub(super) async fn absorb_changes(&mut self) {
        self.absorb(BTreeMap::new()).await;
    }

    async fn absorb(&mut self, mut restarts: BTreeMap<Arc<str>, RestartScope>) {
        while let Ok(change) = self.parts.changes.try_recv() {
            self.on_change(change, &mut restarts).await;
        }
        for (name, scope) in restarts {
            self.restart(&name, scope);
        }
    }

    async fn on_change(
        &mut self,
        change: ConfigChange,
        restarts: &mut BTreeMap<Arc<str>, RestartScope>,
    ) {
        match change {
            ConfigChange::Connector { new: true, .. } | ConfigChange::Removed(_) => {
                self.unbalanced = true;
            }
            ConfigChange::Connector { name, new: false } => {
                // Only the one who runs it has to do anything (B-029).
                if self.started.connectors.contains(&name) {
                    let _ = self.local(&name).send(Message::Local(Local::Reconfigured));
                }
            }
            ConfigChange::Tasks(name) => {
                self.unbalanced = true;
                self.abandon_fencing(&name);
                // Also those that will come back: they have another configuration then (B-031).
                let tasks = self.started.tasks.iter();
                let tasks = tasks.filter(|id| id.connector == name).cloned().collect();
                let work = Work {
                    tasks,
                    ..Work::default()
                };
                self.stop(&work).await;
            }
            ConfigChange::Target(name) => {
                if let Some(local) = self.locals.get(&name) {
                    let _ = local.send(Message::Local(Local::Target));
                }
            }
            ConfigChange::Restart(name, scope) => {
                let strongest = restarts.entry(name).or_insert(scope);
                if strength(scope) > strength(*strongest) {
                    *strongest = scope;
                }
            }
            ConfigChange::LoggerLevel(namespace, level) => {
                (self.parts.log_level)(&namespace, &level);
            }
            ConfigChange::SessionKey => {}
        }
    }

    /// Restarts what runs here of what an order covers.
    fn restart(&mut self, name: &Arc<str>, scope: RestartScope) {
        let Some(plan) = plan(&self.parts.worker, name, scope) else {
            tracing::debug!(connector = %name, "there is nothing to restart");
            return;
        };
        let restarts = |state: State| state == State::Restarting;
        let connector = restarts(plan.connector.state) && self.started.connectors.contains(name);
        let tasks = plan
            .tasks
            .iter()
            .filter(|(_, status)| restarts(status.state));
        let own = self.started.tasks.iter().filter(|id| id.connector == *name);
        let own: Vec<_> = own.map(|id| id.task).collect();
        let tasks: Vec<_> = tasks
            .map(|(task, _)| *task)
            .filter(|task| own.contains(task))
            .collect();
        if connector || !tasks.is_empty() {
            let _ = self
                .local(name)
                .send(Message::Local(Local::Restart { connector, tasks }));
        }
    }
}

/// Of several orders the one that restarts more counts (B-038).
fn strength(scope: RestartScope) -> (bool, bool) {
    (!scope.only_failed, scope.include_tasks)
}
