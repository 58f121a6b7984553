//! What workers of a cluster ask each other; a standalone worker refuses.

use hyper::StatusCode;
use windlass_engine::herder::{Herder, Signed};
use windlass_engine::peer::{AUTHORIZATION, SIGNATURE_ALGORITHM};

use crate::answer::Answer;
use crate::json;
use crate::problem::{Problem, Result};
use crate::request::Request;

/// `POST /connectors/C/tasks`
pub(super) async fn put_tasks(herder: &Herder, name: &str, request: &Request) -> Result<Answer> {
    // The body is read before the request is refused, as in Java.
    let serde_json::Value::Array(tasks) = json::value(&json::text(&request.body)?)? else {
        return Err(json::malformed("expected an array of task configurations"));
    };
    let task = |task: serde_json::Value| {
        let props = json::string_map(task.to_string().as_bytes())?;
        props.ok_or_else(|| Problem::internal("a task configuration is null"))
    };
    let tasks = tasks.into_iter().map(task).collect::<Result<_>>()?;
    herder
        .put_task_configs(name, tasks, signed(request))
        .await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `PUT /connectors/C/fence`
pub(super) async fn fence(herder: &Herder, name: &str, request: &Request) -> Result<Answer> {
    herder.fence_zombies(name, signed(request)).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn signed(request: &Request) -> Signed {
    let header = |name| {
        let value = request.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    Signed {
        body: request.body.clone(),
        authorization: header(AUTHORIZATION),
        algorithm: header(SIGNATURE_ALGORITHM),
    }
}
