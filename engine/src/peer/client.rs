//! Requests to other workers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use hyper::{Method, StatusCode};
use windlass_client::{Env, dns, net};
use windlass_http::{Outgoing, Url, exchange};
use windlass_tls::ClientTls;

use crate::config::RestTls;

/// Asks other workers. Requests are rare: each has a connection of its own.
#[derive(Clone, Debug)]
pub struct PeerClient(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    env: Env,
    keys: RestTls,
    /// Made when a worker with an `https` URL is first asked.
    tls: OnceLock<Result<ClientTls, String>>,
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
    /// A client in this world, with the keys of `listeners` for workers that serve https.
    pub fn new(env: Env, keys: RestTls) -> Self {
        PeerClient(Arc::new(Shared {
            env,
            keys,
            tls: OnceLock::new(),
        }))
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
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let tls = if url.is_secure() {
            Some(self.tls()?)
        } else {
            None
        };
        let stream = self.connect(&url).await?;
        let request = Outgoing {
            method,
            path: &format!("{}{path}", url.path().trim_end_matches('/')),
            headers,
            body,
            max_answer_bytes: MAX_BODY_BYTES,
        };
        let answer = exchange(stream, &url, tls, request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let mut headers = answer.headers;
        for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
            headers.remove(name);
        }
        Ok(PeerAnswer {
            status: answer.status,
            headers,
            body: answer.body,
        })
    }

    fn tls(&self) -> Result<&ClientTls, String> {
        let made = self.0.tls.get_or_init(|| {
            let settings = self.0.keys.listeners();
            settings
                .map(ClientTls::new)
                .map_err(|error| error.to_string())
        });
        made.as_ref().map_err(Clone::clone)
    }

    async fn connect(&self, url: &Url) -> Result<Box<dyn net::Stream>, String> {
        let env = &self.0.env;
        let addresses = dns::addresses(&*env.resolver, url.host(), url.port())
            .await
            .map_err(|e| e.to_string())?;
        let mut reason = String::new();
        for address in addresses {
            let options = net::SocketOptions::default();
            match env.dialer.dial(url.host(), address, options).await {
                Ok(stream) => return Ok(stream),
                Err(error) => reason = error.to_string(),
            }
        }
        Err(reason)
    }
}

/// As much as the server takes.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
