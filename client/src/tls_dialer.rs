//! TLS around another dialer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use windlass_tls::ClientTls;

use crate::config::Security;
use crate::net::{Dialer, Pending, SocketOptions, Stream};

/// Opens streams by another dialer and shakes hands over them.
#[derive(Debug)]
pub(crate) struct TlsDialer {
    inner: Arc<dyn Dialer>,
    /// Or why the settings are none, which parsing them has told already.
    tls: Result<ClientTls, String>,
}

impl TlsDialer {
    /// By the `ssl.*` keys. No file is read yet.
    pub(crate) fn new(inner: Arc<dyn Dialer>, security: &Security) -> Self {
        let tls = security.tls().map(ClientTls::new);
        Self {
            inner,
            tls: tls.map_err(|error| error.to_string()),
        }
    }
}

impl Dialer for TlsDialer {
    fn dial<'a>(
        &'a self,
        host: &'a str,
        address: SocketAddr,
        options: SocketOptions,
    ) -> Pending<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let tls = self.tls.as_ref();
            let tls = tls.map_err(|error| io::Error::other(error.clone()))?;
            // What is wrong with a store should show where no broker runs, too.
            tls.load().map_err(io::Error::other)?;
            let stream = self.inner.dial(host, address, options).await?;
            let stream = tls.connect(host, stream).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}
