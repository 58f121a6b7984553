//! Requests from pages of other origins.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use hyper::{HeaderMap, Method};

use crate::{Error, Result};

/// `access.control.allow.origin` and `access.control.allow.methods`.
#[derive(Clone, Debug)]
pub(crate) struct Cors {
    /// Patterns in lower case; `*` stands for any text.
    origins: Vec<String>,
    methods: HeaderValue,
}

impl Cors {
    /// `None` when no origin is allowed, so that no header is ever added.
    pub(crate) fn parse(origins: &str, methods: &str) -> Result<Option<Self>> {
        let origins: Vec<String> = list(origins).map(str::to_ascii_lowercase).collect();
        if origins.is_empty() {
            return Ok(None);
        }
        let methods: Vec<&str> = list(methods).collect();
        let methods = if methods.is_empty() {
            DEFAULT_METHODS.to_owned()
        } else {
            methods.join(",")
        };
        let invalid = || {
            Error::Config(format!(
                "access.control.allow.methods: expected methods, found {methods:?}"
            ))
        };
        let methods = HeaderValue::from_str(&methods).map_err(|_| invalid())?;
        Ok(Some(Cors { origins, methods }))
    }

    /// Adds what the answer to a request with these headers carries.
    pub(crate) fn apply(&self, method: &Method, request: &HeaderMap, answer: &mut HeaderMap) {
        answer.append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = request.get(ORIGIN) else {
            return;
        };
        let lower = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        if !self
            .origins
            .iter()
            .any(|pattern| matches(pattern.as_bytes(), lower.as_bytes()))
        {
            return;
        }
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if method == Method::OPTIONS && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            answer.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            answer.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("Content-Type"),
            );
            answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("60"));
        }
    }
}

/// Whether the text fits the pattern, in which `*` stands for any text.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(t, text)| t == first && matches(rest, text)),
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

const DEFAULT_METHODS: &str = "GET,POST,HEAD";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_whole_origins() {
        assert!(matches(b"*", b"http://a"));
        assert!(matches(b"http://*.example:*", b"http://ui.example:80"));
        assert!(!matches(b"http://a", b"http://ab"));
        assert!(!matches(b"http://*.example", b"http://ui.example.org"));
    }
}
