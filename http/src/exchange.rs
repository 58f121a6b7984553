//! Sending a request and reading its answer.

use std::error::Error;
use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use windlass_tls::{ClientTls, TlsError};

use crate::Url;

/// A request to be sent.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The method.
    pub method: Method,
    /// The path and query as they go on the wire: a URL's own, or one below it.
    pub path: &'a str,
    /// All headers but `Host`.
    pub headers: HeaderMap,
    /// The whole body; empty for none.
    pub body: Bytes,
    /// An answer with a longer body is an error.
    pub max_answer_bytes: usize,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Why nothing came back.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// A path or header that HTTP cannot carry.
    #[error("not to be sent: {0}")]
    Request(String),
    /// TLS failed, and will fail again.
    #[error(transparent)]
    Tls(TlsError),
    /// The stream broke.
    #[error("{0}")]
    Network(#[from] io::Error),
    /// The peer broke HTTP's rules, closed too early, or sent too much.
    #[error("{0}")]
    Http(String),
}

impl HttpError {
    /// Whether trying again is of no use.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Request(_) | Self::Tls(_))
    }
}

/// Sends one request over an open stream to the host of `url`, through `tls` if that is an `https` URL, and reads the whole
/// answer. The stream is closed afterwards.
///
/// # Errors
/// See [`HttpError`]; an answer of any status is none. There is no time limit: the caller keeps the clock.
pub async fn exchange<S>(
    stream: S,
    url: &Url,
    tls: Option<&ClientTls>,
    request: Outgoing<'_>,
) -> Result<Answer, HttpError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let limit = request.max_answer_bytes;
    let request = whole(url, request)?;
    if !url.is_secure() {
        return converse(stream, request, limit).await;
    }
    let Some(tls) = tls else {
        return Err(HttpError::Request(format!("{url} needs TLS")));
    };
    let stream = tls.connect(url.host(), stream).await;
    let stream = stream.map_err(|error| match error.downcast::<TlsError>() {
        Ok(error) => HttpError::Tls(error),
        Err(error) => HttpError::Network(error),
    })?;
    converse(stream, request, limit).await
}

fn whole(url: &Url, parts: Outgoing<'_>) -> Result<Request<Full<Bytes>>, HttpError> {
    let cannot = |error: &dyn Error| HttpError::Request(error.to_string());
    let mut request = Request::builder()
        .method(parts.method)
        .uri(parts.path)
        .body(Full::new(parts.body))
        .map_err(|error| cannot(&error))?;
    *request.headers_mut() = parts.headers;
    let host = HeaderValue::try_from(url.authority()).map_err(|error| cannot(&error))?;
    request.headers_mut().insert(HOST, host);
    Ok(request)
}

async fn converse<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    max_answer_bytes: usize,
) -> Result<Answer, HttpError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| http(&error))?;
    let exchange = async move {
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| http(&error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, max_answer_bytes)
            .collect()
            .await
            .map_err(|error| http(&*error))?
            .to_bytes();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    };
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        // The connection is over: what it still brought is in the exchange's hands.
        ended = connection => match ended {
            Ok(()) => exchange.await,
            Err(error) => Err(http(&error)),
        },
    }
}

/// With all causes: hyper's own words say little.
fn http(error: &(dyn Error + 'static)) -> HttpError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    HttpError::Http(text)
}
