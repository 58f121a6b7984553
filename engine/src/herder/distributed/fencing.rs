//! Fencing of source tasks that may still run somewhere, before their successors start (KIP-618).

use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;

use super::DistributedHerder;
use super::internal::{POST_TIMEOUT, encode};
use super::requests::failed;
use crate::herder::message::{Reply, Request, answer, unknown};
use crate::herder::{ConnectorType, HerderError};
use crate::status::TaskId;

/// A round of fencing under way.
pub(super) struct Fencing {
    generation: u64,
    /// Who waits for its end.
    waiting: Vec<Reply<()>>,
}

impl DistributedHerder {
    /// Fences earlier tasks of a connector, or has the leader do it.
    pub(super) async fn fence(&mut self, name: Arc<str>, reply: Reply<()>) {
        if self.is_leader() {
            return self.fence_here(name, reply).await;
        }
        let Some(url) = self.membership.leader_url.clone() else {
            return answer(reply, Err(HerderError::Elsewhere { url: None }));
        };
        let (peers, headers) = (self.parts.peers.clone(), self.signed(&[]));
        let path = format!("/connectors/{}/fence", encode(&name));
        tokio::spawn(async move {
            let put = peers.send(
                Method::PUT,
                &url,
                &path,
                headers,
                Bytes::new(),
                POST_TIMEOUT,
            );
            let result = match put.await {
                Ok(told) if told.status.is_success() => Ok(()),
                Ok(told) => {
                    let body = String::from_utf8_lossy(&told.body).into_owned();
                    Err(HerderError::Internal(format!(
                        "the leader answered {}: {body}",
                        told.status
                    )))
                }
                Err(error) => Err(HerderError::Internal(error.to_string())),
            };
            answer(reply, result);
        });
    }

    /// As the leader: fences if tasks of another generation may run, and notes how many run now. Nobody waits for it but
    /// who asked.
    pub(super) async fn fence_here(&mut self, name: Arc<str>, reply: Reply<()>) {
        let entry = match self.may_fence(&name).await {
            Ok(entry) => entry,
            Err(error) => return answer(reply, Err(error)),
        };
        if let Some(running) = self.fencings.get_mut(&name) {
            return running.waiting.push(reply);
        }
        let fencing = self.parts.topic.state(|state| state.fencing(&name));
        if !fencing.pending {
            return answer(reply, Ok(()));
        }
        match fencing.recorded {
            // One task after one: the new one's producer fences the old one's (B-069).
            Some(recorded) if !(recorded == 1 && fencing.tasks == 1) => {
                let generation = fencing.generation;
                let waiting = vec![reply];
                self.fencings.insert(
                    Arc::clone(&name),
                    Fencing {
                        generation,
                        waiting,
                    },
                );
                let (worker, own) = (Arc::clone(&self.parts.worker), self.own.clone());
                tokio::spawn(async move {
                    let result = worker.fence_tasks(&name, &entry.config, recorded).await;
                    if let Some(own) = own.upgrade() {
                        let fenced = Request::Fenced {
                            name,
                            generation,
                            result,
                        };
                        let _ = own.send(fenced);
                    }
                });
            }
            _ => {
                let written = self.parts.topic.put_task_count(&name, fencing.tasks).await;
                answer(reply, written.map_err(failed));
            }
        }
    }

    /// A round has come to its end.
    pub(super) async fn on_fenced(
        &mut self,
        name: &Arc<str>,
        generation: u64,
        result: Result<(), HerderError>,
    ) {
        let ours = self.fencings.get(name);
        if ours.is_none_or(|fencing| fencing.generation != generation) {
            return;
        }
        let Some(fencing) = self.fencings.remove(name) else {
            return;
        };
        let result = match result {
            Ok(()) => self.note_fenced(name, generation).await,
            Err(error) => Err(error),
        };
        match &result {
            Ok(()) => tracing::info!(connector = %name, "earlier tasks were fenced"),
            Err(error) => {
                tracing::error!(connector = %name, %error, "earlier tasks could not be fenced");
            }
        }
        for reply in fencing.waiting {
            answer(reply, result.clone());
        }
    }

    /// The connector has other tasks now: what a round fences for is out of date (B-071).
    pub(super) fn abandon_fencing(&mut self, name: &str) {
        let waiting = self.fencings.remove(name).map(|fencing| fencing.waiting);
        for reply in waiting.into_iter().flatten() {
            answer(reply, Err(reconfigured(name)));
        }
    }

    /// Whether a task that has initialised its producer is still wanted here, as far as the config topic tells now.
    pub(super) async fn verify(&mut self, id: &TaskId, generation: u64) -> Result<(), HerderError> {
        self.catch_up_to_end().await?;
        let refused = |why| {
            let text = format!("Cannot start source task {id} with exactly-once support as {why}");
            Err(HerderError::Internal(text))
        };
        let now = self
            .parts
            .topic
            .state(|state| state.fencing(&id.connector).generation);
        if now != generation {
            return refused("the connector has already generated a new set of task configs");
        }
        if !self.assigned.tasks.contains(id) {
            return refused("the worker no longer owns the task");
        }
        Ok(())
    }

    async fn note_fenced(&mut self, name: &Arc<str>, generation: u64) -> Result<(), HerderError> {
        self.lead()?;
        self.catch_up_to_end().await?;
        let now = self.parts.topic.state(|state| state.fencing(name));
        if now.generation != generation {
            return Err(reconfigured(name));
        }
        if !now.pending {
            return Ok(());
        }
        let written = self.parts.topic.put_task_count(name, now.tasks).await;
        written.map_err(failed)
    }

    async fn may_fence(
        &mut self,
        name: &str,
    ) -> Result<Arc<crate::storage::config::ConnectorEntry>, HerderError> {
        if !self.parts.config.exactly_once.is_enabled() {
            let text = "exactly-once delivery of source connectors is not enabled on this worker";
            return Err(HerderError::Internal(text.to_owned()));
        }
        self.lead()?;
        self.catch_up_to_end().await?;
        let entry = self.entry(name).ok_or_else(|| unknown(name))?;
        if entry.kind != Some(ConnectorType::Source) {
            let text = format!("Connector {name} is not a source connector");
            return Err(HerderError::BadRequest(text));
        }
        Ok(entry)
    }

    async fn catch_up_to_end(&self) -> Result<(), HerderError> {
        let read = self.parts.topic.read_to_end(self.parts.config.sync_timeout);
        read.await.map_err(failed)
    }
}

fn reconfigured(name: &str) -> HerderError {
    HerderError::Conflict(format!(
        "Failed to complete zombie fencing because a new set of task configs was generated for connector {name}"
    ))
}
