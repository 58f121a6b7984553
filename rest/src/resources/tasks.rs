//! `/connectors/C/tasks`

use hyper::StatusCode;
use serde_json::{Value, json};
use windlass_engine::herder::Herder;
use windlass_engine::status::{TaskId, TaskNumber};

use super::connectors::props_json;
use super::status::task_json;
use crate::answer::Answer;
use crate::problem::{Problem, Result};

/// `GET /connectors/C/tasks`
pub(super) fn list(herder: &Herder, name: &str) -> Result<Answer> {
    let tasks = herder.task_infos(name)?;
    let tasks: Vec<Value> = tasks
        .iter()
        .map(|task| json!({"id": id_json(&task.id), "config": props_json(&task.config)}))
        .collect();
    Ok(Answer::ok(&Value::Array(tasks)))
}

/// `GET /connectors/C/tasks/N/status`
pub(super) fn status(herder: &Herder, name: &str, task: &str) -> Result<Answer> {
    let task = number(task)?;
    Ok(Answer::ok(&task_json(
        task,
        &herder.task_status(name, task)?,
    )))
}

/// `POST /connectors/C/tasks/N/restart`
pub(super) async fn restart(herder: &Herder, name: &str, task: &str) -> Result<Answer> {
    herder.restart_task(name, number(task)?).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `ConnectorTaskId`
pub(super) fn id_json(id: &TaskId) -> Value {
    json!({"connector": &*id.connector, "task": id.task})
}

fn number(task: &str) -> Result<TaskNumber> {
    task.parse()
        .map_err(|_| Problem::worded(StatusCode::NOT_FOUND))
}
