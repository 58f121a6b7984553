//! Starting, serving and stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};

use crate::config::BrokerConfig;
use crate::connection;
use crate::error::{Error, Result};
use crate::faults::Faults;
use crate::node::Node;

/// A running broker. Dropping it ends it as a crash would: files are left as they are, which the next start copes
/// with. [`stop`](Broker::stop) is the clean end.
#[derive(Debug)]
pub struct Broker {
    node: Arc<Node>,
    address: SocketAddr,
    /// Set to true, or dropped, to end every connection.
    ending: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Broker {
    /// Opens the storage and listens. Fails when the address cannot be listened on, or the storage is not usable.
    pub async fn start(config: BrokerConfig) -> Result<Broker> {
        let listening = |source| Error::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let mut broker = Self::open_at(config, address)?;
        broker.tasks.spawn(accept(
            listener,
            broker.node.clone(),
            broker.ending.subscribe(),
        ));
        tracing::info!(%address, cluster = broker.node.cluster_id, "embedded broker started");
        Ok(broker)
    }

    /// Opens the storage without listening: streams come through [`serve`](Broker::serve) only. Clients are told
    /// `advertised`, or else `listen`. Must be called within a tokio runtime.
    pub fn open(config: BrokerConfig) -> Result<Broker> {
        let address = config.listen;
        Self::open_at(config, address)
    }

    /// Serves one connection until its peer closes it or the broker stops. Runs within the caller's task.
    pub fn serve<S>(&self, stream: S) -> impl Future<Output = ()> + Send + use<S>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        connection::serve(
            stream,
            "/127.0.0.1".to_owned(),
            self.node.clone(),
            self.ending.subscribe(),
        )
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the cluster, which stays the same over restarts on one directory.
    pub fn cluster_id(&self) -> &str {
        &self.node.cluster_id
    }

    /// The control hook for fault tests.
    pub fn faults(&self) -> Faults {
        self.node.faults.clone()
    }

    /// Closes every connection, then brings everything to disk. Fails when that does; nothing runs any more even
    /// then.
    pub async fn stop(mut self) -> Result<()> {
        self.end().await;
        let closed = self.node.close();
        self.node.release();
        tracing::info!(address = %self.address, "embedded broker stopped");
        closed
    }

    /// Closes every connection and leaves the files as a crash of the process would: for tests of what comes after.
    pub async fn kill(mut self) {
        self.end().await;
        self.node.release();
    }

    async fn end(&mut self) {
        self.ending.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        // Streams that are served within tasks of others; one whose task is stuck is not waited for.
        let _ = timeout(LAST_REQUESTS, self.ending.closed()).await;
    }

    fn open_at(config: BrokerConfig, address: SocketAddr) -> Result<Broker> {
        let advertised = config
            .advertised
            .clone()
            .unwrap_or_else(|| (address.ip().to_string(), address.port()));
        let node = Arc::new(Node::open(config, advertised)?);
        let ending = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(keep_tidy(node.clone(), ending.subscribe()));
        tasks.spawn(expire_transactions(node.clone(), ending.subscribe()));
        Ok(Broker {
            node,
            address,
            ending,
            tasks,
        })
    }
}

async fn accept(listener: TcpListener, node: Arc<Node>, mut ending: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let ends = ending.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
                    }
                    let host = format!("/{}", peer.ip());
                    connections.spawn(connection::serve(stream, host, node.clone(), ends.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end make room.
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = connection::ended(&mut ending) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn keep_tidy(node: Arc<Node>, mut ending: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(node.config.housekeeping_interval) => node.tidy(),
            () = connection::ended(&mut ending) => return,
        }
    }
}

async fn expire_transactions(node: Arc<Node>, mut ending: watch::Receiver<bool>) {
    loop {
        let next = node.transactions.expire();
        let due = async {
            match next {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => {}
            // One that was begun meanwhile may end sooner.
            () = node.transactions.begun() => {}
            () = connection::ended(&mut ending) => return,
        }
    }
}

/// How long requests under way are waited for.
const LAST_REQUESTS: Duration = Duration::from_secs(1);
/// Before accepting is tried again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
