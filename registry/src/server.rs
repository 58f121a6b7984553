//! The server: the port, and the connections to it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use crate::api::{self, Request};
use crate::problem::Problem;
use crate::store::Store;
use crate::{Error, answer};

/// A running registry.
#[derive(Debug)]
pub struct Registry {
    store: Arc<Store>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinSet<()>,
}

impl Registry {
    /// Reads the schemas of a Kafka cluster, and answers on `address` from then on; port 0 takes any that is free.
    ///
    /// # Errors
    /// When the port cannot be had, or the topic neither be made nor read.
    pub async fn start(servers: &str, address: SocketAddr) -> Result<Self, Error> {
        let listen = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let store = Arc::new(Store::open(servers).await?);
        let (stop, stopped) = watch::channel(false);
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, Arc::clone(&store), stopped));
        info!(%address, "the schema registry is running");
        Ok(Registry {
            store,
            address,
            stop,
            serving,
        })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, and finishes what is being written.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.serving.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_TIMEOUT, ended).await.is_err() {
            warn!("requests to the schema registry are still running: giving them up");
        }
        self.store.stop().await;
    }
}

async fn accept(listener: TcpListener, store: Arc<Store>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&store), stopped.clone()));
                }
                Err(error) => {
                    warn!(%error, "the schema registry cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, store: Arc<Store>, mut stopped: watch::Receiver<bool>) {
    // A small answer must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let store = Arc::clone(&store);
        async move { Ok::<_, Infallible>(respond(&store, request).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        _ = stopped.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection to the schema registry ended with an error");
    }
}

async fn respond(store: &Store, request: hyper::Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => {
            let request = Request {
                method: head.method,
                target: target.to_owned(),
                body: body.to_bytes(),
            };
            api::handle(store, &request).await
        }
        Err(error) => answer::problem(&Problem::unprocessable(error)),
    }
}

const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// More than any schema.
const MAX_BODY_BYTES: usize = 4 << 20;
