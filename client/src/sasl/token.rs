//! Getting tokens, and keeping them until shortly before they expire.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use windlass_http::{Answer, Outgoing};
use windlass_tls::ClientTls;

use super::SaslError;
use super::settings::{Endpoint, TokenSource};
use crate::clock::wall_ms;
use crate::cluster::Env;
use crate::config::Secret;
use crate::dns;
use crate::net::{SocketOptions, Stream};

/// The token of one login.
#[derive(Debug)]
pub(super) struct Tokens {
    env: Env,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The token, and until when it is given out.
    token: Option<(Secret, Instant)>,
    tls: Option<ClientTls>,
}

impl Tokens {
    pub(super) fn new(env: Env) -> Self {
        Self {
            env,
            kept: Mutex::default(),
        }
    }

    /// A token that is good for a while.
    pub(super) async fn token(&self, source: &TokenSource) -> Result<Secret, SaslError> {
        let mut kept = self.kept.lock().await;
        if let Some((token, until)) = &kept.token
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let now = wall_ms() / 1000;
        let token = match source {
            TokenSource::Unsecured(claims) => claims.token(u64::try_from(now).unwrap_or(0)),
            TokenSource::File(path) => of_file(path).await?,
            TokenSource::Endpoint(endpoint) => self.of_endpoint(endpoint, &mut kept.tls).await?,
        };
        let expiry = expiry(&token)?;
        // Java's share of a token's life (sasl.login.refresh.window.factor); a file is read again by its own clock.
        let left = u64::try_from(expiry.saturating_sub(now)).unwrap_or(0);
        let until = Instant::now() + Duration::from_secs(left.min(MAX_LIFE_SECONDS)).mul_f64(0.8);
        let token = Secret::new(token);
        kept.token = Some((token.clone(), until));
        Ok(token)
    }

    async fn of_endpoint(
        &self,
        endpoint: &Endpoint,
        tls: &mut Option<ClientTls>,
    ) -> Result<String, SaslError> {
        if endpoint.url.is_secure() && tls.is_none() {
            *tls = Some(ClientTls::new(endpoint.tls.clone()));
        }
        let give_up = Instant::now() + endpoint.backoff_max;
        let mut wait = endpoint.backoff.max(Duration::from_millis(1));
        loop {
            match self.ask(endpoint, tls.as_ref()).await {
                Err(SaslError::Passing(_)) if Instant::now() + wait < give_up => {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                other => return other,
            }
        }
    }

    async fn ask(&self, endpoint: &Endpoint, tls: Option<&ClientTls>) -> Result<String, SaslError> {
        let url = &endpoint.url;
        let passing =
            |what: String| SaslError::Passing(format!("getting a token from {url}: {what}"));
        let late = |limit: Duration| passing(format!("no answer within {} ms", limit.as_millis()));
        let connecting = self.connect(endpoint);
        let stream = match timeout(endpoint.connect_timeout, connecting).await {
            Ok(stream) => stream.map_err(|error| passing(error.to_string()))?,
            Err(_) => return Err(late(endpoint.connect_timeout)),
        };
        let request = Outgoing {
            method: Method::POST,
            path: url.path(),
            headers: headers(endpoint)?,
            body: form(endpoint).into(),
            max_answer_bytes: MAX_ANSWER_BYTES,
        };
        let asking = windlass_http::exchange(stream, url, tls, request);
        let answer = match timeout(endpoint.read_timeout, asking).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_final() => {
                let what = format!("getting a token from {url}: {error}");
                return Err(SaslError::Final(what));
            }
            Ok(Err(error)) => return Err(passing(error.to_string())),
            Err(_) => return Err(late(endpoint.read_timeout)),
        };
        token_of(&answer, endpoint)
    }

    async fn connect(&self, endpoint: &Endpoint) -> std::io::Result<Box<dyn Stream>> {
        let (host, port) = (endpoint.url.host(), endpoint.url.port());
        let mut last = std::io::Error::other("no address");
        for address in dns::addresses(&*self.env.resolver, host, port).await? {
            let options = SocketOptions::default();
            match self.env.dialer.dial(host, address, options).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn of_file(path: &Path) -> Result<String, SaslError> {
    let what = |cause: String| {
        SaslError::Final(format!(
            "sasl.oauthbearer.token.endpoint.url: {}: {cause}",
            path.display()
        ))
    };
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| what(error.to_string()))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(what("expected a token, found nothing".to_owned()));
    }
    Ok(token.to_owned())
}

fn headers(endpoint: &Endpoint) -> Result<HeaderMap, SaslError> {
    let (mut id, mut secret) = (
        endpoint.client_id.clone(),
        endpoint.client_secret.reveal().to_owned(),
    );
    if endpoint.urlencode {
        (id, secret) = (form_encode(&id), form_encode(&secret));
    }
    let credentials = format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")));
    let mut credentials = HeaderValue::from_str(&credentials)
        .map_err(|_| SaslError::Final("the client secret fits no header".to_owned()))?;
    credentials.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, credentials);
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    Ok(headers)
}

fn form(endpoint: &Endpoint) -> String {
    let mut form = "grant_type=client_credentials".to_owned();
    if let Some(scope) = endpoint.scope.as_deref().map(str::trim)
        && !scope.is_empty()
    {
        form.push_str("&scope=");
        form.push_str(&form_encode(scope));
    }
    form
}

fn token_of(answer: &Answer, endpoint: &Endpoint) -> Result<String, SaslError> {
    let (url, status) = (&endpoint.url, answer.status);
    if status.is_success() {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let token = body.get("access_token").and_then(|token| token.as_str());
        return token
            .map(|token| token.trim().to_owned())
            .filter(|token| !token.is_empty())
            .ok_or_else(|| SaslError::Final(format!("{url} answered without an access_token")));
    }
    let shown = String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]).into_owned();
    let what = format!("{url} answered {status}: {}", shown.trim());
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        Err(SaslError::Passing(what))
    } else {
        Err(SaslError::Final(what))
    }
}

/// When a token expires, in seconds since 1970: of a token only that is read, the rest is the broker's business.
fn expiry(token: &str) -> Result<i64, SaslError> {
    let refuse = |what: &str| SaslError::Final(format!("the token is no JWT: expected {what}"));
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(refuse("three parts between dots"));
    };
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .map_err(|_| refuse("base64 in its second part"))?;
    let claims: serde_json::Value =
        serde_json::from_slice(&claims).map_err(|_| refuse("JSON in its second part"))?;
    let expiry = claims.get("exp").and_then(serde_json::Value::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    expiry
        .map(|seconds| seconds as i64)
        .ok_or_else(|| refuse("the claim exp"))
}

fn form_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        match byte {
            b' ' => out.push('+'),
            b if b.is_ascii_alphanumeric() || b"-_.*".contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

const MAX_ANSWER_BYTES: usize = 1 << 20;
/// What a token claims must not overflow a clock.
const MAX_LIFE_SECONDS: u64 = 86_400 * 365;
