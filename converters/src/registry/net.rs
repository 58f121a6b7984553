//! The one place where sockets to a registry are opened.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::RegistryUrl;

/// A byte stream to a registry.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// A future that lives as long as what it borrows.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Opens streams: TCP in production, a simulated network in tests. The caller keeps the clock, and
/// speaks TLS over what it is given.
pub trait Dialer: fmt::Debug + Send + Sync + 'static {
    /// Connects to the host and port of a registry.
    fn dial<'a>(&'a self, url: &'a RegistryUrl) -> Pending<'a, io::Result<Box<dyn Stream>>>;
}

/// Plain TCP, without Nagle's delay; names are resolved by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpDialer;

impl Dialer for TcpDialer {
    fn dial<'a>(&'a self, url: &'a RegistryUrl) -> Pending<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let stream = TcpStream::connect((url.host(), url.port())).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

/// Lets all converters that are configured from now on connect through this dialer. The first one said stays.
pub fn install(dialer: Arc<dyn Dialer>) {
    let _ = DIALER.set(dialer);
}

/// The dialer of the process.
pub(super) fn dialer() -> Arc<dyn Dialer> {
    DIALER.get().cloned().unwrap_or_else(|| Arc::new(TcpDialer))
}

/// Converters are made by their class name alone, so that nothing can be handed to them.
static DIALER: OnceLock<Arc<dyn Dialer>> = OnceLock::new();
