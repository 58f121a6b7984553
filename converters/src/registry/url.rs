//! Where a registry is.

use std::fmt;
use std::sync::Arc;

use super::RegistryError;

/// The URL of a registry, cheap to clone. Neither `Display` nor `Debug` shows the user and password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryUrl(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    secure: bool,
    host: String,
    port: u16,
    /// Without a slash at the end.
    path: String,
    user_info: Option<String>,
    http: windlass_http::Url,
}

impl RegistryUrl {
    /// Reads a URL such as `http://user:password@registry:8081/path`.
    ///
    /// # Errors
    /// [`RegistryError::Config`] when it is none, or its scheme is unknown.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let text = text.trim();
        let wrong = |what: &str| {
            let shown = hide_user_info(text);
            RegistryError::Config(format!("schema.registry.url: {what}, found \"{shown}\""))
        };
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong("expected http://host:port"))?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(wrong("expected the scheme http")),
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (user_info, address) = match authority.rsplit_once('@') {
            Some((user_info, address)) => (Some(user_info), address),
            None => (None, authority),
        };
        let (host, port) = split_port(address).ok_or_else(|| wrong("expected host:port"))?;
        if path.contains(['?', '#', ' ']) {
            return Err(wrong("expected no query"));
        }
        let port = port.unwrap_or(if secure { 443 } else { 80 });
        let http = windlass_http::Url::parse(&format!("{scheme}://{host}:{port}{path}"))
            .map_err(|error| wrong(&error.to_string()))?;
        Ok(RegistryUrl(Arc::new(Parts {
            secure,
            http,
            host: host.to_owned(),
            port,
            path: path.trim_end_matches('/').to_owned(),
            user_info: user_info.map(percent_decode),
        })))
    }

    /// Whether it is an `https` URL.
    pub fn is_secure(&self) -> bool {
        self.0.secure
    }

    /// The name or address, without brackets.
    pub fn host(&self) -> &str {
        self.0.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The path before the paths of the protocol, without a slash at the end.
    pub(super) fn path(&self) -> &str {
        &self.0.path
    }

    /// Where requests go.
    pub(super) fn http(&self) -> &windlass_http::Url {
        &self.0.http
    }

    /// `user:password`, decoded.
    pub(super) fn user_info(&self) -> Option<&str> {
        self.0.user_info.as_deref()
    }
}

impl fmt::Display for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.0.secure { "https" } else { "http" };
        write!(
            f,
            "{scheme}://{}:{}{}",
            self.0.host, self.0.port, self.0.path
        )
    }
}

impl fmt::Debug for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A part of a path, with everything encoded that has a meaning in URLs.
pub(super) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The text of an encoded part; what is no valid code stays as it is.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn split_port(address: &str) -> Option<(&str, Option<u16>)> {
    let after_brackets = address.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match address[after_brackets..].rfind(':') {
        Some(at) => {
            let (host, port) = address.split_at(after_brackets + at);
            (host, Some(port[1..].parse().ok()?))
        }
        None => (address, None),
    };
    (!host.is_empty() && !host.contains(char::is_whitespace)).then_some((host, port))
}

fn hide_user_info(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("[hidden]@{rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_parts() {
        let url = RegistryUrl::parse("http://us%40er:p%3Aw@[::1]:8081/a/b/").unwrap();
        assert_eq!((url.host(), url.port(), url.path()), ("::1", 8081, "/a/b"));
        assert_eq!(url.user_info(), Some("us@er:p:w"));
        assert_eq!(url.to_string(), "http://[::1]:8081/a/b");
        assert!(!format!("{url:?}").contains("p:w"));
        let url = RegistryUrl::parse(" HTTPS://registry ").unwrap();
        assert_eq!((url.is_secure(), url.port()), (true, 443));
        for wrong in [
            "",
            "registry:8081",
            "mock://a",
            "http://",
            "http://a:x",
            "http://a:70000",
            "http://a/?q",
        ] {
            assert!(RegistryUrl::parse(wrong).is_err(), "{wrong}");
        }
        let error = RegistryUrl::parse("http://user:secret@host:x").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn codes_read_back() {
        for text in ["orders-value", "a/b c?%ü", ":.ctx:t-value", "%zz"] {
            assert_eq!(percent_decode(&percent_encode(text)), text);
        }
        assert_eq!(percent_encode("a/b c"), "a%2Fb%20c");
        assert_eq!(percent_decode("%+1%4"), "%+1%4");
    }
}
