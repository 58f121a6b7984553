//! Restarting the connector and its tasks (KIP-745).

use std::sync::Arc;

use super::ConnectorLoop;
use crate::herder::message::{Reply, answer, unknown};
use crate::herder::{ConnectorStatus, HerderError, RestartScope};
use crate::status::{State, TaskId, TaskNumber};
use crate::worker::Worker;

impl ConnectorLoop {
    /// Restarts the connector object alone.
    pub(super) async fn restart_connector(&mut self) -> Result<(), HerderError> {
        self.count_restarts(true, &[]);
        self.stop_connector().await;
        self.start_connector().await?;
        if self.shared {
            // Failures are in the connector's status.
            let _ = self.update_tasks().await;
        }
        Ok(())
    }

    pub(super) async fn restart_task(&mut self, task: TaskNumber) -> Result<(), HerderError> {
        let entry = self.entry().ok_or_else(|| unknown(&self.name))?;
        let known = usize::try_from(task).is_ok_and(|task| task < entry.tasks.len());
        if !known {
            return Err(HerderError::NotFound(format!(
                "Task {}-{task} not found",
                self.name
            )));
        }
        self.count_restarts(false, &[task]);
        self.replace_task(task).await;
        Ok(())
    }

    async fn replace_task(&mut self, task: TaskNumber) {
        self.stop_these_tasks(&[task]).await;
        self.mark_restarting(false, &[task]);
        self.start_task(task).await;
    }

    /// Starts again what failed in that run, unless something else has happened to it meanwhile.
    pub(super) async fn start_again(&mut self, task: Option<TaskNumber>, run: u64) {
        match task {
            Some(task) => {
                let current = self.task_runs.get(&task).copied();
                if current != Some(run) || !self.tasks.contains_key(&task) {
                    return;
                }
                self.worker.metrics().restarts.automatic.add(1);
                tracing::info!(connector = %self.name, task, "task is started again by itself");
                self.replace_task(task).await;
            }
            None => {
                let failed = self.running.as_ref().is_some_and(|running| running.failed);
                if run != self.run || !failed {
                    return;
                }
                self.worker.metrics().restarts.automatic.add(1);
                tracing::info!(connector = %self.name, "connector is started again by itself");
                self.stop_connector().await;
                self.mark_restarting(true, &[]);
                self.start_and_configure().await;
            }
        }
    }

    /// Restarts what the scope covers. The plan is answered before anything happens, but what it says is already the
    /// status: who asks next must not take the old `RUNNING` for the new one.
    pub(super) async fn restart(&mut self, scope: RestartScope, reply: Reply<ConnectorStatus>) {
        let Some(plan) = plan(&self.worker, &self.name, scope) else {
            let text = format!("Status for connector {} not found", self.name);
            return answer(reply, Err(HerderError::NotFound(text)));
        };
        let planned = |state: State| state == State::Restarting;
        let connector = planned(plan.connector.state);
        let tasks: Vec<_> = plan
            .tasks
            .iter()
            .filter(|(_, status)| planned(status.state))
            .map(|(task, _)| *task)
            .collect();
        self.count_restarts(connector, &tasks);
        self.mark_restarting(connector, &tasks);
        answer(reply, Ok(plan));

        self.stop_these_tasks(&tasks).await;
        self.mark_restarting(connector, &tasks);
        if connector {
            self.stop_connector().await;
            self.mark_restarting(true, &[]);
            // Failures are in the connector's status.
            let _ = self.start_connector().await;
        }
        for task in tasks {
            self.start_task(task).await;
        }
    }

    pub(super) fn count_restarts(&self, connector: bool, tasks: &[TaskNumber]) {
        let count = tasks.len() as u64 + u64::from(connector);
        self.worker.metrics().restarts.requested.add(count);
    }

    pub(super) fn mark_restarting(&self, connector: bool, tasks: &[TaskNumber]) {
        for &task in tasks {
            let id = TaskId {
                connector: Arc::clone(&self.name),
                task,
            };
            self.worker.task_reporter(id, None).state(State::Restarting);
        }
        if connector {
            self.worker
                .connector_reporter(&self.name, None)
                .state(State::Restarting);
        }
    }
}

/// The present statuses, `RESTARTING` where the scope covers them.
pub(in crate::herder) fn plan(
    worker: &Worker,
    name: &str,
    scope: RestartScope,
) -> Option<ConnectorStatus> {
    let entry = worker.configs().connector(name)?;
    let covered = |state: State| !scope.only_failed || state == State::Failed;
    let mut connector = worker.statuses().connector(name)?;
    if covered(connector.state) {
        connector.state = State::Restarting;
    }
    let mut tasks = worker.statuses().tasks(name);
    for (_, status) in &mut tasks {
        if scope.include_tasks && covered(status.state) {
            status.state = State::Restarting;
        }
    }
    Some(ConnectorStatus {
        name: Arc::clone(&entry.name),
        connector,
        tasks,
        kind: entry.kind,
    })
}
