//! The records of the config topic: keys as text, values as schemaless JSON, the same as Java writes.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value as Json, json};
use windlass_api::Props;

use crate::herder::RestartScope;
use crate::status::{TargetState, TaskId};

/// What a record says. `None` is a tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConfigRecord {
    Target(Arc<str>, Option<TargetState>),
    Connector(Arc<str>, Option<Props>),
    Task(TaskId, Option<Props>),
    Commit(Arc<str>, usize),
    Restart(Arc<str>, RestartScope),
    /// How many tasks may be running with transactions; only written with exactly-once delivery (DI-051).
    Fencing(Arc<str>, usize),
    SessionKey(SessionKey),
    LoggerLevel(String, String),
}

/// The key that workers sign their requests with (KIP-507).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionKey {
    pub(crate) bytes: Vec<u8>,
    pub(crate) algorithm: String,
    /// Milliseconds since the epoch.
    pub(crate) created_at: i64,
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionKey({}, [hidden])", self.algorithm)
    }
}

/// Why a record is passed over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Nobody knows such keys; a later version may.
    Key,
    /// The value is not what its key promises.
    Value(&'static str),
}

impl ConfigRecord {
    /// Reads a record. The order of the tests is Java's.
    pub(crate) fn parse(key: &[u8], value: Option<&[u8]>) -> Result<Self, Unread> {
        let key = std::str::from_utf8(key).map_err(|_| Unread::Key)?;
        let value = match value {
            None => Json::Null,
            Some(value) => {
                serde_json::from_slice(value).map_err(|_| Unread::Value("expected JSON"))?
            }
        };
        if let Some(name) = key.strip_prefix(TARGET) {
            return Ok(Self::Target(Arc::from(name), target(&value)?));
        }
        if let Some(name) = key.strip_prefix(CONNECTOR) {
            return Ok(Self::Connector(Arc::from(name), properties(&value)?));
        }
        if let Some(id) = key.strip_prefix(TASK) {
            let (name, number) = id.rsplit_once('-').ok_or(Unread::Key)?;
            let id = TaskId {
                connector: Arc::from(name),
                task: number.parse().map_err(|_| Unread::Key)?,
            };
            return Ok(Self::Task(id, properties(&value)?));
        }
        if let Some(name) = key.strip_prefix(COMMIT) {
            let count = value.get("tasks").and_then(Json::as_u64);
            let count = count.and_then(|count| usize::try_from(count).ok());
            let count = count.ok_or(Unread::Value("expected a number of tasks"))?;
            return Ok(Self::Commit(Arc::from(name), count));
        }
        if let Some(name) = key.strip_prefix(RESTART) {
            let flag = |key| value.get(key).and_then(Json::as_bool).unwrap_or(false);
            if !value.is_object() {
                return Err(Unread::Value("expected an object"));
            }
            let scope = RestartScope {
                only_failed: flag("only-failed"),
                include_tasks: flag("include-tasks"),
            };
            return Ok(Self::Restart(Arc::from(name), scope));
        }
        if let Some(name) = key.strip_prefix(FENCING) {
            let count = value.get("task-count").and_then(Json::as_u64);
            let count = count.and_then(|count| usize::try_from(count).ok());
            let count = count.ok_or(Unread::Value("expected a number of tasks"))?;
            return Ok(Self::Fencing(Arc::from(name), count));
        }
        if key == SESSION_KEY {
            return session_key(&value).map(Self::SessionKey);
        }
        if let Some(namespace) = key.strip_prefix(LOGGER) {
            let level = value.get("level").and_then(Json::as_str);
            let level = level.ok_or(Unread::Value("expected a level"))?;
            return Ok(Self::LoggerLevel(namespace.to_owned(), level.to_owned()));
        }
        Err(Unread::Key)
    }

