//! Creating, changing and deleting the connector, and its target state.

use std::sync::Arc;

use windlass_api::Props;

use super::ConnectorLoop;
use crate::herder::handle::info;
use crate::herder::message::unknown;
use crate::herder::{ConnectorInfo, HerderError, PutOutcome};
use crate::status::TargetState;
use crate::storage::config::ConnectorEntry;
use crate::task::Control;

impl ConnectorLoop {
    pub(super) async fn create(
        &mut self,
        config: Props,
        target: TargetState,
    ) -> Result<ConnectorInfo, HerderError> {
        if self.entry().is_some() {
            return Err(HerderError::AlreadyExists(self.name.to_string()));
        }
        self.store(config, target);
        self.apply().await
    }

    pub(super) async fn put(&mut self, config: Props) -> Result<PutOutcome, HerderError> {
        let Some(before) = self.entry() else {
            self.store(config, TargetState::Started);
            return self.apply().await.map(PutOutcome::Created);
        };
        self.stop_connector().await;
        self.store(config, before.target);
        self.apply().await.map(PutOutcome::Updated)
    }

    pub(super) async fn delete(&mut self) {
        // Gone for readers at once; the tasks' last statuses must not outlive it.
        self.worker.configs().remove(&self.name);
        self.stop_all().await;
        self.worker.statuses().remove_connector(&self.name);
        tracing::info!(connector = %self.name, "connector deleted");
    }

    /// Pauses or resumes.
    pub(super) async fn set_target(&mut self, target: TargetState) {
        let Some(before) = self.entry() else { return };
        self.worker
            .configs()
            .update(&self.name, |entry| entry.target = target);
        tracing::info!(connector = %self.name, ?target, "target state changed");
        let control = if target == TargetState::Paused {
            Control::Pause
        } else {
            Control::Run
        };
        for task in self.tasks.values() {
            task.set(control);
        }
        // As in Java a connector that failed stays so until it is restarted.
        if before.target == target || self.has_failed() {
            return;
        }
        self.stop_connector().await;
        if self.start_connector().await.is_ok() && target == TargetState::Started {
            // Failures are in the connector's status.
            let _ = self.update_tasks().await;
        }
    }

    /// Stops the connector for good: its tasks go, its offsets may be altered.
    pub(super) async fn release(&mut self) {
        self.worker.configs().update(&self.name, |entry| {
            entry.target = TargetState::Stopped;
            entry.tasks.clear();
            entry.applied = None;
        });
        self.stop_tasks().await;
        self.stop_connector().await;
        // Reports the state.
        let _ = self.start_connector().await;
    }

    /// Starts what is stored, with its tasks.
    async fn apply(&mut self) -> Result<ConnectorInfo, HerderError> {
        self.start_connector().await?;
        self.update_tasks().await?;
        let entry = self.entry().ok_or_else(|| unknown(&self.name))?;
        Ok(info(&entry))
    }

    fn store(&self, config: Props, target: TargetState) {
        let (tasks, applied, generation) = self
            .entry()
            .map(|entry| (entry.tasks.clone(), entry.applied.clone(), entry.generation))
            .unwrap_or_default();
        self.worker.configs().put(ConnectorEntry {
            name: Arc::clone(&self.name),
            kind: self.worker.connector_type(&config),
            config: Arc::new(config),
            target,
            tasks,
            applied,
            generation,
        });
    }

    fn has_failed(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.failed)
    }
}
