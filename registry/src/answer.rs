//! What is sent back.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::json;

use crate::problem::{Problem, Result};

/// A body of JSON, with 200.
pub(crate) fn json(value: &impl Serialize) -> Result<Response<Full<Bytes>>> {
    let body = serde_json::to_vec(value).map_err(Problem::store)?;
    Ok(response(200, body))
}

/// A refusal.
pub(crate) fn problem(problem: &Problem) -> Response<Full<Bytes>> {
    let body = json!({ "error_code": problem.code, "message": problem.message });
    response(problem.status, body.to_string().into_bytes())
}

fn response(status: u16, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/vnd.schemaregistry.v1+json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
