//! From an accepted socket to a stream that HTTP is read from.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use windlass_engine::config::{Listener, RestTls};
use windlass_tls::{ServerStream, ServerTls};

use crate::{Error, Result};

/// Goes with each request that came over TLS: links are made for the scheme that they came by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverTls;

/// How connections of a listener begin.
#[derive(Clone, Debug)]
pub(crate) enum Acceptor {
    /// With HTTP at once.
    Plain,
    /// With a TLS handshake.
    Tls(Arc<ServerTls>),
}

impl Acceptor {
    /// By the scheme of the listener's URL; stores are read now.
    ///
    /// # Errors
    /// [`Error::Tls`] when the `ssl.*` keys or the stores they name are wrong.
    pub(crate) fn new(listener: &Listener, tls: &RestTls, admin: bool) -> Result<Self> {
        if !listener.https {
            return Ok(Acceptor::Plain);
        }
        let settings = if admin {
            tls.admin_listeners()
        } else {
            tls.listeners()
        };
        let server = settings.and_then(ServerTls::new);
        let server = server.map_err(|source| Error::Tls {
            listener: listener.to_string(),
            source,
        })?;
        Ok(Acceptor::Tls(Arc::new(server)))
    }
}

/// Shakes hands, for as long as a request's head may take: a silent client must not hold a connection.
///
/// # Errors
/// When the two sides do not come to trust each other, or the time is up.
pub(crate) async fn handshake(
    tls: &ServerTls,
    stream: TcpStream,
    limit: Duration,
) -> io::Result<ServerStream<TcpStream>> {
    match tokio::time::timeout(limit, tls.accept(stream)).await {
        Ok(accepted) => accepted,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
