//! Where the server listens, and under which name others reach it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use tokio::net::TcpListener;
use windlass_engine::config::Listener;

use crate::{Error, Result};

/// Starts to listen.
///
/// # Errors
/// When the address is in use, not this machine's, or unknown.
pub(crate) async fn bind(listener: &Listener) -> Result<TcpListener> {
    let bound = if listener.host.is_empty() {
        bind_all(listener.port).await
    } else {
        TcpListener::bind((listener.host.as_str(), listener.port)).await
    };
    bound.map_err(|source| Error::Bind {
        listener: listener.to_string(),
        source,
    })
}

/// All interfaces: IPv6 with IPv4 where the machine has it, as Java's dual-stack sockets.
async fn bind_all(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind(SocketAddr::from(([0u16; 8], port))).await {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))).await
        }
        bound => bound,
    }
}

/// The host that other machines reach a listener on all interfaces by: the address this machine would send from.
pub(crate) fn local_host() -> String {
    let route = || -> io::Result<IpAddr> {
        // Connecting a datagram socket chooses a route and sends nothing.
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        Ok(socket.local_addr()?.ip())
    };
    route()
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
        .to_string()
}