    /// The record's key.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Target(name, _) => format!("{TARGET}{name}"),
            Self::Connector(name, _) => format!("{CONNECTOR}{name}"),
            Self::Task(id, _) => format!("{TASK}{id}"),
            Self::Commit(name, _) => format!("{COMMIT}{name}"),
            Self::Restart(name, _) => format!("{RESTART}{name}"),
            Self::Fencing(name, _) => format!("{FENCING}{name}"),
            Self::SessionKey(_) => SESSION_KEY.to_owned(),
            Self::LoggerLevel(namespace, _) => format!("{LOGGER}{namespace}"),
        }
    }

    /// The record's value; `None` for a tombstone.
    pub(crate) fn value(&self) -> Option<Vec<u8>> {
        let value = match self {
            Self::Target(_, target) => target_json((*target)?),
            Self::Connector(_, props) | Self::Task(_, props) => properties_json(props.as_ref()?),
            Self::Commit(_, count) => json!({"tasks": count}),
            Self::Restart(_, scope) => {
                json!({"include-tasks": scope.include_tasks, "only-failed": scope.only_failed})
            }
            Self::Fencing(_, count) => json!({"task-count": count}),
            Self::SessionKey(key) => json!({
                "key": BASE64.encode(&key.bytes),
                "algorithm": key.algorithm,
                "creation-timestamp": key.created_at,
            }),
            Self::LoggerLevel(_, level) => json!({"level": level}),
        };
        Some(value.to_string().into_bytes())
    }
}

/// Workers that do not know `STOPPED` read `state`, and take it for paused (B-046).
fn target_json(target: TargetState) -> Json {
    let (state, v2) = match target {
        TargetState::Started => ("STARTED", "STARTED"),
        TargetState::Paused => ("PAUSED", "PAUSED"),
        TargetState::Stopped => ("PAUSED", "STOPPED"),
    };
    json!({"state": state, "state.v2": v2})
}

fn target(value: &Json) -> Result<Option<TargetState>, Unread> {
    if value.is_null() {
        return Ok(None);
    }
    let named = |key| match value.get(key).and_then(Json::as_str)? {
        "STARTED" => Some(TargetState::Started),
        "PAUSED" => Some(TargetState::Paused),
        "STOPPED" => Some(TargetState::Stopped),
        _ => None,
    };
    let target = named("state.v2").or_else(|| named("state"));
    target
        .map(Some)
        .ok_or(Unread::Value("expected a known state"))
}

fn properties_json(props: &Props) -> Json {
    let members: Map<String, Json> = props
        .iter()
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect();
    json!({"properties": members})
}

fn properties(value: &Json) -> Result<Option<Props>, Unread> {
    if value.is_null() {
        return Ok(None);
    }
    let members = value.get("properties").and_then(Json::as_object);
    let members = members.ok_or(Unread::Value("expected an object of properties"))?;
    let property = |(key, value): (&String, &Json)| match value {
        Json::Null => Ok((key.clone(), None)),
        Json::String(text) => Ok((key.clone(), Some(text.clone()))),
        _ => Err(Unread::Value("expected properties that are text")),
    };
    members
        .iter()
        .map(property)
        .collect::<Result<_, _>>()
        .map(Some)
}

fn session_key(value: &Json) -> Result<SessionKey, Unread> {
    let text = |key| value.get(key).and_then(Json::as_str);
    let wrong = Unread::Value("expected a session key");
    let (Some(key), Some(algorithm), Some(created_at)) = (
        text("key"),
        text("algorithm"),
        value.get("creation-timestamp").and_then(Json::as_i64),
    ) else {
        return Err(wrong);
    };
    Ok(SessionKey {
        bytes: BASE64.decode(key).map_err(|_| wrong)?,
        algorithm: algorithm.to_owned(),
        created_at,
    })
}

