//! What workers of a cluster ask each other; a standalone worker refuses.

use crate::answer::Answer;
use crate::json;
use crate::problem::{Problem, Result};
use crate::request::Request;

/// `POST /connectors/C/tasks`
pub(super) fn put_tasks(request: &Request) -> Result<Answer> {
    // The body is read before the request is refused, as in Java.
    if !json::value(&json::text(&request.body)?)?.is_array() {
        return Err(json::malformed("expected an array of task configurations"));
    }
    Err(Problem::internal(
        "Kafka Connect in standalone mode does not support externally setting task configurations.",
    ))
}

/// `PUT /connectors/C/fence`
pub(super) fn fence() -> Result<Answer> {
    Err(Problem::internal(
        "Kafka Connect in standalone mode does not support exactly-once source connectors.",
    ))
}
