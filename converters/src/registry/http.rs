//! One request, one connection.
//!
//! A converter asks a registry once for each schema: connections are not worth keeping.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::time::timeout;
use windlass_api::Password;
use windlass_http::Outgoing;

use super::net::Dialer;
use super::{RegistryConfig, RegistryUrl};

/// What a registry answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// Sends a request with a JSON body, if any, and reads the whole answer.
///
/// # Errors
/// What the network said, for people.
pub(super) async fn exchange(
    dialer: &dyn Dialer,
    config: &RegistryConfig,
    url: &RegistryUrl,
    method: Method,
    path: &str,
    body: Option<Vec<u8>>,
) -> Result<Answer, String> {
    let request = Outgoing {
        method,
        path: &format!("{}{path}", url.path()),
        headers: headers(config, url)?,
        body: Bytes::from(body.unwrap_or_default()),
        max_answer_bytes: MAX_ANSWER_BYTES,
    };
    let stream = match timeout(config.connect_timeout, dialer.dial(url)).await {
        Ok(dialled) => dialled.map_err(|e| e.to_string())?,
        Err(_) => return Err(too_late("connecting", config.connect_timeout)),
    };
    let asking = windlass_http::exchange(stream, url.http(), config.tls.as_deref(), request);
    match timeout(config.read_timeout, asking).await {
        Ok(Ok(answer)) => Ok(Answer {
            status: answer.status.as_u16(),
            body: answer.body,
        }),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(too_late("the answer", config.read_timeout)),
    }
}

fn headers(config: &RegistryConfig, url: &RegistryUrl) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let name = HeaderName::try_from(name.as_str())
            .map_err(|_| format!("request.header.{name} is no header name"))?;
        headers.insert(name, header_value(value)?);
    }
    headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    if let Some(credentials) = config.credentials.header(url) {
        headers.insert(AUTHORIZATION, header_value(&credentials)?);
    }
    Ok(headers)
}

fn header_value(value: &Password) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(value.reveal())
        .map_err(|_| "the credentials hold a character that no header can hold".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn too_late(what: &str, limit: Duration) -> String {
    format!("{what} took more than {} ms", limit.as_millis())
}

const JSON: &str = "application/vnd.schemaregistry.v1+json";
const ACCEPTED: &str =
    "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json";
/// More than any schema with all it uses.
const MAX_ANSWER_BYTES: usize = 16 << 20;
