//! From an address to a connection that knows what its broker speaks.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI32, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use kafka_protocol::protocol::StrBytes;
use tokio::sync::mpsc;
use windlass_tls::TlsError;
use windlass_wire::ErrorCode;
use windlass_wire::versions::BrokerVersions;

use super::task::Task;
use super::{Connection, Shared, session};
use crate::cluster::Env;
use crate::config::ClientConfig;
use crate::dns;
use crate::error::ClientError;
use crate::net::{SocketOptions, Stream};
use crate::sasl::Sasl;

/// What is needed to open a connection.
pub(crate) struct Opening<'a> {
    /// How streams are opened and names resolved.
    pub(crate) env: &'a Env,
    /// Time limits and buffer sizes.
    pub(crate) config: &'a ClientConfig,
    /// How the client says who it is, if it does.
    pub(crate) sasl: Option<&'a Arc<Sasl>>,
    /// The broker's host.
    pub(crate) host: &'a str,
    /// The broker's port.
    pub(crate) port: u16,
    /// The broker's id, if it is known.
    pub(crate) id: Option<i32>,
}

/// Opens a connection: tries every address of the host in turn, then asks the broker which versions it speaks.
///
/// # Errors
/// The failure of the last address; or the handshake's.
pub(crate) async fn open(opening: &Opening<'_>) -> Result<Connection, ClientError> {
    let (host, port) = (opening.host, opening.port);
    let peer: Arc<str> = match opening.id {
        Some(id) => format!("broker {id} ({host}:{port})").into(),
        None => format!("{host}:{port}").into(),
    };
    let stream = dial(opening).await.map_err(|cause| failed(&peer, cause))?;
    let (commands, queue) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        peer: Arc::clone(&peer),
        versions: OnceLock::new(),
        next_correlation: AtomicI32::new(0),
        waiting: AtomicUsize::new(0),
        ended: OnceLock::new(),
    });
    let task = Task::new(
        stream,
        queue,
        Arc::clone(&shared),
        opening.config.connections_max_idle,
    );
    let running = tokio::spawn(task.run());
    let connection = Connection { commands, shared };
    handshake(&connection, opening.config)
        .await
        .map_err(|error| refused(error, host))?;
    if let Some(sasl) = opening.sasl {
        session::begin(&connection, sasl, opening, running).await?;
    }
    tracing::debug!(%peer, "connected");
    Ok(connection)
}

/// What TLS says is final; what the network says may pass.
fn failed(peer: &Arc<str>, cause: io::Error) -> ClientError {
    let peer = Arc::clone(peer);
    match tls_error(&cause) {
        Some(error) => ClientError::Authentication {
            peer,
            what: error.to_string(),
        },
        None => ClientError::Connection {
            peer,
            cause: Arc::new(cause),
        },
    }
}

/// In TLS 1.3 a server refuses a client's certificate only after the client is done: it shows in the first answer.
fn refused(error: ClientError, host: &str) -> ClientError {
    match error {
        ClientError::Connection { peer, cause } => match windlass_tls::explain(&cause, host) {
            Some(what) => ClientError::Authentication { peer, what },
            None => ClientError::Connection { peer, cause },
        },
        other => other,
    }
}

fn tls_error(cause: &io::Error) -> Option<&TlsError> {
    cause.get_ref()?.downcast_ref()
}

async fn dial(opening: &Opening<'_>) -> io::Result<Box<dyn Stream>> {
    let config = opening.config;
    let options = SocketOptions {
        send_buffer_bytes: config.send_buffer_bytes,
        receive_buffer_bytes: config.receive_buffer_bytes,
    };
    let addresses = within(config.connection_setup_timeout_max, "resolving", async {
        dns::addresses(&*opening.env.resolver, opening.host, opening.port).await
    })
    .await?;
    let mut last = None;
    for address in addresses {
        let dialing = opening.env.dialer.dial(opening.host, address, options);
        match within(config.connection_setup_timeout, "connecting", dialing).await {
            Ok(stream) => return Ok(stream),
            Err(cause) if tls_error(&cause).is_some() => return Err(cause),
            Err(cause) => last = Some(at(address, &cause)),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

async fn within<T>(
    limit: Duration,
    what: &str,
    step: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    tokio::time::timeout(limit, step).await.unwrap_or_else(|_| {
        let text = format!("{what} took more than {} ms", limit.as_millis());
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    })
}

fn at(address: SocketAddr, cause: &io::Error) -> io::Error {
    io::Error::new(cause.kind(), format!("connecting to {address}: {cause}"))
}

/// Asks for the versions; a broker that does not know our version of the question itself answers so in version 0
/// (KIP-511), and is asked again in that.
async fn handshake(connection: &Connection, config: &ClientConfig) -> Result<(), ClientError> {
    let request = ApiVersionsRequest::default()
        .with_client_software_name(StrBytes::from_static_str("windlass"))
        .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")));
    let ask = async |version| -> Result<ApiVersionsResponse, ClientError> {
        connection
            .call(&request, version, &config.client_id, config.request_timeout)
            .await
    };
    let mut answer = ask(3).await?;
    if answer.error_code == UNSUPPORTED_VERSION {
        answer = ask(0).await?;
    }
    if let Err(code) = ErrorCode::check(answer.error_code) {
        return Err(ClientError::broker(
            format!("asking {} for its versions", connection.peer()),
            code,
        ));
    }
    // Set once: this connection has not been given to anybody yet.
    drop(connection.shared.versions.set(BrokerVersions::new(&answer)));
    Ok(())
}

const UNSUPPORTED_VERSION: i16 = 35;
