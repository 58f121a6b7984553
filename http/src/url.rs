//! Where a request goes.

use std::fmt;

/// An `http` or `https` URL. Neither `Display` nor `Debug` shows a user and password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    host: String,
    port: u16,
    /// With its query; never empty.
    path: String,
}

/// What is no URL that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Neither http nor https.
    #[error("expected http:// or https://")]
    Scheme,
    /// No host, or a port that is none.
    #[error("expected host:port behind ://")]
    Authority,
    /// Characters that no request line can hold.
    #[error("expected a path without blanks")]
    Path,
}

impl Url {
    /// Reads a URL. A user and password before the host are passed over.
    ///
    /// # Errors
    /// See [`UrlError`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(UrlError::Scheme)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(UrlError::Scheme),
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let path = path.split('#').next().unwrap_or_default();
        let address = authority
            .rsplit_once('@')
            .map_or(authority, |(_, address)| address);
        let (host, port) = match address.rfind(':') {
            Some(at) if !address[at..].contains(']') => {
                let port = address[at + 1..].parse().map_err(|_| UrlError::Authority)?;
                (&address[..at], port)
            }
            _ => (address, if secure { 443 } else { 80 }),
        };
        let host = match host.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']').ok_or(UrlError::Authority)?,
            None => host,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._:%".contains(c);
        if host.is_empty() || !host.chars().all(plain) {
            return Err(UrlError::Authority);
        }
        if !path.chars().all(|c| c.is_ascii_graphic()) {
            return Err(UrlError::Path);
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            secure,
            host: host.to_owned(),
            port,
            path: format!("{slash}{path}"),
        })
    }

    /// Whether it is an `https` URL.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; that of the scheme if none is written.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path with its query; at least a slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of the `Host` header.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{scheme}://{}{path}", self.authority())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_urls_apart() {
        let url = Url::parse("https://me:swordfish@Worker-1:8443/a/b?c=d#e").unwrap();
        assert!(url.is_secure());
        assert_eq!((url.host(), url.port()), ("Worker-1", 8443));
        assert_eq!(url.path(), "/a/b?c=d");
        assert_eq!(format!("{url:?}"), "https://Worker-1:8443/a/b");
        let url = Url::parse("http://[::1]").unwrap();
        assert_eq!((url.host(), url.port(), url.path()), ("::1", 80, "/"));
        assert_eq!(url.authority(), "[::1]:80");
        for (text, expected) in [
            ("ftp://a", UrlError::Scheme),
            ("a:80", UrlError::Scheme),
            ("http://", UrlError::Authority),
            ("http://a:b", UrlError::Authority),
            ("http://[::1", UrlError::Authority),
            ("http://a/b c", UrlError::Path),
        ] {
            assert_eq!(Url::parse(text), Err(expected), "{text}");
        }
    }
}
