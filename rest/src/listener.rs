//! Where the server listens, and under which name others reach it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use tokio::net::TcpListener;

use crate::{Error, Result};

/// One entry of `listeners`: `http://[HOST]:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The host to bind; `None` for all interfaces.
    pub host: Option<String>,
    /// The port; 0 for any that is free.
    pub port: u16,
}

impl Listener {
    /// Reads a comma-separated list.
    ///
    /// # Errors
    /// When an entry is not `http://[HOST]:PORT`.
    pub fn parse_list(key: &'static str, list: &str) -> Result<Vec<Listener>> {
        let entries = list
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        entries.map(|entry| Self::parse(key, entry)).collect()
    }

    fn parse(key: &'static str, entry: &str) -> Result<Listener> {
        let invalid =
            |expected: &str| Error::Config(format!("{key}: expected {expected}, found {entry:?}"));
        let (scheme, address) = entry
            .split_once("://")
            .ok_or_else(|| invalid("http://HOST:PORT"))?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" => {}
            "https" => {
                return Err(invalid(
                    "http://HOST:PORT (https listeners are not supported yet)",
                ));
            }
            _ => return Err(invalid("a listener that starts with http://")),
        }
        let (host, port) = address
            .rsplit_once(':')
            .ok_or_else(|| invalid("http://HOST:PORT"))?;
        let port = port
            .parse()
            .map_err(|_| invalid("a port from 0 to 65535"))?;
        let host = host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .unwrap_or(host);
        Ok(Listener {
            host: (!host.is_empty()).then(|| host.to_owned()),
            port,
        })
    }

    /// Starts to listen.
    ///
    /// # Errors
    /// When the address is in use, not this machine's, or unknown.
    pub(crate) async fn bind(&self) -> Result<TcpListener> {
        let bound = match &self.host {
            Some(host) => TcpListener::bind((host.as_str(), self.port)).await,
            None => bind_all(self.port).await,
        };
        bound.map_err(|source| Error::Bind {
            address: format!("{}:{}", self.host.as_deref().unwrap_or("*"), self.port),
            source,
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(list: &str) -> Vec<(Option<String>, u16)> {
        let listeners = Listener::parse_list("listeners", list).expect("a good list");
        listeners.into_iter().map(|l| (l.host, l.port)).collect()
    }

    #[test]
    fn hosts_may_be_missing_or_bracketed() {
        let host = |h: &str| Some(h.to_owned());
        assert_eq!(parse("http://:8083"), [(None, 8083)]);
        assert_eq!(
            parse("HTTP://a:1, http://[::1]:0"),
            [(host("a"), 1), (host("::1"), 0)]
        );
        assert!(parse("").is_empty());
    }

    #[test]
    fn what_is_no_listener_is_refused() {
        for list in [
            "a:1",
            "ftp://a:1",
            "http://a",
            "http://a:x",
            "http://a:70000",
            "https://a:1",
        ] {
            Listener::parse_list("listeners", list).expect_err(list);
        }
    }
}
