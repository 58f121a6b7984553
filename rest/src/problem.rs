//! `{"error_code":N,"message":".."}`: what went wrong, as Java words it.

use std::sync::Arc;

use hyper::StatusCode;
use serde_json::json;
use windlass_engine::herder::HerderError;
use windlass_secret::mask::masked;

use crate::answer::Answer;

/// A request that failed.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    message: String,
    /// The four answers that Java's framework gives before a resource is reached carry no content type.
    typed: bool,
    /// The worker that has to serve the request, if it is another; none is known during a rebalance.
    elsewhere: Option<Option<Arc<str>>>,
}

pub(crate) type Result<T> = std::result::Result<T, Problem>;

impl Problem {
    /// An error of a resource.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Problem {
            status,
            message: message.into(),
            typed: true,
            elsewhere: None,
        }
    }

    /// 400
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 403
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 500, also for what Java's JSON parser and null pointers make of a client's mistake.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// 404, 405, 406 or 415 of the framework.
    pub(crate) fn of_framework(status: StatusCode) -> Self {
        Problem {
            typed: false,
            ..Self::worded(status)
        }
    }

    /// Where the request has to go, if to another worker.
    pub(crate) fn elsewhere(&self) -> Option<&Option<Arc<str>>> {
        self.elsewhere.as_ref()
    }

    /// The framework's words for a status, given by a resource.
    pub(crate) fn worded(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or_default();
        Self::new(status, format!("HTTP {} {reason}", status.as_u16()))
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<HerderError> for Problem {
    fn from(error: HerderError) -> Self {
        let status = StatusCode::from_u16(error.http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = error.to_string();
        let elsewhere = match error {
            HerderError::Elsewhere { url } => Some(url),
            _ => None,
        };
        Problem {
            elsewhere,
            ..Self::new(status, text)
        }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let code = problem.status.as_u16();
        // What is quoted of a configuration may be a secret.
        let body = json!({"error_code": code, "message": masked(&problem.message)});
        let mut answer = Answer::json(problem.status, &body);
        if !problem.typed {
            answer.content_type = None;
        }
        answer
    }
}
