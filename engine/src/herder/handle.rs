//! The handle through which REST and the command line speak to the herder.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use windlass_api::Props;

use super::HerderError;
use super::internal::{Internal, InternalRequest, Signed};
use super::message::{Command, Reply, Request, unknown};
use super::model::{
    ConnectorInfo, ConnectorOffset, ConnectorStatus, PutOutcome, RestartScope, TaskInfo,
};
use crate::config::{ConfigInfos, ValidationError};
use crate::status::{Status, TargetState, TaskId, TaskNumber};
use crate::storage::config::ConnectorEntry;
use crate::worker::{Worker, isolated};

/// The herder as others see it; cheap to clone.
///
/// Reads are answered at once from what is stored and never wait for the herder. Writes are messages to it; one that
/// waits for a connector that hangs waits as long as the caller likes, and goes on when the caller went away.
#[derive(Clone)]
pub struct Herder {
    requests: mpsc::UnboundedSender<Request>,
    worker: Arc<Worker>,
}

type Result<T> = std::result::Result<T, HerderError>;

impl std::fmt::Debug for Herder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Herder")
            .field("cluster_id", &self.kafka_cluster_id())
            .finish_non_exhaustive()
    }
}

impl Herder {
    pub(crate) fn new(requests: mpsc::UnboundedSender<Request>, worker: Arc<Worker>) -> Self {
        Herder { requests, worker }
    }

    /// The id of the Kafka cluster the worker speaks to.
    pub fn kafka_cluster_id(&self) -> &str {
        self.worker.cluster_id()
    }

    /// What the worker counts, in Prometheus' text format ([`CONTENT_TYPE`](crate::metrics::CONTENT_TYPE)).
    pub fn metrics(&self) -> String {
        self.worker.metrics_text()
    }

    /// The names of all connectors, sorted.
    pub fn connectors(&self) -> Vec<Arc<str>> {
        self.worker.configs().names()
    }

    /// A connector's configuration and tasks.
    pub fn connector_info(&self, name: &str) -> Result<ConnectorInfo> {
        Ok(info(&*self.entry(name)?))
    }

    /// A connector's configuration, in the order it was given.
    pub fn connector_config(&self, name: &str) -> Result<Arc<Props>> {
        Ok(Arc::clone(&self.entry(name)?.config))
    }

    /// The configurations of a connector's tasks.
    pub fn task_infos(&self, name: &str) -> Result<Vec<TaskInfo>> {
        let entry = self.entry(name)?;
        let ids = task_ids(&entry);
        Ok(ids
            .zip(&entry.tasks)
            .map(|(id, config)| TaskInfo {
                id,
                config: Arc::clone(config),
            })
            .collect())
    }

    /// The state of a connector and its tasks.
    pub fn connector_status(&self, name: &str) -> Result<ConnectorStatus> {
        let missing = || HerderError::NotFound(format!("No status found for connector {name}"));
        let connector = self.worker.statuses().connector(name).ok_or_else(missing)?;
        let entry = self.worker.configs().connector(name).ok_or_else(missing)?;
        Ok(ConnectorStatus {
            name: Arc::clone(&entry.name),
            connector,
            tasks: self.worker.statuses().tasks(name),
            kind: entry.kind,
        })
    }

    /// The state of one task.
    pub fn task_status(&self, name: &str, task: TaskNumber) -> Result<Status> {
        self.worker
            .statuses()
            .task(name, task)
            .ok_or_else(|| HerderError::NotFound(format!("No status found for task {name}-{task}")))
    }

    /// The topics a connector has used, sorted; none for one that does not exist, as Java answers (B-013).
    pub fn active_topics(&self, name: &str) -> Vec<Arc<str>> {
        self.worker.statuses().topics(name)
    }

    /// Forgets the topics a connector has used.
    pub fn reset_active_topics(&self, name: &str) {
        self.worker.statuses().reset_topics(name);
    }

    /// Checks a connector's configuration without using it.
    pub async fn validate_connector_config(&self, config: Props) -> Result<ConfigInfos> {
        let worker = Arc::clone(&self.worker);
        let call = async move { Ok(worker.validation().validate(&config).await) };
        let checked = isolated(self.worker.data(), call).await;
        checked
            .map_err(|error| HerderError::Internal(error.message().to_owned()))?
            .map_err(refused)
    }

    /// Creates a connector, whose configuration holds its `name`.
    pub async fn create_connector(
        &self,
        name: &str,
        config: Props,
        target: TargetState,
    ) -> Result<ConnectorInfo> {
        self.validate(&config).await?;
        self.command(name, |reply| Command::Create {
            config,
            target,
            reply,
        })
        .await
    }

    /// Creates a connector or gives one another configuration.
    pub async fn put_connector_config(&self, name: &str, config: Props) -> Result<PutOutcome> {
        self.validate(&config).await?;
        self.command(name, |reply| Command::Put { config, reply })
            .await
    }

    /// Changes some keys of a configuration; a null value removes its key.
    pub async fn patch_connector_config(&self, name: &str, patch: Props) -> Result<ConnectorInfo> {
        let mut config = (*self.connector_config(name)?).clone();
        for (key, value) in patch {
            match value {
                Some(value) => config.insert(key, Some(value)),
                None => config.shift_remove(&key),
            };
        }
        match self.put_connector_config(name, config).await? {
            PutOutcome::Created(info) | PutOutcome::Updated(info) => Ok(info),
        }
    }

