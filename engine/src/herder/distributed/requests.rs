//! What users ask for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use windlass_api::Props;

use super::DistributedHerder;
use crate::herder::connector::restart::plan;
use crate::herder::handle::info;
use crate::herder::message::{Command, Message, Reply, Request, answer, unknown};
use crate::herder::{
    ConnectorInfo, ConnectorStatus, ConnectorType, HerderError, PutOutcome, RestartScope,
};
use crate::status::{State, TargetState, TaskId, TaskNumber};
use crate::storage::config::ConnectorEntry;
use crate::storage::config_topic::ConfigWriteError;

type Result<T> = std::result::Result<T, HerderError>;

impl DistributedHerder {
    pub(super) async fn on_request(&mut self, request: Request) {
        match request {
            Request::Ping(reply) => drop(reply.send(())),
            // The run loop ends with it.
            Request::Shutdown(reply) => drop(reply.send(())),
            Request::Idle { .. } => {}
            Request::Offsets { name, reply } => self.read_offsets(name, reply),
            Request::LoggerLevel {
                namespace,
                level,
                reply,
            } => {
                let written = self.parts.topic.put_logger_level(namespace, level);
                let written = self.unless_cut_off(written).await;
                answer(reply, written.map_err(failed));
            }
            Request::Tasks { name, tasks, anew } => self.publish_tasks(name, tasks, anew).await,
            Request::Fenced {
                name,
                generation,
                result,
            } => self.on_fenced(&name, generation, result).await,
            Request::Connector {
                name,
                command: Command::SetTarget { target, reply },
            } if target != TargetState::Stopped => {
                // Any worker may write it, at any time.
                let result = self.set_target(&name, target).await;
                answer(reply, result);
            }
            // What depends on who leads or runs what waits until that is clear.
            request if !self.settled => self.waiting.push_back(request),
            Request::Internal(request) => self.on_internal(request).await,
            Request::Fence { name, reply } => self.fence(name, reply).await,
            Request::Verify {
                id,
                generation,
                reply,
            } => {
                let result = self.verify(&id, generation).await;
                answer(reply, result);
            }
            Request::Connector { name, command } => self.obey(name, command).await,
        }
    }

    async fn obey(&mut self, name: Arc<str>, command: Command) {
        match command {
            Command::Create {
                config,
                target,
                reply,
            } => {
                let result = self.create(&name, config, target).await;
                answer(reply, result);
            }
            Command::Put { config, reply } => {
                let result = self.put(&name, config).await;
                answer(reply, result);
            }
            Command::Delete { reply } => {
                let result = self.delete(&name).await;
                answer(reply, result);
            }
            Command::SetTarget { reply, .. } => {
                let result = self.release(&name).await;
                answer(reply, result);
            }
            Command::RestartConnector { reply } => self.restart_connector(&name, reply),
            Command::Restart { scope, reply } => {
                let shown = self.parts.worker.statuses().restarts(&name);
                match self.order_restart(&name, scope).await {
                    Ok(plan) => self.answer_once_shown(plan, shown, reply),
                    Err(error) => answer(reply, Err(error)),
                }
            }
            Command::RestartTask { task, reply } => self.restart_task(&name, task, reply),
            Command::AlterOffsets { offsets, reply } => {
                if let Some(reply) = self.may_alter(&name, reply) {
                    let command = Command::AlterOffsets { offsets, reply };
                    self.alter(&name, command).await;
                }
            }
            Command::ResetOffsets { reply } => {
                if let Some(reply) = self.may_alter(&name, reply) {
                    self.alter(&name, Command::ResetOffsets { reply }).await;
                }
            }
        }
    }

    async fn create(
        &mut self,
        name: &Arc<str>,
        config: Props,
        target: TargetState,
    ) -> Result<ConnectorInfo> {
        self.lead()?;
        if self.entry(name).is_some() {
            return Err(HerderError::AlreadyExists(name.to_string()));
        }
        let target = (target != TargetState::Started).then_some(target);
        self.store(name, config, target).await
    }

