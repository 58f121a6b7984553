//! The simulated network as the clients see it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use turmoil::net::TcpStream;
use windlass_client::Env;
use windlass_client::dns::Resolve;
use windlass_client::net::{Dialer, Pending, SocketOptions, Stream};

/// The world of a worker's clients.
pub(crate) fn env(seed: u64) -> Env {
    Env {
        dialer: Arc::new(Simulated),
        resolver: Arc::new(Simulated),
        seed,
    }
}

#[derive(Clone, Copy, Debug)]
struct Simulated;

impl Dialer for Simulated {
    fn dial<'a>(
        &'a self,
        _host: &'a str,
        address: SocketAddr,
        _options: SocketOptions,
    ) -> Pending<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

impl Resolve for Simulated {
    fn resolve<'a>(&'a self, host: &'a str) -> Pending<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(vec![turmoil::lookup(host)]) })
    }
}
