//! From an HTTP request to an answer.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode};
use tokio::time::Instant;
use tracing::debug;
use windlass_engine::config::ConnectorValidation;
use windlass_engine::herder::Herder;
use windlass_engine::peer::PeerClient;
use windlass_engine::plugins::Plugins;

use crate::acceptor::OverTls;
use crate::answer::Answer;
use crate::auth::Gate;
use crate::body::Bodies;
use crate::connections::Place;
use crate::cors::Cors;
use crate::forward::forward;
use crate::header_rules::HeaderRules;
use crate::loggers::Loggers;
use crate::path;
use crate::problem::{Problem, Result};
use crate::request::Request;
use crate::resources;
use crate::route::Resource;

/// What every request can reach.
#[derive(Debug)]
pub(crate) struct App {
    /// Empty while the worker starts.
    pub(crate) worker: OnceLock<Worker>,
    pub(crate) loggers: Loggers,
    pub(crate) cors: Option<Cors>,
    pub(crate) header_rules: HeaderRules,
    /// Who may use it.
    pub(crate) gate: Gate,
    pub(crate) bodies: Bodies,
    /// Other workers of the cluster.
    pub(crate) peers: PeerClient,
    /// `topic.tracking.enable`
    pub(crate) topic_tracking: bool,
    /// `topic.tracking.allow.reset`
    pub(crate) topic_reset: bool,
}

/// What answers are about.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) herder: Herder,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) validation: ConnectorValidation,
}

/// What a listener offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    Whole,
    WithoutAdmin,
    Admin,
}

impl App {
    /// Answers one request.
    pub(crate) async fn answer(
        &self,
        request: hyper::Request<Incoming>,
        surface: Surface,
        place: &Place,
    ) -> Response<Full<Bytes>> {
        let begin = Instant::now();
        let (head, body) = request.into_parts();
        let answer = match refuse(&head.method, &head.uri, &head.headers) {
            Some(refusal) => refusal,
            None => match self.bodies.read(body).await {
                Ok(body) => {
                    let _answering = place.answering();
                    self.route(&head, body, surface).await
                }
                Err(answer) => answer,
            },
        };
        let status = answer.status;
        let response = self.finish(answer, &head.method, &head.headers);
        debug!(
            target: "windlass_rest::access",
            method = %head.method, path = head.uri.path(), status = status.as_u16(),
            bytes = response.body().size(), millis = begin.elapsed().as_millis(), "request"
        );
        response
    }

    async fn route(
        &self,
        head: &hyper::http::request::Parts,
        body: Bytes,
        surface: Surface,
    ) -> Answer {
        let with_page = has_page(&head.method);
        let segments = match path::segments(head.uri.path()) {
            Ok(segments) => segments,
            Err(refused) => return Answer::refusal(StatusCode::BAD_REQUEST, refused.0, with_page),
        };
        let Some(worker) = self.worker.get() else {
            return Answer::refusal(StatusCode::NOT_FOUND, "Not Found", with_page);
        };
        let resource = Resource::find(&segments).filter(|resource| match surface {
            Surface::Whole => true,
            Surface::WithoutAdmin => !resource.is_admin(),
            Surface::Admin => resource.is_on_admin_listeners(),
        });
        let mut request = Request::new(
            head.method.clone(),
            head.uri.query(),
            head.headers.clone(),
            body,
        );
        request.secure = head.extensions.get::<OverTls>().is_some();
        let answered =
            tokio::time::timeout(REQUEST_TIMEOUT, self.dispatch(worker, resource, &request));
        match answered.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(problem)) if problem.elsewhere().is_some() => {
                forward(&self.peers, &problem, head, &request).await
            }
            Ok(Err(problem)) => problem.into(),
            Err(_) => Problem::internal(TIMED_OUT).into(),
        }
    }

    /// The order of checks is the framework's: path, method, type of the body, type of the answer.
    async fn dispatch(
        &self,
        worker: &Worker,
        resource: Option<Resource>,
        request: &Request,
    ) -> Result<Answer> {
        let framework = |status| Err(Problem::of_framework(status));
        let Some(resource) = resource else {
            return framework(StatusCode::NOT_FOUND);
        };
        if request.method == Method::OPTIONS {
            if let Some(refusal) = self.refusal(&resource, request).await {
                return Ok(refusal);
            }
            let allowed = resource.allowed();
            let mut answer = Answer::text(allowed.clone());
            answer.headers.extend(
                HeaderValue::from_str(&allowed)
                    .ok()
                    .map(|value| (ALLOW, value)),
            );
            return Ok(answer);
        }
        if !resource.takes(&request.method) {
            return framework(StatusCode::METHOD_NOT_ALLOWED);
        }
        let takes_body = matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
        if takes_body && !request.has_json_body() {
            return framework(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        if resource.is_json() && !request.accepts_json() {
            return framework(StatusCode::NOT_ACCEPTABLE);
        }
        if let Some(refusal) = self.refusal(&resource, request).await {
            return Ok(refusal);
        }
        resources::answer(self, worker, resource, request).await
    }

    async fn refusal(&self, resource: &Resource, request: &Request) -> Option<Answer> {
        let Request {
            method, headers, ..
        } = request;
        self.gate.refusal(method, resource, headers).await
    }

    fn finish(
        &self,
        answer: Answer,
        method: &Method,
        request: &HeaderMap,
    ) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(answer.body));
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        headers.extend(
            answer
                .content_type
                .map(|t| (CONTENT_TYPE, HeaderValue::from_static(t))),
        );
        headers.extend(answer.headers);
        if !answer.refusal {
            self.header_rules.apply(headers);
            if let Some(cors) = &self.cors {
                cors.apply(method, request, headers);
            }
        }
        response
    }
}

/// What is refused for its length alone.
fn refuse(method: &Method, uri: &hyper::Uri, headers: &HeaderMap) -> Option<Answer> {
    let uri_bytes = uri.path_and_query().map_or(0, |p| p.as_str().len());
    let header_bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let status = if uri_bytes > MAX_HEAD_BYTES {
        StatusCode::URI_TOO_LONG
    } else if header_bytes > MAX_HEAD_BYTES {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    } else {
        return None;
    };
    Some(Answer::refusal(
        status,
        status.canonical_reason().unwrap_or_default(),
        has_page(method),
    ))
}

fn has_page(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::POST)
}

/// Java's default for all requests.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(90);
const TIMED_OUT: &str = "Request timed out";

/// Jetty's limit of the request line, and of the headers.
const MAX_HEAD_BYTES: usize = 8 * 1024;

trait Size {
    fn size(&self) -> u64;
}

impl Size for Full<Bytes> {
    fn size(&self) -> u64 {
        hyper::body::Body::size_hint(self).lower()
    }
}