    async fn put(&mut self, name: &Arc<str>, config: Props) -> Result<PutOutcome> {
        self.lead()?;
        let exists = self.entry(name).is_some();
        let info = self.store(name, config, None).await?;
        Ok(if exists {
            PutOutcome::Updated(info)
        } else {
            PutOutcome::Created(info)
        })
    }

    /// Its answer shows the tasks there were before (B-005).
    async fn store(
        &mut self,
        name: &Arc<str>,
        config: Props,
        target: Option<TargetState>,
    ) -> Result<ConnectorInfo> {
        let before = self.entry(name);
        let told = ConnectorEntry {
            name: Arc::clone(name),
            kind: self.parts.worker.connector_type(&config),
            config: Arc::new(config.clone()),
            target: TargetState::Started,
            tasks: before.map(|entry| entry.tasks.clone()).unwrap_or_default(),
            applied: None,
            generation: 0,
        };
        let written = self.parts.topic.put_connector(name, config, target);
        let written = self.unless_cut_off(written).await;
        written.map_err(failed)?;
        Ok(info(&told))
    }

    async fn delete(&mut self, name: &Arc<str>) -> Result<()> {
        self.lead()?;
        if self.entry(name).is_none() {
            return Err(unknown(name));
        }
        let removed = self.parts.topic.remove_connector(name);
        let removed = self.unless_cut_off(removed).await;
        removed.map_err(failed)?;
        tracing::info!(connector = %name, "connector deleted");
        Ok(())
    }

    /// Stops a connector for good: first its tasks go, so that nobody starts them again (B-008).
    async fn release(&mut self, name: &Arc<str>) -> Result<()> {
        self.lead()?;
        if self.entry(name).is_none() {
            return Err(HerderError::NotFound(format!("Unknown connector {name}")));
        }
        let topic = &self.parts.topic;
        let released = async {
            topic.put_tasks(name, &[]).await?;
            topic.put_target(name, TargetState::Stopped).await
        };
        self.unless_cut_off(released).await.map_err(failed)
    }

    async fn set_target(&mut self, name: &Arc<str>, target: TargetState) -> Result<()> {
        if self.entry(name).is_none() {
            return Err(HerderError::NotFound(format!("Unknown connector {name}")));
        }
        let written = self.parts.topic.put_target(name, target);
        let written = self.unless_cut_off(written).await;
        written.map_err(failed)
    }

    fn restart_connector(&mut self, name: &Arc<str>, reply: Reply<()>) {
        if self.entry(name).is_none() {
            return answer(reply, Err(no_connector(name)));
        }
        if self.started.connectors.contains(name) {
            return self.pass_on(name, Command::RestartConnector { reply });
        }
        let owner = self
            .leading
            .as_ref()
            .map(|l| l.connector_url(name).cloned());
        answer(reply, Err(self.elsewhere(owner)));
    }

    fn restart_task(&mut self, name: &Arc<str>, task: TaskNumber, reply: Reply<()>) {
        let Some(entry) = self.entry(name) else {
            return answer(reply, Err(no_connector(name)));
        };
        let known = usize::try_from(task).is_ok_and(|task| task < entry.tasks.len());
        let id = TaskId {
            connector: Arc::clone(name),
            task,
        };
        if !known {
            let text = format!("Unknown task: {id}");
            return answer(reply, Err(HerderError::NotFound(text)));
        }
        if self.started.tasks.contains(&id) {
            return self.pass_on(name, Command::RestartTask { task, reply });
        }
        let owner = self.leading.as_ref().map(|l| l.task_url(&id).cloned());
        answer(reply, Err(self.elsewhere(owner)));
    }

    async fn order_restart(
        &mut self,
        name: &Arc<str>,
        scope: RestartScope,
    ) -> Result<ConnectorStatus> {
        if self.entry(name).is_none() {
            return Err(no_connector(name));
        }
        self.lead()?;
        let plan = plan(&self.parts.worker, name, scope).ok_or_else(|| {
            HerderError::NotFound(format!("Status for connector {name} not found"))
        })?;
        let ordered = self.parts.topic.put_restart(name, scope);
        let ordered = self.unless_cut_off(ordered).await;
        ordered.map_err(failed)?;
        Ok(plan)
    }

