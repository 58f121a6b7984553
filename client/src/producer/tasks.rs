//! What a producer asks others for, and hears back about as an event.

use std::sync::Arc;

use kafka_protocol::messages::{InitProducerIdRequest, ProducerId};
use windlass_wire::ErrorCode;

use super::Producer;
use super::queue::Identity;
use super::topics::At;
use super::transaction::{Asked, TransactionCoordinator};
use crate::cluster::{Cluster, Lane, Topics};
use crate::connection::Connection;
use crate::error::ClientError;
use crate::metadata::NodeId;

/// The outcome of something that took time.
#[derive(Debug)]
pub(super) enum Event {
    /// A connection to a leader.
    Connected(NodeId, Result<Connection, ClientError>),
    /// A metadata refresh.
    Refreshed(Result<(), ClientError>),
    /// Partitions were named to the coordinator of a transaction.
    Added {
        /// Which transaction, as the producer counts them.
        number: u64,
        added: Vec<At>,
        asked: Asked<()>,
    },
    /// A producer id.
    Identified(Result<Identity, ClientError>),
}

impl Producer {
    pub(super) fn connect(&self, node: NodeId) {
        let (cluster, events, lane) = (self.cluster.clone(), self.events.0.clone(), self.lane());
        tokio::spawn(async move {
            let result = cluster.connection(lane, node).await;
            drop(events.send(Event::Connected(node, result)));
        });
    }

    pub(super) fn refresh(&self) {
        let (cluster, events, names) = (
            self.cluster.clone(),
            self.events.0.clone(),
            self.topics.names(),
        );
        tokio::spawn(async move {
            let result = cluster.refresh(Topics::Created(&names)).await.map(drop);
            drop(events.send(Event::Refreshed(result)));
        });
    }

    pub(super) fn ask_to_add(
        &self,
        asking: TransactionCoordinator,
        who: Identity,
        number: u64,
        added: Vec<At>,
        named: Vec<(Arc<str>, i32)>,
    ) {
        let events = self.events.0.clone();
        tokio::spawn(async move {
            let asked = asking.add_partitions(who, &named).await;
            drop(events.send(Event::Added {
                number,
                added,
                asked,
            }));
        });
    }

    pub(super) fn identify(&self) {
        let (cluster, events, limit) = (
            self.cluster.clone(),
            self.events.0.clone(),
            self.settings.delivery_timeout,
        );
        tokio::spawn(async move {
            let result = cluster
                .retry("asking for a producer id", limit, || producer_id(&cluster))
                .await;
            drop(events.send(Event::Identified(result)));
        });
    }
}

/// A new producer id from any broker, for a producer without transactions.
async fn producer_id(cluster: &Cluster) -> Result<Identity, ClientError> {
    let request = InitProducerIdRequest::default()
        .with_transactional_id(None)
        .with_transaction_timeout_ms(i32::MAX)
        .with_producer_id(ProducerId(-1))
        .with_producer_epoch(-1);
    let answer = cluster.send_any(Lane::Shared, &request).await?;
    ErrorCode::check(answer.error_code)
        .map_err(|code| ClientError::broker("asking for a producer id", code))?;
    Ok(Identity {
        id: answer.producer_id.0,
        epoch: answer.producer_epoch,
    })
}
