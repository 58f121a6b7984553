//! A request, read as a whole.

use bytes::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method};

use crate::problem::{Problem, Result};
use crate::{json, path};

/// A request to a resource.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether it came over TLS.
    pub(crate) secure: bool,
}

impl Request {
    pub(crate) fn new(
        method: Method,
        query: Option<&str>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        Request {
            method,
            query: query.map(path::query).unwrap_or_default(),
            headers,
            body,
            secure: false,
        }
    }

    /// The first value of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All values of a query parameter.
    pub(crate) fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a query parameter is the word true.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.parameter(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The body as a `Map<String, String>`.
    pub(crate) fn string_map(&self) -> Result<windlass_api::Props> {
        json::string_map(&self.body)?.ok_or_else(|| Problem::internal("the request has no body"))
    }

    /// An absolute URL of this server, as the client knows it.
    pub(crate) fn absolute(&self, path: &str) -> String {
        let host = self
            .headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{host}{path}")
    }

    /// Whether the body may be read as JSON: 415 otherwise. Nothing at all passes.
    pub(crate) fn has_json_body(&self) -> bool {
        match self.headers.get(CONTENT_TYPE) {
            None => self.body.is_empty(),
            Some(value) => {
                let essence = value
                    .to_str()
                    .ok()
                    .and_then(|v| v.split(';').next())
                    .map(str::trim);
                essence.is_some_and(|e| e.eq_ignore_ascii_case("application/json"))
            }
        }
    }

    /// Whether the client takes JSON: 406 otherwise.
    pub(crate) fn accepts_json(&self) -> bool {
        let mut ranges = self
            .headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|range| !range.is_empty())
            .peekable();
        ranges.peek().is_none() || ranges.any(takes_json)
    }
}

fn takes_json(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let refused = parts
        .filter_map(|parameter| parameter.strip_prefix("q="))
        .any(|q| q.parse::<f32>().is_ok_and(|q| q == 0.0));
    matches!(
        essence.as_str(),
        "*/*" | "application/*" | "application/json" | "*"
    ) && !refused
}
