//! The part of a connector that runs on one worker of a cluster.

use super::ConnectorLoop;
use crate::herder::message::Local;
use crate::status::{State, TargetState, TaskNumber};
use crate::task::Control;

impl ConnectorLoop {
    pub(super) async fn obey_local(&mut self, local: Local) {
        match local {
            Local::Start { connector, tasks } => {
                // Tasks first: a connector may hang while it starts.
                for task in tasks {
                    if !self.tasks.contains_key(&task) {
                        self.start_task(task).await;
                    }
                }
                if connector && self.running.is_none() {
                    self.start_and_configure().await;
                }
            }
            Local::Stop {
                connector,
                tasks,
                silently,
                done,
            } => {
                if silently {
                    self.abandon_these_tasks(&tasks).await;
                } else {
                    self.stop_these_tasks(&tasks).await;
                }
                if connector {
                    self.give_back_connector(silently).await;
                }
                drop(done);
            }
            Local::Restart { connector, tasks } => self.restart_local(connector, &tasks).await,
            Local::Reconfigured => {
                self.stop_connector().await;
                self.start_and_configure().await;
            }
            Local::AskAgain => self.ask_again(),
            Local::Target => self.follow_target().await,
        }
    }

    /// Starts the connector object, which then says which tasks it wants.
    pub(super) async fn start_and_configure(&mut self) {
        let target = self.entry().map(|entry| entry.target);
        // Failures are in the connector's status.
        if self.start_connector().await.is_ok() && target == Some(TargetState::Started) {
            let _ = self.update_tasks().await;
        }
    }

    /// Stops the connector object because another worker will run it, or none.
    async fn give_back_connector(&mut self, silently: bool) {
        if self.running.is_none() {
            return;
        }
        let version = self.running.as_ref().and_then(|r| r.reporter.version());
        self.stop_connector().await;
        if !silently {
            self.worker
                .connector_reporter(&self.name, version)
                .state(State::Unassigned);
        }
    }

    async fn restart_local(&mut self, connector: bool, tasks: &[TaskNumber]) {
        self.count_restarts(connector, tasks);
        self.stop_these_tasks(tasks).await;
        self.mark_restarting(false, tasks);
        for &task in tasks {
            self.start_task(task).await;
        }
        if connector {
            self.stop_connector().await;
            self.mark_restarting(true, &[]);
            self.start_and_configure().await;
        }
    }

    /// Pauses, resumes or stops what runs here. As in Java a connector that failed stays so until it is restarted.
    async fn follow_target(&mut self) {
        let Some(target) = self.entry().map(|entry| entry.target) else {
            return;
        };
        let control = match target {
            TargetState::Started => Some(Control::Run),
            TargetState::Paused => Some(Control::Pause),
            // The tasks of a stopped connector are taken away by the rebalance that follows.
            TargetState::Stopped => None,
        };
        if let Some(control) = control {
            for task in self.tasks.values() {
                task.set(control);
            }
        }
        tracing::info!(connector = %self.name, ?target, "target state changed");
        if self.running.as_ref().is_none_or(|running| running.failed) {
            return;
        }
        self.stop_connector().await;
        self.start_and_configure().await;
    }
}