const TARGET: &str = "target-state-";
const CONNECTOR: &str = "connector-";
const TASK: &str = "task-";
const COMMIT: &str = "commit-";
const RESTART: &str = "restart-connector-";
const FENCING: &str = "tasks-fencing-";
const SESSION_KEY: &str = "session-key";
const LOGGER: &str = "logger-cluster-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_java_are_read_and_written_back_the_same() {
        let records = [
            (
                "session-key",
                r#"{"key":"pjbiwSsZqt1kPKTYKHJ1yKdh0ea56mdaRbPeSlqOI0g=","algorithm":"HmacSHA256","creation-timestamp":1795248019691}"#,
            ),
            (
                "connector-file-sink",
                r#"{"properties":{"connector.class":"FileStreamSink","tasks.max":"2","empty":null,"name":"file-sink"}}"#,
            ),
            (
                "task-file-sink-1",
                r#"{"properties":{"file":"ä","task.class":"T"}}"#,
            ),
            ("commit-file-sink", r#"{"tasks":2}"#),
            ("tasks-fencing-file-source", r#"{"task-count":1}"#),
            (
                "target-state-file-source",
                r#"{"state":"PAUSED","state.v2":"STOPPED"}"#,
            ),
            (
                "target-state-file-source",
                r#"{"state":"STARTED","state.v2":"STARTED"}"#,
            ),
            (
                "restart-connector-file-source",
                r#"{"include-tasks":true,"only-failed":false}"#,
            ),
            (
                "logger-cluster-org.apache.kafka.connect.runtime.WorkerSinkTask",
                r#"{"level":"WARN"}"#,
            ),
        ];
        for (key, value) in records {
            let record = ConfigRecord::parse(key.as_bytes(), Some(value.as_bytes()));
            let record = record.unwrap_or_else(|_| panic!("{key} is read"));
            assert_eq!(record.key(), key);
            let written = record.value().map(|v| String::from_utf8(v).unwrap());
            assert_eq!(written.as_deref(), Some(value));
        }
        for key in ["connector-a", "target-state-a", "task-a-b-3"] {
            let record = ConfigRecord::parse(key.as_bytes(), None).unwrap();
            assert_eq!((record.key().as_str(), record.value()), (key, None));
        }
    }

    #[test]
    fn names_with_hyphens_are_cut_from_the_end() {
        let record = ConfigRecord::parse(b"task-a-b-12", None).unwrap();
        let ConfigRecord::Task(id, None) = record else {
            panic!("{record:?}");
        };
        assert_eq!((&*id.connector, id.task), ("a-b", 12));
    }

    #[test]
    fn what_cannot_be_read_is_told_apart() {
        let parse = |key: &str, value: &str| {
            ConfigRecord::parse(key.as_bytes(), Some(value.as_bytes())).unwrap_err()
        };
        assert_eq!(parse("unknown-a", "{}"), Unread::Key);
        assert_eq!(parse("task-a", "{}"), Unread::Key);
        assert_eq!(parse("task-a-b", "{}"), Unread::Key);
        for (key, value) in [
            ("connector-a", "{"),
            ("connector-a", "[]"),
            ("connector-a", r#"{"properties":{"a":1}}"#),
            ("target-state-a", r#"{"state":"GONE"}"#),
            ("commit-a", r#"{"tasks":"2"}"#),
            ("commit-a", r#"{"tasks":-1}"#),
            (
                "session-key",
                r#"{"key":"*","algorithm":"x","creation-timestamp":1}"#,
            ),
            ("logger-cluster-a", "{}"),
            ("restart-connector-a", "1"),
        ] {
            assert!(
                matches!(parse(key, value), Unread::Value(_)),
                "{key} {value}"
            );
        }
        let newer = r#"{"state":"PAUSED","state.v2":"SOMETHING"}"#;
        assert_eq!(
            ConfigRecord::parse(b"target-state-a", Some(newer.as_bytes())),
            Ok(ConfigRecord::Target(
                Arc::from("a"),
                Some(TargetState::Paused)
            ))
        );
    }
}
