//! The open connections of a cluster.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::apart::apart;
use super::{Lane, Shared};
use crate::backoff::Backoff;
use crate::connection::{Connection, Opening, open};
use crate::error::ClientError;
use crate::metadata::NodeId;

/// The far end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// A broker by its id.
    Broker(NodeId),
    /// A bootstrap address, by its place in the list: whoever answers there is not known yet.
    Bootstrap(usize),
}

/// Connections by lane and far end.
#[derive(Debug, Default)]
pub(super) struct Pool {
    slots: Mutex<BTreeMap<(Lane, Target), Arc<Slot>>>,
    lanes: AtomicU64,
}

/// One connection, or the place where it will be.
#[derive(Debug, Default)]
struct Slot {
    open: Mutex<Option<Connection>>,
    /// Held by the one who is opening it; others queue up behind.
    opening: tokio::sync::Mutex<Attempts>,
}

/// What happened when the connection was last opened.
#[derive(Debug, Default)]
struct Attempts {
    backoff: Option<Backoff>,
    not_before: Option<Instant>,
}

impl Pool {
    /// A number for a new lane.
    pub(super) fn next_lane(&self) -> u64 {
        self.lanes.fetch_add(1, Ordering::Relaxed)
    }

    /// The connection, if it is open.
    pub(super) fn open(&self, lane: Lane, target: &Target) -> Option<Connection> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.get(&(lane, target.clone()))?.usable()
    }

    /// The far ends with an open connection on a lane.
    pub(super) fn connected(&self, lane: Lane) -> Vec<Target> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let open = slots
            .iter()
            .filter(|((of, _), slot)| *of == lane && slot.usable().is_some());
        open.map(|((_, target), _)| target.clone()).collect()
    }

    /// How many connections are open, and how many requests wait on them for answers.
    pub(super) fn activity(&self) -> (usize, usize) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let open = slots.values().filter_map(|slot| slot.usable());
        open.fold((0, 0), |(connections, requests), connection| {
            (connections + 1, requests + connection.waiting())
        })
    }

    /// Forgets the connections of a lane; what is under way on them still ends.
    pub(super) fn close_lane(&self, lane: Lane) {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(of, _), _| *of != lane);
    }

    /// The connection, opened if need be, after the back-off that earlier failures call for.
    pub(super) async fn connect(
        &self,
        cluster: &Arc<Shared>,
        lane: Lane,
        target: Target,
    ) -> Result<Connection, ClientError> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry((lane, target.clone())).or_default())
        };
        if let Some(connection) = slot.usable() {
            return Ok(connection);
        }
        let cluster = Arc::clone(cluster);
        apart(Box::pin(
            async move { slot.connect(&cluster, &target).await },
        ))
        .await
    }
}

impl Slot {
    async fn connect(&self, cluster: &Shared, target: &Target) -> Result<Connection, ClientError> {
        let mut attempts = self.opening.lock().await;
        if let Some(connection) = self.usable() {
            return Ok(connection);
        }
        if let Some(moment) = attempts.not_before {
            tokio::time::sleep_until(moment).await;
        }
        match open_target(cluster, target).await {
            Ok(connection) => {
                *attempts = Attempts::default();
                self.put(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                attempts.failed(cluster);
                Err(error)
            }
        }
    }

    fn usable(&self) -> Option<Connection> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref()
            .filter(|connection| connection.ended().is_none())
            .cloned()
    }

    fn put(&self, connection: Connection) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
}

impl Attempts {
    fn failed(&mut self, cluster: &Shared) {
        let (first, max) = (
            cluster.config.reconnect_backoff,
            cluster.config.reconnect_backoff_max,
        );
        let backoff = self.backoff.get_or_insert_with(|| Backoff::new(first, max));
        let mut rng = cluster.rng.lock().unwrap_or_else(PoisonError::into_inner);
        self.not_before = Instant::now().checked_add(backoff.next(&mut rng));
    }
}

async fn open_target(cluster: &Shared, target: &Target) -> Result<Connection, ClientError> {
    let (env, config) = (&cluster.env, &cluster.config);
    match target {
        Target::Bootstrap(place) => {
            let (host, port) = config
                .bootstrap_servers
                .get(*place)
                .ok_or(ClientError::Closed)?;
            open(&Opening {
                env,
                config,
                sasl: cluster.sasl.as_ref(),
                host,
                port: *port,
                id: None,
            })
            .await
        }
        Target::Broker(id) => {
            let broker = cluster.metadata.borrow().brokers.get(id).cloned();
            let Some(broker) = broker else {
                let cause = std::io::Error::new(
                    std::io::ErrorKind::NotFound,
                    "not in the metadata of the cluster",
                );
                return Err(ClientError::Connection {
                    peer: format!("broker {id}").into(),
                    cause: Arc::new(cause),
                });
            };
            open(&Opening {
                env,
                config,
                sasl: cluster.sasl.as_ref(),
                host: &broker.host,
                port: broker.port,
                id: Some(*id),
            })
            .await
        }
    }
}
