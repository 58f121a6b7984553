//! One HTTP request to another worker.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use windlass_client::{Env, dns, net};

/// Asks other workers. Requests are rare: each has a connection of its own.
#[derive(Clone, Debug)]
pub struct PeerClient {
    env: Arc<Env>,
}

/// What another worker answered.
#[derive(Clone, Debug)]
pub struct PeerAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers, without those that belong to the connection.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Another worker could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("request to worker {url} failed: {reason}")]
pub struct PeerError {
    url: String,
    reason: String,
}

impl PeerClient {
    /// A client in this world.
    pub fn new(env: Env) -> Self {
        PeerClient { env: Arc::new(env) }
    }

    /// Sends a request to a path, with its query, below a worker's URL.
    ///
    /// # Errors
    /// When the worker cannot be reached or does not answer in time; an answer of any status is none.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
        limit: Duration,
    ) -> Result<PeerAnswer, PeerError> {
        let failed = |reason: String| PeerError {
            url: url.to_owned(),
            reason,
        };
        let asking = self.ask(method, url, path, headers, body);
        match tokio::time::timeout(limit, asking).await {
            Ok(answer) => answer.map_err(failed),
            Err(_) => Err(failed(format!("no answer within {} s", limit.as_secs()))),
        }
    }

    async fn ask(
        &self,
        method: Method,
        url: &str,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<PeerAnswer, String> {
        let uri: Uri = url.parse().map_err(|e| format!("expected a URL: {e}"))?;
        if uri.scheme_str() != Some("http") {
            return Err("only http is supported between workers".to_owned());
        }
        let authority = uri.authority().ok_or("expected a host")?;
        let base = uri.path().trim_end_matches('/');
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        let target = format!("{base}{path}");
        *request.uri_mut() = target.parse().map_err(|e| format!("path {target}: {e}"))?;
        *request.headers_mut() = headers;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|e| e.to_string())?;
        request.headers_mut().insert(HOST, host);

        let stream = self
            .connect(authority.host(), authority.port_u16().unwrap_or(80))
            .await?;
        let io = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
            .await
            .map_err(|e| e.to_string())?;
        let driving = AbortOnDrop(tokio::spawn(async move {
            // What goes wrong shows in the answer.
            let _ = connection.await;
        }));
        let answer = sender
            .send_request(request)
            .await
            .map_err(|e| e.to_string())?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
        drop(driving);
        let mut headers = head.headers;
        for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
            headers.remove(name);
        }
        Ok(PeerAnswer {
            status: head.status,
            headers,
            body: body.map_err(|e| e.to_string())?.to_bytes(),
        })
    }

    async fn connect(&self, host: &str, port: u16) -> Result<Box<dyn net::Stream>, String> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = dns::addresses(&*self.env.resolver, host, port)
            .await
            .map_err(|e| e.to_string())?;
        let mut reason = String::new();
        for address in addresses {
            let options = net::SocketOptions::default();
            match self.env.dialer.dial(host, address, options).await {
                Ok(stream) => return Ok(stream),
                Err(error) => reason = error.to_string(),
            }
        }
        Err(reason)
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const CONNECTION: HeaderName = hyper::header::CONNECTION;

/// As much as the server takes.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
