//! What workers ask each other, and the key that they know each other by.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method};
use serde_json::{Value as Json, json};
use windlass_api::Props;

use super::DistributedHerder;
use super::requests::failed;
use crate::group::Protocol;
use crate::herder::HerderError;
use crate::herder::internal::{Internal, InternalRequest};
use crate::herder::message::{Local, Message, answer, unknown};
use crate::peer::{AUTHORIZATION, Refused, SIGNATURE_ALGORITHM, check, new_key, sign};
use crate::status::TargetState;

impl DistributedHerder {
    /// Stores the tasks that a connector of this worker wants, or has the leader store them. Nobody waits for the leader:
    /// it may itself wait for a rebalance (B-033).
    pub(super) async fn publish_tasks(
        &mut self,
        name: Arc<str>,
        tasks: Vec<Arc<Props>>,
        anew: bool,
    ) {
        if self.is_leader() {
            if let Err(error) = self.store_tasks(&name, &tasks, anew).await {
                tracing::error!(connector = %name, %error, "the tasks could not be stored; the connector is asked again");
                self.ask_again(&name);
            }
            return;
        }
        let Some(url) = self.membership.leader_url.clone() else {
            return self.ask_again(&name);
        };
        let body = tasks_json(&tasks);
        let (peers, headers) = (self.parts.peers.clone(), self.signed(&body));
        let path = format!("/connectors/{}/tasks", encode(&name));
        let local = self.local(&name).downgrade();
        tokio::spawn(async move {
            let posted = peers.send(Method::POST, &url, &path, headers, body, POST_TIMEOUT);
            let why = match posted.await {
                Ok(answer) if answer.status.is_success() => return,
                Ok(answer) => format!(
                    "{}: {}",
                    answer.status,
                    String::from_utf8_lossy(&answer.body)
                ),
                Err(error) => error.to_string(),
            };
            tracing::warn!(connector = %name, leader = %url, "the leader did not take the tasks; the connector is asked again: {why}");
            if let Some(local) = local.upgrade() {
                let _ = local.send(Message::Local(Local::AskAgain));
            }
        });
    }

    pub(super) async fn on_internal(&mut self, request: InternalRequest) {
        let InternalRequest {
            name,
            what,
            signed,
            reply,
        } = request;
        if self.membership.protocol == Protocol::Sessioned {
            let headers = (signed.authorization.as_deref(), signed.algorithm.as_deref());
            let config = &self.parts.config.inter_worker;
            let checked = self
                .parts
                .topic
                .state(|state| check(config, state.session_key(), headers, &signed.body));
            if let Err(refused) = checked {
                return answer(reply, Err(refused.into()));
            }
        }
        let result = match what {
            Internal::Tasks(tasks) => match self.lead() {
                // Whoever sends them has compared: their secrets may be others.
                Ok(()) => self.store_tasks(&name, &tasks, true).await,
                Err(elsewhere) => Err(elsewhere),
            },
            Internal::Fence => return self.fence_here(name, reply).await,
        };
        answer(reply, result);
    }

    /// The leader makes a new key when there is none, or it is too old, or not as configured (DI-034).
    pub(super) async fn renew_session_key(&mut self) {
        if !self.is_leader() || self.membership.protocol != Protocol::Sessioned {
            return;
        }
        let (config, now) = (
            &self.parts.config.inter_worker,
            windlass_api::wall_clock_millis(),
        );
        let ttl = config
            .key_ttl
            .map(|ttl| i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
        let good = self.parts.topic.state(|state| {
            state.session_key().is_some_and(|key| {
                let size = config.key_bits.map(|bits| bits.div_ceil(8) as usize);
                key.algorithm == config.key_algorithm
                    && size.is_none_or(|size| size == key.bytes.len())
                    && ttl.is_none_or(|ttl| now < key.created_at.saturating_add(ttl))
            })
        });
        if good {
            return;
        }
        let written = match new_key(config, now) {
            Ok(key) => {
                let written = self.parts.topic.put_session_key(key);
                self.unless_cut_off(written).await
            }
            Err(error) => return tracing::error!(%error, "a session key cannot be made"),
        };
        match written {
            Ok(()) => tracing::info!("requests between workers are signed with a new key"),
            Err(error) => tracing::error!(%error, "a new session key could not be stored"),
        }
    }

    /// Stores a connector's tasks, unless they are stored already for its present configuration
    /// (DI-039) and need not be started anew.
    async fn store_tasks(
        &mut self,
        name: &Arc<str>,
        tasks: &[Arc<Props>],
        anew: bool,
    ) -> Result<(), HerderError> {
        let entry = self.entry(name).ok_or_else(|| unknown(name))?;
        // It was asked before it was stopped, and the answer comes only now.
        if entry.target == TargetState::Stopped && !tasks.is_empty() {
            return Ok(());
        }
        if !anew && entry.applied.as_deref() == Some(&*entry.config) && entry.tasks == tasks {
            return Ok(());
        }
        let stored = self.parts.topic.put_tasks(name, tasks);
        let stored = self.unless_cut_off(stored).await;
        stored.map_err(failed)?;
        tracing::info!(connector = %name, tasks = tasks.len(), "tasks configured");
        Ok(())
    }

    fn ask_again(&mut self, name: &Arc<str>) {
        if let Some(local) = self.locals.get(name) {
            let _ = local.send(Message::Local(Local::AskAgain));
        }
    }

    pub(super) fn signed(&self, body: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json");
        headers.insert(ACCEPT, json.clone());
        headers.insert(CONTENT_TYPE, json);
        headers.insert(USER_AGENT, HeaderValue::from_static("kafka-connect"));
        if self.membership.protocol == Protocol::Sessioned {
            let algorithm = &self.parts.config.inter_worker.signature_algorithm;
            let signature = self
                .parts
                .topic
                .state(|state| sign(state.session_key()?, algorithm, body));
            let set = [
                (AUTHORIZATION, signature),
                (SIGNATURE_ALGORITHM, Some(algorithm.clone())),
            ];
            for (name, value) in set {
                let name = HeaderName::from_bytes(name.as_bytes());
                let value = value.and_then(|value| HeaderValue::from_str(&value).ok());
                if let (Ok(name), Some(value)) = (name, value) {
                    headers.insert(name, value);
                }
            }
        }
        headers
    }
}

impl From<Refused> for HerderError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::BadRequest(text) => HerderError::BadRequest(text),
            Refused::Forbidden(text) => HerderError::Forbidden(text.to_owned()),
            Refused::NotYet(text) => HerderError::Unavailable(text.to_owned()),
        }
    }
}

fn tasks_json(tasks: &[Arc<Props>]) -> Bytes {
    let task = |props: &Arc<Props>| {
        let members = props.iter().map(|(key, value)| (key.clone(), json!(value)));
        Json::Object(members.collect())
    };
    Bytes::from(Json::Array(tasks.iter().map(task).collect()).to_string())
}

/// A name as a segment of a path.
pub(super) fn encode(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The leader may wait for the end of a rebalance.
pub(super) const POST_TIMEOUT: Duration = Duration::from_secs(90);
