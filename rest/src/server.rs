//! The server: listeners, connections, and their end.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{debug, warn};
use windlass_engine::config::{ConnectorValidation, WorkerConfig};
use windlass_engine::herder::Herder;
use windlass_engine::peer::PeerClient;
use windlass_engine::plugins::Plugins;

use crate::Result;
use crate::acceptor::{Acceptor, OverTls, handshake};
use crate::advertised::Advertised;
use crate::auth::Gate;
use crate::body::Bodies;
use crate::connections::{Connections, Place};
use crate::cors::Cors;
use crate::header_rules::HeaderRules;
use crate::listener::bind;
use crate::loggers::Loggers;
use crate::service::{App, Surface, Worker};
use crate::stall::Unstalled;

/// A server whose ports are open.
///
/// Until [`serve`](Self::serve) has been given a herder every path answers 404, as in Java; the ports are open from the
/// start, so that a worker that cannot have them ends before it touches Kafka, and so that port 0 is known.
#[derive(Debug)]
pub struct RestServer {
    app: Arc<App>,
    advertised: Advertised,
    addresses: Vec<SocketAddr>,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
}

impl RestServer {
    /// Opens the ports and starts to answer. Runs on the runtime of the caller.
    ///
    /// # Errors
    /// When a setting is wrong or a port cannot be had.
    pub async fn start(config: &WorkerConfig, loggers: Loggers) -> Result<Self> {
        let rest = &config.rest;
        let app = Arc::new(App {
            worker: OnceLock::new(),
            loggers,
            cors: Cors::parse(&rest.allow_origin, &rest.allow_methods)?,
            header_rules: HeaderRules::parse(&rest.response_headers)?,
            gate: Gate::new(rest)?,
            bodies: Bodies::default(),
            peers: PeerClient::new(Default::default(), rest.tls.clone()),
            topic_tracking: config.topic_tracking_enable,
            topic_reset: config.topic_tracking_allow_reset,
        });
        let main = if rest.admin_listeners.is_none() {
            Surface::Whole
        } else {
            Surface::WithoutAdmin
        };
        let mut open = Vec::new();
        for listener in &rest.listeners {
            let acceptor = Acceptor::new(listener, &rest.tls, false)?;
            open.push((bind(listener).await?, acceptor, main));
        }
        for listener in rest.admin_listeners.iter().flatten() {
            let acceptor = Acceptor::new(listener, &rest.tls, true)?;
            open.push((bind(listener).await?, acceptor, Surface::Admin));
        }
        if !app.gate.protects() {
            warn_of_unprotected(config, &open);
        }
        let addresses: Vec<_> = open
            .iter()
            .filter_map(|(listener, ..)| listener.local_addr().ok())
            .collect();
        let advertised = Advertised::new(rest, &addresses)?;
        let (stop, stopped) = watch::channel(false);
        let connections = Arc::new(Connections::default());
        let mut listeners = JoinSet::new();
        for (listener, acceptor, surface) in open {
            let served = Served {
                app: Arc::clone(&app),
                acceptor,
                surface,
                connections: Arc::clone(&connections),
            };
            listeners.spawn(accept(listener, served, stopped.clone()));
        }
        Ok(RestServer {
            app,
            advertised,
            addresses,
            stop,
            listeners,
        })
    }

    /// How other workers and statuses name this worker: the advertised `host:port`.
    pub fn worker_id(&self) -> &str {
        &self.advertised.authority
    }

    /// The URL of this server for other workers, with a slash at its end.
    pub fn advertised_url(&self) -> String {
        self.advertised.url()
    }

    /// The addresses listened on, those of `listeners` first.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Answers for this worker from now on.
    pub fn serve(&self, herder: Herder, plugins: Arc<Plugins>, validation: ConnectorValidation) {
        // A second worker has no meaning; the first stays.
        let _ = self.app.worker.set(Worker {
            herder,
            plugins,
            validation,
        });
    }

    /// Takes no more connections, and waits for the requests under way, at most a minute.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.listeners.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_TIMEOUT, ended).await.is_err() {
            warn!("requests are still running after {STOP_TIMEOUT:?}: giving them up");
        }
    }
}

/// What a listener's connections get.
#[derive(Clone)]
struct Served {
    app: Arc<App>,
    acceptor: Acceptor,
    surface: Surface,
    connections: Arc<Connections>,
}

async fn accept(listener: TcpListener, served: Served, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let Some(place) = served.connections.enter() else {
                        debug!("all connections are busy: one more is closed");
                        continue;
                    };
                    // A small answer must not wait for the acknowledgement of the one before.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(begin(stream, served.clone(), place, stopped.clone()));
                }
                Err(error) => {
                    // Out of descriptors, most likely: some come back when connections end.
                    warn!(%error, "cannot accept a connection");
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

async fn begin(
    stream: TcpStream,
    served: Served,
    place: Place,
    mut stopped: watch::Receiver<bool>,
) {
    let Acceptor::Tls(tls) = &served.acceptor else {
        return connection(stream, served, place, stopped).await;
    };
    let tls = Arc::clone(tls);
    let accepted = tokio::select! {
        accepted = handshake(&tls, stream, HEADER_TIMEOUT) => accepted,
        _ = stopped.changed() => return,
        () = place.is_wanted() => return,
    };
    match accepted {
        Ok(stream) => connection(stream, served, place, stopped).await,
        Err(error) => debug!(%error, "a connection did not begin"),
    }
}

async fn connection<S>(stream: S, served: Served, place: Place, mut stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Served {
        app,
        acceptor,
        surface,
        ..
    } = served;
    let secure = matches!(acceptor, Acceptor::Tls(_));
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        let (app, place) = (&app, &place);
        if secure {
            request.extensions_mut().insert(OverTls);
        }
        async move { Ok::<_, std::convert::Infallible>(app.answer(request, surface, place).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(Unstalled::new(stream)), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        _ = stopped.changed() => {
            // Who is slow to ask is not waited for.
            if !place.is_answering() {
                return;
            }
            serving.as_mut().graceful_shutdown();
            serving.await
        }
        () = place.is_wanted() => return,
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended with an error");
    }
}

/// Whoever reaches such a listener can have files read and written here, and send connectors wherever he likes.
fn warn_of_unprotected(config: &WorkerConfig, open: &[(TcpListener, Acceptor, Surface)]) {
    let text = |key: &str| config.props().get(key).and_then(Option::as_deref);
    let client_auth = text("listeners.https.ssl.client.auth").or(text("ssl.client.auth"));
    let authenticated = client_auth.is_some_and(|auth| auth.trim() == "required");
    let listeners = config.rest.listeners.iter();
    let listeners = listeners.chain(config.rest.admin_listeners.iter().flatten());
    for (listener, (bound, ..)) in listeners.zip(open) {
        let outside = bound
            .local_addr()
            .is_ok_and(|address| !address.ip().is_loopback());
        if outside && !(listener.https && authenticated) {
            warn!(
                %listener,
                "ANYBODY WHO REACHES THIS LISTENER CONTROLS THE WORKER: it is open beyond this host, and neither basic \
                 authentication nor TLS client authentication is configured"
            );
        }
    }
}

const STOP_TIMEOUT: Duration = Duration::from_secs(60);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection may be idle, or a request's head under way.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Above the 8 KiB that the service allows, so that it can say what is too long.
const MAX_BUFFER_BYTES: usize = 64 * 1024;
