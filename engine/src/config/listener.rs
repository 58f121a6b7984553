//! URLs that the REST server listens on.

use std::fmt;

/// An entry of `listeners` or `admin.listeners`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Whether it speaks TLS.
    pub https: bool,
    /// The address or name to bind; empty for all addresses.
    pub host: String,
    /// The port; 0 for one that the system chooses.
    pub port: u16,
}

impl Listener {
    /// Reads `http://host:port` or `https://host:port`; the host may be left out, IPv6 addresses stand in brackets.
    ///
    /// # Errors
    /// With Kafka's message when the text is no such URL.
    pub fn parse(url: &str) -> Result<Self, ListenerError> {
        let (scheme, rest) = url.trim().split_once("://").ok_or(ListenerError::Format)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(ListenerError::Protocol),
        };
        let (host, port) = rest
            .trim_end_matches('/')
            .rsplit_once(':')
            .ok_or(ListenerError::Format)?;
        let host = match host.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']').ok_or(ListenerError::Format)?,
            None => host,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '%' | '.' | '_' | ':');
        let port = port.parse().map_err(|_| ListenerError::Format)?;
        if !host.chars().all(plain) {
            return Err(ListenerError::Format);
        }
        Ok(Listener {
            https,
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// What is no listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenerError {
    /// Not of the form of a URL with a port.
    #[error("Listener doesn't have the right format (protocol://hostname:port).")]
    Format,
    /// Neither http nor https.
    #[error("Listener protocol must be either \"http\" or \"https\".")]
    Protocol,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for url in [
            "http://:8083",
            "https://localhost:8443",
            "http://[::1]:0",
            "http://0.0.0.0:1",
        ] {
            assert_eq!(Listener::parse(url).unwrap().to_string(), url);
        }
        assert_eq!(Listener::parse("HTTP://a_b.c:80/").unwrap().host, "a_b.c");
        for bad in [
            "",
            "localhost:80",
            "http://localhost",
            "http://a:99999",
            "http://a b:1",
            "http://[::1:80",
        ] {
            assert_eq!(Listener::parse(bad), Err(ListenerError::Format), "{bad}");
        }
        assert_eq!(Listener::parse("ftp://a:1"), Err(ListenerError::Protocol));
    }
}
