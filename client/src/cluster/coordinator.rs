//! Which broker coordinates a group or a transactional id.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use kafka_protocol::messages::{FindCoordinatorRequest, FindCoordinatorResponse};
use kafka_protocol::protocol::StrBytes;
use windlass_wire::ErrorCode;

use super::{Call, Cluster, Lane};
use crate::error::ClientError;
use crate::metadata::{Broker, NodeId};

/// What is coordinated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coordinator {
    /// A group, of whatever protocol type.
    Group(Arc<str>),
    /// A transactional id.
    Transaction(Arc<str>),
}

/// Coordinators found so far.
#[derive(Debug, Default)]
pub(super) struct Coordinators {
    known: Mutex<BTreeMap<Coordinator, NodeId>>,
}

impl Cluster {
    /// The coordinator, from the cache or found by asking any broker; retried for at most `default.api.timeout.ms` while
    /// the coordinator is being elected.
    ///
    /// # Errors
    /// The last failure when the time is up, or at once what no retry helps (no authorization).
    pub async fn coordinator(&self, of: &Coordinator) -> Result<NodeId, ClientError> {
        if let Some(node) = self.known_coordinator(of) {
            return Ok(node);
        }
        self.retry(
            &format!("looking for the coordinator of {of}"),
            self.shared.config.api_timeout,
            || self.find_coordinator(of),
        )
        .await
    }

    /// The coordinator, if it was found before.
    pub(crate) fn known_coordinator(&self, of: &Coordinator) -> Option<NodeId> {
        let known = self.shared.coordinators.known.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        known.get(of).copied()
    }

    /// Forgets the coordinator because `node` said it is not, or could not be reached. A newer one stays.
    pub fn coordinator_lost(&self, of: &Coordinator, node: NodeId) {
        let mut known = self
            .shared
            .coordinators
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if known.get(of) == Some(&node) {
            known.remove(of);
        }
    }

    /// One attempt to find the coordinator.
    ///
    /// # Errors
    /// No broker could be reached, or the coordinator is not available.
    pub async fn find_coordinator(&self, of: &Coordinator) -> Result<NodeId, ClientError> {
        let call = Call::from(Lane::Shared);
        let (version, answer) = self
            .any::<FindCoordinatorRequest, _>(call, |version| of.request(version))
            .await?;
        let broker = of.found(version, &answer)?;
        let node = broker.id;
        self.learn_broker(broker);
        self.shared
            .coordinators
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(of.clone(), node);
        Ok(node)
    }

    /// A coordinator may be a broker that the last metadata answer did not list.
    fn learn_broker(&self, broker: Broker) {
        self.shared.metadata.send_if_modified(|metadata| {
            if metadata.brokers.contains_key(&broker.id) {
                return false;
            }
            Arc::make_mut(metadata).brokers.insert(broker.id, broker);
            true
        });
    }
}

impl Coordinator {
    fn name(&self) -> &str {
        match self {
            Self::Group(name) | Self::Transaction(name) => name,
        }
    }

    /// One key until version 3, a list of keys since (KIP-699).
    fn request(&self, version: i16) -> FindCoordinatorRequest {
        let key = StrBytes::from_string(self.name().to_owned());
        let request = FindCoordinatorRequest::default()
            .with_key_type(i8::from(matches!(self, Self::Transaction(_))));
        if version >= 4 {
            request.with_coordinator_keys(vec![key])
        } else {
            request.with_key(key)
        }
    }

    fn found(&self, version: i16, answer: &FindCoordinatorResponse) -> Result<Broker, ClientError> {
        let listed = answer
            .coordinators
            .iter()
            .find(|found| found.key.as_str() == self.name());
        let (code, message, id, host, port) = match listed {
            Some(found) if version >= 4 => (
                found.error_code,
                &found.error_message,
                found.node_id.0,
                &found.host,
                found.port,
            ),
            _ if version < 4 => (
                answer.error_code,
                &answer.error_message,
                answer.node_id.0,
                &answer.host,
                answer.port,
            ),
            _ => {
                let what = format!("the answer to FindCoordinator does not speak of {self}");
                return Err(ClientError::Protocol {
                    peer: "coordinator".into(),
                    what,
                });
            }
        };
        if let Some(code) = ErrorCode::new(code) {
            let message = message.as_ref().map(|text| text.to_string());
            return Err(ClientError::broker_with(
                format!("coordinator of {self}"),
                code,
                message,
            ));
        }
        let port = u16::try_from(port).map_err(|_| ClientError::Protocol {
            peer: "coordinator".into(),
            what: format!("the coordinator of {self} listens at port {port}"),
        })?;
        Ok(Broker {
            id,
            host: Arc::from(host.as_str()),
            port,
            rack: None,
        })
    }
}

impl fmt::Display for Coordinator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(f, "group \"{name}\""),
            Self::Transaction(name) => write!(f, "transactional id \"{name}\""),
        }
    }
}