    /// Answers once what restarts was read to be restarting, beyond the times it was `shown` before: who asks next must
    /// not take the old `RUNNING` for the new one. A worker that is gone tells nothing, hence the limit.
    fn answer_once_shown(
        &self,
        plan: ConnectorStatus,
        shown: usize,
        reply: Reply<ConnectorStatus>,
    ) {
        let tasks = plan.tasks.iter().map(|(_, status)| status);
        let planned = tasks
            .chain([&plan.connector])
            .filter(|status| status.state == State::Restarting)
            .count();
        let statuses = Arc::clone(self.parts.worker.statuses());
        tokio::spawn(async move {
            let until = Instant::now() + SHOWN;
            while statuses.restarts(&plan.name) < shown + planned && Instant::now() < until {
                tokio::time::sleep(LOOK).await;
            }
            answer(reply, Ok(plan));
        });
    }

    /// Only the leader changes offsets, and only of connectors without tasks.
    fn may_alter<T>(&self, name: &Arc<str>, reply: Reply<T>) -> Option<Reply<T>> {
        let refused = match self.lead() {
            Err(elsewhere) => elsewhere,
            Ok(()) => match self.entry(name) {
                None => unknown(name),
                Some(entry) if entry.target == TargetState::Stopped && !entry.tasks.is_empty() => {
                    let text =
                        "Cannot modify offsets: the tasks of the connector have not stopped yet";
                    HerderError::BadRequest(text.to_owned())
                }
                Some(_) => return Some(reply),
            },
        };
        answer(reply, Err(refused));
        None
    }

    /// Has offsets changed; those of a source that writes in transactions once none of its tasks can write any more
    /// (EO-022).
    async fn alter(&mut self, name: &Arc<str>, command: Command) {
        let source = self.entry(name).and_then(|entry| entry.kind) == Some(ConnectorType::Source);
        if !source || !self.parts.worker.writes_transactions() {
            return self.pass_on(name, command);
        }
        let (reply, fenced) = oneshot::channel();
        self.fence_here(Arc::clone(name), reply).await;
        let local = self.local(name).clone();
        tokio::spawn(async move {
            let refused = match fenced.await {
                Ok(Ok(())) => return drop(local.send(Message::Command(command))),
                Ok(Err(error)) => error,
                Err(_) => HerderError::Internal("the worker stops".to_owned()),
            };
            match command {
                Command::AlterOffsets { reply, .. } | Command::ResetOffsets { reply } => {
                    answer(reply, Err(refused));
                }
                _ => {}
            }
        });
    }

    fn read_offsets(&self, name: Arc<str>, reply: Reply<Vec<crate::herder::ConnectorOffset>>) {
        let worker = Arc::clone(&self.parts.worker);
        tokio::spawn(async move {
            let result = match worker.configs().connector(&name) {
                Some(entry) => worker.connector_offsets(&entry).await,
                None => Err(unknown(&name)),
            };
            answer(reply, result);
        });
    }

    /// Has the connector's loop do it.
    fn pass_on(&mut self, name: &Arc<str>, command: Command) {
        let _ = self.local(name).send(Message::Command(command));
    }

    /// Refuses what only the leader may do.
    pub(super) fn lead(&self) -> Result<()> {
        if self.is_leader() {
            return Ok(());
        }
        Err(HerderError::Elsewhere {
            url: self.membership.leader_url.clone(),
        })
    }

    /// Where to find what does not run here: with its owner if this is the leader, who knows it; otherwise the leader
    /// knows.
    fn elsewhere(&self, owner: Option<Option<Arc<str>>>) -> HerderError {
        let url = match owner {
            Some(owner) => owner,
            None => self.membership.leader_url.clone(),
        };
        HerderError::Elsewhere { url }
    }

    pub(super) fn entry(&self, name: &str) -> Option<Arc<ConnectorEntry>> {
        self.parts.worker.configs().connector(name)
    }
}

fn no_connector(name: &str) -> HerderError {
    HerderError::NotFound(format!("Unknown connector: {name}"))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
pub(super) fn failed(error: ConfigWriteError) -> HerderError {
    HerderError::Internal(error.to_string())
}

/// How long the answer to a restart waits for its first effect.
const SHOWN: Duration = Duration::from_secs(1);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(2);
