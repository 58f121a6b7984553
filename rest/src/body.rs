//! Reading the bodies of requests.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use tokio::sync::Semaphore;

use crate::answer::Answer;
use crate::problem::Problem;

/// What bounds the memory that bodies take, of all requests together: small ones are bounded by the number of connections,
/// of large ones only some are read at a time.
#[derive(Debug)]
pub(crate) struct Bodies {
    large: Semaphore,
}

impl Default for Bodies {
    fn default() -> Self {
        Bodies {
            large: Semaphore::new(LARGE_AT_A_TIME),
        }
    }
}

impl Bodies {
    /// Reads a body to its end.
    ///
    /// # Errors
    /// The answer to one that is too large, too slow, or ends early.
    pub(crate) async fn read(&self, body: Incoming) -> Result<Bytes, Answer> {
        match tokio::time::timeout(BODY_TIMEOUT, self.collect(body)).await {
            Ok(read) => read.map_err(Answer::from),
            Err(_) => Err(too_slow().into()),
        }
    }

    async fn collect(&self, mut body: Incoming) -> Result<Bytes, Problem> {
        if body.size_hint().lower() > MAX_BYTES as u64 {
            return Err(too_large());
        }
        let mut read = BytesMut::new();
        let mut _turn = None;
        loop {
            let frame = tokio::time::timeout(FRAME_TIMEOUT, body.frame());
            let frame = match frame.await.map_err(|_| too_slow())? {
                None => return Ok(read.freeze()),
                Some(Ok(frame)) => frame,
                // The client went away in the middle; nobody reads this.
                Some(Err(_)) => return Err(Problem::bad_request("the request ended early")),
            };
            let Some(data) = frame.data_ref() else {
                continue;
            };
            if read.len() + data.len() > MAX_BYTES {
                return Err(too_large());
            }
            if _turn.is_none() && read.len() + data.len() > SMALL_BYTES {
                _turn = self.large.acquire().await.ok();
            }
            read.extend_from_slice(data);
        }
    }
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "HTTP 413 Request Entity Too Large",
    )
}

fn too_slow() -> Problem {
    Problem::worded(StatusCode::REQUEST_TIMEOUT)
}

/// Configurations are small; Java takes bodies of any size into memory.
const MAX_BYTES: usize = 64 * 1024 * 1024;
const SMALL_BYTES: usize = 1024 * 1024;
const LARGE_AT_A_TIME: usize = 4;

/// Without any byte of the body for this long the client is given up, as by Jetty.
const FRAME_TIMEOUT: Duration = Duration::from_secs(30);
/// The whole body.
const BODY_TIMEOUT: Duration = Duration::from_secs(90);
