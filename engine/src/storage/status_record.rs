//! The records of the status topic: keys as text, values as schemaless JSON, the same as Java writes.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::status::{State, Status, TaskId};

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatusKey {
    Connector(Arc<str>),
    Task(TaskId),
    /// A topic that a connector uses.
    Topic {
        topic: Arc<str>,
        connector: Arc<str>,
    },
}

impl StatusKey {
    /// The connector that it is about.
    pub(crate) fn connector(&self) -> &Arc<str> {
        match self {
            Self::Connector(name) => name,
            Self::Task(id) => &id.connector,
            Self::Topic { connector, .. } => connector,
        }
    }

    /// Reads a key; `None` when nobody knows it.
    pub(crate) fn parse(key: &[u8]) -> Option<Self> {
        let key = std::str::from_utf8(key).ok()?;
        if let Some(name) = key.strip_prefix(CONNECTOR) {
            return Some(Self::Connector(Arc::from(name)));
        }
        if let Some(id) = key.strip_prefix(TASK) {
            let (name, number) = id.rsplit_once('-')?;
            return Some(Self::Task(TaskId {
                connector: Arc::from(name),
                task: number.parse().ok()?,
            }));
        }
        let (topic, connector) = key.strip_prefix(TOPIC)?.split_once(':')?;
        Some(Self::Topic {
            topic: Arc::from(topic),
            connector: Arc::from(connector.strip_prefix(OF_CONNECTOR)?),
        })
    }

    /// The key's bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Connector(name) => format!("{CONNECTOR}{name}"),
            Self::Task(id) => format!("{TASK}{id}"),
            Self::Topic { topic, connector } => format!("{TOPIC}{topic}:{OF_CONNECTOR}{connector}"),
        }
        .into_bytes()
    }
}

/// A status as it is stored.
pub(crate) fn status_value(status: &Status) -> Vec<u8> {
    json!({
        "state": status.state.as_str(),
        "trace": status.trace.as_deref(),
        "worker_id": &*status.worker_id,
        "generation": status.generation,
        "version": status.version.as_deref(),
    })
    .to_string()
    .into_bytes()
}

/// A stored status; `None` when it is none. The version came with Kafka 4.1 (KIP-891).
pub(crate) fn parse_status(value: &[u8]) -> Option<Status> {
    let value: Json = serde_json::from_slice(value).ok()?;
    let text = |key| value.get(key).and_then(Json::as_str).map(Arc::<str>::from);
    let generation = value.get("generation")?.as_i64()?;
    Some(Status {
        state: State::from_name(value.get("state")?.as_str()?)?,
        worker_id: text("worker_id")?,
        generation: i32::try_from(generation).ok()?,
        version: text("version"),
        trace: text("trace"),
    })
}

/// That a task used a topic, at this time in milliseconds since the epoch.
pub(crate) fn topic_value(topic: &str, task: &TaskId, at: i64) -> Vec<u8> {
    json!({"topic": {
        "name": topic,
        "connector": &*task.connector,
        "task": task.task,
        "discoverTimestamp": at,
    }})
    .to_string()
    .into_bytes()
}

const CONNECTOR: &str = "status-connector-";
const TASK: &str = "status-task-";
const TOPIC: &str = "status-topic-";
const OF_CONNECTOR: &str = "connector-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_java_are_read_and_written_back_the_same() {
        for key in [
            "status-connector-file-source",
            "status-task-file-sink-0",
            "status-topic-connect-test:connector-file-source",
        ] {
            let parsed = StatusKey::parse(key.as_bytes()).expect(key);
            assert_eq!(parsed.to_bytes(), key.as_bytes());
        }
        for key in [
            "status-task-a",
            "status-task-a-x",
            "status-topic-a",
            "x",
            "status-topic-a:b",
        ] {
            assert_eq!(StatusKey::parse(key.as_bytes()), None, "{key}");
        }
    }

    #[test]
    fn values_of_java_are_read_and_written_back_the_same() {
        for value in [
            r#"{"state":"RUNNING","trace":null,"worker_id":"localhost:38083","generation":3,"version":"4.3.1"}"#,
            r#"{"state":"UNASSIGNED","trace":null,"worker_id":"localhost:38084","generation":6,"version":null}"#,
            r#"{"state":"FAILED","trace":"java.lang.Error\n","worker_id":"h:1","generation":0,"version":"1"}"#,
        ] {
            let status = parse_status(value.as_bytes()).expect(value);
            assert_eq!(String::from_utf8(status_value(&status)).unwrap(), value);
        }
        let older = br#"{"state":"RUNNING","trace":null,"worker_id":"h:1","generation":3}"#;
        assert_eq!(parse_status(older).unwrap().version, None);
        for value in [
            "",
            "{}",
            "[]",
            r#"{"state":"GONE","worker_id":"h","generation":1}"#,
        ] {
            assert_eq!(parse_status(value.as_bytes()), None, "{value}");
        }
        let id = TaskId {
            connector: Arc::from("file-source"),
            task: 0,
        };
        assert_eq!(
            String::from_utf8(topic_value("connect-test", &id, 1795248050668)).unwrap(),
            r#"{"topic":{"name":"connect-test","connector":"file-source","task":0,"discoverTimestamp":1795248050668}}"#
        );
    }
}
