//! `GET /connectors/C/status`

use serde_json::{Map, Value, json};
use windlass_engine::herder::{ConnectorStatus, ConnectorType, Herder};
use windlass_engine::status::{Status, TaskNumber};

use crate::answer::Answer;
use crate::problem::Result;

/// The states of a connector and its tasks.
pub(super) fn connector(herder: &Herder, name: &str) -> Result<Answer> {
    Ok(Answer::ok(&connector_json(&herder.connector_status(name)?)))
}

/// `ConnectorStateInfo`
pub(super) fn connector_json(status: &ConnectorStatus) -> Value {
    let tasks: Vec<Value> = status
        .tasks
        .iter()
        .map(|(task, status)| task_json(*task, status))
        .collect();
    json!({
        "name": &*status.name,
        "connector": state(Map::new(), &status.connector),
        "tasks": tasks,
        "type": type_name(status.kind),
    })
}

/// `ConnectorStateInfo.TaskState`
pub(super) fn task_json(task: TaskNumber, status: &Status) -> Value {
    state(Map::from_iter([("id".to_owned(), json!(task))]), status)
}

/// `source`, `sink`, or `unknown` for a class this worker does not have.
pub(super) fn type_name(kind: Option<ConnectorType>) -> &'static str {
    kind.map_or("unknown", ConnectorType::as_str)
}

fn state(mut members: Map<String, Value>, status: &Status) -> Value {
    members.insert("state".to_owned(), json!(status.state.as_str()));
    members.insert("worker_id".to_owned(), json!(&*status.worker_id));
    members.insert("version".to_owned(), json!(status.version.as_deref()));
    if let Some(trace) = &status.trace {
        members.insert("trace".to_owned(), json!(&**trace));
    }
    Value::Object(members)
}
