//! Under which name other workers reach this one.

use std::net::SocketAddr;

use windlass_engine::config::{Listener, RestConfig};

use crate::listener::local_host;
use crate::{Error, Result};

/// The scheme, host and port that a worker advertises.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Advertised {
    https: bool,
    /// `host:port`, which is also what a worker is called by.
    pub(crate) authority: String,
}

impl Advertised {
    /// By `rest.advertised.*`, or the first listener of the scheme: `http` where there is one, as in Java. `addresses` are
    /// those of `listeners`, in their order.
    ///
    /// # Errors
    /// When there is no listener at all.
    pub(crate) fn new(config: &RestConfig, addresses: &[SocketAddr]) -> Result<Self> {
        let open: Vec<(&Listener, &SocketAddr)> = config.listeners.iter().zip(addresses).collect();
        let https = match config.advertised_listener.as_deref() {
            Some(scheme) => scheme.eq_ignore_ascii_case("https"),
            None => open.iter().all(|(listener, _)| listener.https),
        };
        let chosen = open
            .iter()
            .find(|(listener, _)| listener.https == https)
            .or(open.first());
        let Some((listener, address)) = chosen else {
            return Err(Error::Config(
                "listeners: expected at least one, found none".to_owned(),
            ));
        };
        let given = config
            .advertised_host
            .clone()
            .filter(|host| !host.is_empty());
        let host = given.unwrap_or_else(|| listener.host.clone());
        let host = if host.is_empty() { local_host() } else { host };
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host
        };
        let port = config.advertised_port.unwrap_or(address.port());
        Ok(Advertised {
            https,
            authority: format!("{host}:{port}"),
        })
    }

    /// With a slash at its end.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}/", self.authority)
    }
}
