//! What a source task asks its cluster before it writes anything in transactions.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use windlass_api::{ConnectError, Result};

use super::message::{Reply, Request};
use crate::status::TaskId;

/// Keeps a task from writing beside one of an earlier generation, and from fencing one of a later (KIP-618).
#[derive(Clone, Debug)]
pub(crate) struct TaskGuard {
    pub(crate) id: TaskId,
    /// The generation of task configurations that the task was made from.
    pub(crate) generation: u64,
    pub(crate) herder: mpsc::WeakUnboundedSender<Request>,
}

impl TaskGuard {
    /// Has the leader see to it that no task of an earlier generation writes any more. Before the producer is initialised.
    ///
    /// # Errors
    /// When that cannot be done, or other tasks have been configured meanwhile (B-071).
    pub(crate) async fn fence(&self) -> Result<()> {
        let name = Arc::clone(&self.id.connector);
        let fenced = self.ask(|reply| Request::Fence { name, reply }).await;
        let text = "Failed to perform round of zombie fencing";
        fenced.map_err(|error| ConnectError::connect(text).caused_by(error))
    }

    /// Checks that the task is still wanted here. After the producer was initialised: it may have fenced a newer task by
    /// mistake, and must then give up (B-070).
    ///
    /// # Errors
    /// When it is not wanted.
    pub(crate) async fn check(&self) -> Result<()> {
        let (id, generation) = (self.id.clone(), self.generation);
        let verify = |reply| Request::Verify {
            id,
            generation,
            reply,
        };
        self.ask(verify)
            .await
            .map_err(|error| ConnectError::connect(error.to_string()))
    }

    async fn ask(
        &self,
        request: impl FnOnce(Reply<()>) -> Request,
    ) -> std::result::Result<(), super::HerderError> {
        let stopped = || super::HerderError::Internal("the worker stops".to_owned());
        let (reply, answer) = oneshot::channel();
        let herder = self.herder.upgrade().ok_or_else(stopped)?;
        herder.send(request(reply)).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}
