//! A handle to one Kafka cluster, shared by every task whose client configuration is equal.
//!
//! It owns the connections (by [`Lane`] and broker), the metadata snapshot, and the cache of coordinators. Nothing here
//! needs a task of its own: whoever needs a connection or newer metadata does the work, others wait for that one.

mod apart;
mod coordinator;
mod env;
mod lane;
mod lookup;
mod pool;
mod refresh;
mod registry;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use windlass_wire::Request;

use crate::backoff::Backoff;
use crate::config::ClientConfig;
use crate::connection::Connection;
use crate::error::ClientError;
use crate::metadata::{LeaderHint, Metadata, NodeId};
use crate::sasl::Sasl;
use crate::tls_dialer::TlsDialer;

pub use coordinator::Coordinator;
pub use env::Env;
pub use lane::{Call, Lane, OwnedLane};
pub use lookup::Topics;
pub use registry::{Activity, Clusters};

use coordinator::Coordinators;
use pool::{Pool, Target};
use refresh::Refresh;

/// A cheap-to-clone handle to a cluster. Every method is cancel-safe: dropping its future loses at most an answer.
#[derive(Debug, Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
    /// Sent with every request; differs between handles that share everything else.
    client_id: Arc<str>,
}

#[derive(Debug)]
struct Shared {
    config: ClientConfig,
    env: Env,
    /// How the client says who it is, if it does.
    sasl: Option<Arc<Sasl>>,
    pool: Pool,
    metadata: watch::Sender<Arc<Metadata>>,
    refresh: Refresh,
    coordinators: Coordinators,
    rng: Mutex<fastrand::Rng>,
}

impl Cluster {
    /// A handle of its own, sharing nothing. Nothing is connected until something is asked.
    pub fn new(config: &ClientConfig, mut env: Env) -> Self {
        let sasl = config.security.protocol.has_sasl();
        let sasl = sasl.then(|| Arc::new(Sasl::new(&config.security, &env)));
        if config.security.protocol.has_tls() {
            env.dialer = Arc::new(TlsDialer::new(env.dialer, &config.security));
        }
        let rng = fastrand::Rng::with_seed(env.seed);
        let shared = Shared {
            config: config.clone(),
            env,
            sasl,
            pool: Pool::default(),
            metadata: watch::Sender::new(Arc::new(Metadata::default())),
            refresh: Refresh::default(),
            coordinators: Coordinators::default(),
            rng: Mutex::new(rng),
        };
        Self {
            shared: Arc::new(shared),
            client_id: config.client_id.as_str().into(),
        }
    }

    /// The configuration this handle was made from (the `client.id` in it is the first user's).
    pub fn config(&self) -> &ClientConfig {
        &self.shared.config
    }