    /// Deletes a connector; answers when its tasks have ended or were given up.
    pub async fn delete_connector(&self, name: &str) -> Result<()> {
        self.command(name, |reply| Command::Delete { reply }).await
    }

    /// Pauses, resumes or stops a connector. Pausing and resuming answer at once, stopping when its tasks have ended.
    pub async fn set_target_state(&self, name: &str, target: TargetState) -> Result<()> {
        self.command(name, |reply| Command::SetTarget { target, reply })
            .await
    }

    /// Restarts the connector alone, not its tasks (B-009).
    pub async fn restart_connector(&self, name: &str) -> Result<()> {
        self.command(name, |reply| Command::RestartConnector { reply })
            .await
    }

    /// Restarts what the scope covers; answers with the planned states before anything happens (B-010).
    pub async fn restart_connector_and_tasks(
        &self,
        name: &str,
        scope: RestartScope,
    ) -> Result<ConnectorStatus> {
        self.command(name, |reply| Command::Restart { scope, reply })
            .await
    }

    /// Restarts one task.
    pub async fn restart_task(&self, name: &str, task: TaskNumber) -> Result<()> {
        self.command(name, |reply| Command::RestartTask { task, reply })
            .await
    }

    /// The committed offsets of a connector.
    pub async fn connector_offsets(&self, name: &str) -> Result<Vec<ConnectorOffset>> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Offsets {
            name: Arc::from(name),
            reply,
        };
        self.requests.send(request).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Changes committed offsets of a stopped connector; answers with Java's message about it.
    pub async fn alter_connector_offsets(
        &self,
        name: &str,
        offsets: Vec<ConnectorOffset>,
    ) -> Result<String> {
        self.command(name, |reply| Command::AlterOffsets { offsets, reply })
            .await
    }

    /// Removes all committed offsets of a stopped connector; answers with Java's message about it.
    pub async fn reset_connector_offsets(&self, name: &str) -> Result<String> {
        self.command(name, |reply| Command::ResetOffsets { reply })
            .await
    }

    /// Another worker's word on the tasks that a connector it runs wants (KIP-507).
    pub async fn put_task_configs(
        &self,
        name: &str,
        tasks: Vec<Props>,
        signed: Signed,
    ) -> Result<()> {
        let tasks = tasks.into_iter().map(Arc::new).collect();
        self.internal(name, Internal::Tasks(tasks), signed).await
    }

    /// Another worker's wish that the earlier tasks of a connector cannot write any more (KIP-618).
    pub async fn fence_zombies(&self, name: &str, signed: Signed) -> Result<()> {
        self.internal(name, Internal::Fence, signed).await
    }

    /// Sets the level of a logger on all workers of a cluster; answers when it is ordered (KIP-976).
    pub async fn set_cluster_logger_level(&self, namespace: &str, level: &str) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let request = Request::LoggerLevel {
            namespace: namespace.to_owned(),
            level: level.to_owned(),
            reply,
        };
        self.requests.send(request).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Returns when the herder has answered, that is, when it is healthy.
    pub async fn ping(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.requests
            .send(Request::Ping(reply))
            .map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())
    }

    /// Waits until the herder has ended.
    pub async fn ended(&self) {
        self.requests.closed().await;
    }

    /// Stops all connectors, commits their offsets and ends the herder; returns when all that is done or given up.
    pub async fn shutdown(&self) {
        let (reply, answer) = oneshot::channel();
        if self.requests.send(Request::Shutdown(reply)).is_ok() {
            // An error means that the herder had already ended.
            let _ = answer.await;
        }
    }

    async fn internal(&self, name: &str, what: Internal, signed: Signed) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Internal(InternalRequest {
            name: Arc::from(name),
            what,
            signed,
            reply,
        });
        self.requests.send(request).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Refuses a configuration that has errors. The connector's own code runs apart: it may hang or panic.
    async fn validate(&self, config: &Props) -> Result<()> {
        let infos = self.validate_connector_config(config.clone()).await?;
        infos
            .error_message()
            .map_or(Ok(()), |message| Err(HerderError::BadRequest(message)))
    }

    async fn command<T>(&self, name: &str, command: impl FnOnce(Reply<T>) -> Command) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Connector {
            name: Arc::from(name),
            command: command(reply),
        };
        self.requests.send(request).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    fn entry(&self, name: &str) -> Result<Arc<ConnectorEntry>> {
        self.worker
            .configs()
            .connector(name)
            .ok_or_else(|| unknown(name))
    }
}

/// What REST shows of a stored connector.
pub(crate) fn info(entry: &ConnectorEntry) -> ConnectorInfo {
    ConnectorInfo {
        name: Arc::clone(&entry.name),
        config: Arc::clone(&entry.config),
        tasks: task_ids(entry).collect(),
        kind: entry.kind,
    }
}

/// The ids of a connector's tasks.
pub(crate) fn task_ids(entry: &ConnectorEntry) -> impl Iterator<Item = TaskId> + '_ {
    (0..).zip(&entry.tasks).map(|(task, _)| TaskId {
        connector: Arc::clone(&entry.name),
        task,
    })
}

fn refused(error: ValidationError) -> HerderError {
    match error {
        ValidationError::Connector(error) | ValidationError::Provider(error) => {
            HerderError::Internal(error.message().to_owned())
        }
        error => HerderError::BadRequest(error.to_string()),
    }
}

fn stopped() -> HerderError {
    HerderError::Internal("Kafka Connect worker is shutting down".to_owned())
}
