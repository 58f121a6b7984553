//! Answers, before they become HTTP.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue, LOCATION};
use serde::Serialize;
use serde_json::Value;

use crate::json;
use crate::problem::{Problem, Result};

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
    /// Whether it comes from below the API, as Jetty's own pages: configured response headers do not apply.
    pub(crate) refusal: bool,
}

impl Answer {
    /// 200 with a JSON body.
    pub(crate) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// A JSON body.
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Answer {
            content_type: Some(JSON),
            body: json::to_bytes(body),
            ..Self::empty(status)
        }
    }

    /// A JSON body of anything that is written as such.
    pub(crate) fn serialized(status: StatusCode, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_value(body).map_err(|e| Problem::internal(e.to_string()))?;
        Ok(Self::json(status, &body))
    }

    /// No body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Answer {
            status,
            content_type: None,
            headers: Vec::new(),
            body: Bytes::new(),
            refusal: false,
        }
    }

    /// Plain text.
    pub(crate) fn text(body: String) -> Self {
        let body = Bytes::from(body);
        Answer {
            content_type: Some("text/plain"),
            body,
            ..Self::empty(StatusCode::OK)
        }
    }

    /// A page as Jetty writes for what never reaches the API. Methods other than GET, HEAD and POST get no body.
    pub(crate) fn refusal(status: StatusCode, why: &str, with_page: bool) -> Self {
        let mut answer = Answer {
            refusal: true,
            ..Self::empty(status)
        };
        answer.headers.push((
            hyper::header::CACHE_CONTROL,
            HeaderValue::from_static("must-revalidate,no-cache,no-store"),
        ));
        if with_page {
            let code = status.as_u16();
            answer.content_type = Some("text/html;charset=iso-8859-1");
            answer.body = Bytes::from(format!(
                "<html>\n<head><title>Error {code} {why}</title></head>\n<body><h2>HTTP ERROR {code} {why}</h2>\n\
                 </body>\n</html>\n"
            ));
        }
        answer
    }

    /// Adds the place of what was created.
    #[must_use]
    pub(crate) fn located(mut self, uri: &str) -> Self {
        // What does not fit a header has no place that could be told.
        if let Ok(value) = HeaderValue::from_str(uri) {
            self.headers.push((LOCATION, value));
        }
        self
    }
}

pub(crate) const JSON: &str = "application/json";
