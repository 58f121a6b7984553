//! One request, one connection.
//!
//! A converter asks a registry once for each schema: connections are not worth keeping.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use windlass_api::Password;

use super::net::{Dialer, Stream};
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
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", url.path()))
        .body(Full::new(Bytes::from(body.unwrap_or_default())))
        .map_err(|e| e.to_string())?;
    *request.headers_mut() = headers(config, url)?;
    let stream = match timeout(config.connect_timeout, dialer.dial(url)).await {
        Ok(dialled) => dialled.map_err(|e| e.to_string())?,
        Err(_) => return Err(too_late("connecting", config.connect_timeout)),
    };
    match timeout(config.read_timeout, converse(stream, request)).await {
        Ok(answer) => answer.map_err(|e| chain(&*e)),
        Err(_) => Err(too_late("the answer", config.read_timeout)),
    }
}

async fn converse(
    stream: Box<dyn Stream>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async move {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES)
            .collect()
            .await?
            .to_bytes();
        Ok(Answer { status, body })
    };
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        // The connection is over: what it still brought is in the exchange's hands.
        ended = connection => match ended {
            Ok(()) => exchange.await,
            Err(error) => Err(error.into()),
        },
    }
}

fn headers(config: &RegistryConfig, url: &RegistryUrl) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let name = HeaderName::try_from(name.as_str())
            .map_err(|_| format!("request.header.{name} is no header name"))?;
        headers.insert(name, header_value(value)?);
    }
    let host = HeaderValue::try_from(url.authority()).map_err(|e| e.to_string())?;
    headers.insert(HOST, host);
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

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

const JSON: &str = "application/vnd.schemaregistry.v1+json";
const ACCEPTED: &str =
    "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json";
/// More than any schema with all it uses.
const MAX_ANSWER_BYTES: usize = 16 << 20;