    /// The same cluster under another `client.id`.
    #[must_use]
    pub fn with_client_id(&self, client_id: &str) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            client_id: client_id.into(),
        }
    }

    /// The `client.id` of this handle.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// A generator of its own, derived from the seed of [`Env`].
    pub fn rng(&self) -> fastrand::Rng {
        self.lock_rng().fork()
    }

    /// A back-off between attempts by `retry.backoff.ms` and `retry.backoff.max.ms`.
    pub fn backoff(&self) -> Backoff {
        Backoff::new(
            self.shared.config.retry_backoff,
            self.shared.config.retry_backoff_max,
        )
    }

    /// The latest snapshot.
    pub fn metadata(&self) -> Arc<Metadata> {
        Arc::clone(&self.shared.metadata.borrow())
    }

    /// Follows the snapshots as they change.
    pub fn watch_metadata(&self) -> watch::Receiver<Arc<Metadata>> {
        self.shared.metadata.subscribe()
    }

    /// Works newer leaders into the snapshot that came with a Produce or Fetch answer (KIP-951). Answers whether any
    /// was news; if not, a refresh is needed.
    pub fn leaders_moved(&self, hints: &[LeaderHint]) -> bool {
        self.shared
            .metadata
            .send_if_modified(|metadata| match metadata.with_leaders(hints) {
                Some(next) => {
                    *metadata = Arc::new(next);
                    true
                }
                None => false,
            })
    }

    /// A lane for one fetcher, whose long polls must delay nobody else.
    pub fn fetch_lane(&self) -> OwnedLane {
        OwnedLane {
            lane: Lane::Fetch(self.shared.pool.next_lane()),
            cluster: self.clone(),
        }
    }

    /// A lane for one group member: its JoinGroup may wait at the coordinator for minutes.
    pub fn group_lane(&self) -> OwnedLane {
        OwnedLane {
            lane: Lane::Group(self.shared.pool.next_lane()),
            cluster: self.clone(),
        }
    }

    /// A lane for one transactional producer: on a connection that is shared, each would wait for the commits of all.
    pub fn transaction_lane(&self) -> OwnedLane {
        OwnedLane {
            lane: Lane::Transaction(self.shared.pool.next_lane()),
            cluster: self.clone(),
        }
    }

    /// Sends one request to one broker and waits for its answer: one attempt, connecting first if need be.
    ///
    /// # Errors
    /// No connection, no answer in time, no common version. Error codes inside the answer are the caller's.
    pub async fn send<R: Request>(
        &self,
        call: impl Into<Call>,
        node: NodeId,
        request: &R,
    ) -> Result<R::Response, ClientError> {
        self.send_with::<R, _>(call, node, |_| request)
            .await
            .map(|(_, answer)| answer)
    }

    /// As [`Cluster::send`] for requests whose content depends on the version spoken; answers that version too.
    ///
    /// # Errors
    /// As [`Cluster::send`].
    pub async fn send_with<R: Request, B: std::borrow::Borrow<R>>(
        &self,
        call: impl Into<Call>,
        node: NodeId,
        build: impl FnOnce(i16) -> B,
    ) -> Result<(i16, R::Response), ClientError> {
        let call = call.into();
        let connection = self.connection(call.lane, node).await?;
        self.exchange(&connection, call, build).await
    }

    /// Sends one request to whichever broker answers: the ones with an open connection first, then the others, then the
    /// bootstrap addresses.
    ///
    /// # Errors
    /// No broker could be reached, or the one that was failed otherwise.
    pub async fn send_any<R: Request>(
        &self,
        call: impl Into<Call>,
        request: &R,
    ) -> Result<R::Response, ClientError> {
        self.any::<R, _>(call.into(), |_| request)
            .await
            .map(|(_, answer)| answer)
    }

    /// The broker to send controller requests to.
    ///
    /// # Errors
    /// No broker could be reached within `default.api.timeout.ms`.
    pub async fn controller(&self) -> Result<NodeId, ClientError> {
        if let Some(node) = self.metadata().controller {
            return Ok(node);
        }
        self.retry(
            "looking for the controller",
            self.shared.config.api_timeout,
            || async {
                self.refresh(Topics::None).await?.controller.ok_or_else(|| {
                    ClientError::broker("looking for the controller", code(CONTROLLER_UNKNOWN))
                })
            },
        )
        .await
    }

    /// Repeats `attempt` with back-off while it fails with what may pass, for at most `limit`.
    ///
    /// # Errors
    /// The last failure.
    pub async fn retry<T, F: Future<Output = Result<T, ClientError>>>(
        &self,
        what: &str,
        limit: Duration,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, ClientError> {
        let started = tokio::time::Instant::now();
        let (mut backoff, mut rng) = (self.backoff(), self.rng());
        loop {
            let left = limit.saturating_sub(started.elapsed());
            let timed_out = || ClientError::Timeout {
                what: what.to_owned(),
                after: limit,
            };
            let error = match tokio::time::timeout(left, attempt()).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                Err(_) => return Err(timed_out()),
            };
            let wait = backoff.next(&mut rng);
            let over = started.elapsed().saturating_add(wait) >= limit
                || backoff.failures() > self.shared.config.retries;
            if !error.is_retriable() || over {
                return Err(error);
            }
            tracing::debug!("{what}: attempt {} failed: {error}", backoff.failures());
            tokio::time::sleep(wait).await;
        }
    }

    /// An open connection to a broker on a lane.
    pub(crate) async fn connection(
        &self,
        lane: Lane,
        node: NodeId,
    ) -> Result<Connection, ClientError> {
        self.shared
            .pool
            .connect(&self.shared, lane, Target::Broker(node))
            .await
    }

    /// The connection to a broker on a lane if it is open now.
    pub(crate) fn open_connection(&self, lane: Lane, node: NodeId) -> Option<Connection> {
        self.shared.pool.open(lane, &Target::Broker(node))
    }

    async fn exchange<R: Request, B: std::borrow::Borrow<R>>(
        &self,
        connection: &Connection,
        call: Call,
        build: impl FnOnce(i16) -> B,
    ) -> Result<(i16, R::Response), ClientError> {
        let version = connection.version::<R>(call.max_version)?;
        let timeout = call.timeout.unwrap_or(self.shared.config.request_timeout);
        let request = build(version);
        let answer = connection
            .call(request.borrow(), version, &self.client_id, timeout)
            .await?;
        Ok((version, answer))
    }

    fn close_lane(&self, lane: Lane) {
        self.shared.pool.close_lane(lane);
    }

    fn lock_rng(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.shared
            .rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error code of ours for a state that brokers have a code for too.
fn code(number: i16) -> windlass_wire::ErrorCode {
    windlass_wire::ErrorCode::new(number).expect("a constant that is not zero")
}

/// COORDINATOR_NOT_AVAILABLE is what a broker without a controller answers with, and it is retriable.
const CONTROLLER_UNKNOWN: i16 = 15;
