//! Passing a request on to the worker that has to serve it.

use std::time::Duration;

use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap, LOCATION, TRANSFER_ENCODING,
};
use hyper::http::request::Parts;
use hyper::{StatusCode, Uri};
use windlass_engine::peer::{PeerAnswer, PeerClient};

use crate::answer::{Answer, JSON};
use crate::path;
use crate::problem::Problem;
use crate::request::Request;

/// Passes the request on. At most twice: a worker that got it from a user says `forward=true`, the next one
/// `forward=false`, and a third would be wrong about who has to serve it (B-011).
pub(crate) async fn forward(
    peers: &PeerClient,
    problem: &Problem,
    head: &Parts,
    request: &Request,
) -> Answer {
    let hop = request.parameter("forward");
    if hop.is_some_and(|hop| !hop.eq_ignore_ascii_case("true")) {
        let text =
            "Cannot complete request because of a conflicting operation (e.g. worker rebalance)";
        return Problem::new(StatusCode::CONFLICT, text).into();
    }
    let Some(Some(url)) = problem.elsewhere() else {
        return Problem::new(StatusCode::CONFLICT, problem.to_string()).into();
    };
    let query = query(request, hop.is_none());
    let target = format!("{}?{query}", head.uri.path());
    let (method, headers) = (head.method.clone(), end_to_end(&head.headers));
    let sent = peers.send(method, url, &target, headers, request.body.clone(), LIMIT);
    match sent.await {
        Ok(answer) => passed_back(answer, request),
        Err(error) => {
            let text = format!("IO Error trying to forward REST request: {error}");
            Problem::internal(text).into()
        }
    }
}

fn query(request: &Request, first_hop: bool) -> String {
    let mut query = format!("forward={first_hop}");
    for (name, value) in request.query.iter().filter(|(name, _)| name != "forward") {
        query.push_str(&format!("&{}={}", path::encode(name), path::encode(value)));
    }
    query
}

/// All headers, the caller's credentials included, without those of the connection.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT] {
        headers.remove(name);
    }
    headers
}

fn passed_back(answer: PeerAnswer, request: &Request) -> Answer {
    let PeerAnswer {
        status,
        headers,
        body,
    } = answer;
    let mut passed = Answer::empty(status);
    if headers.contains_key(CONTENT_TYPE) && !body.is_empty() {
        passed.content_type = Some(JSON);
    }
    passed.body = body;
    // What was created is told where the user asked, not where the leader is.
    let place = headers.get(LOCATION).and_then(|place| place.to_str().ok());
    match place.and_then(|place| place.parse::<Uri>().ok()) {
        Some(place) => passed.located(&request.absolute(place.path())),
        None => passed,
    }
}

/// As long as a request may take.
const LIMIT: Duration = Duration::from_secs(90);
