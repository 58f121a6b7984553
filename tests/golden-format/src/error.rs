//! Errors by the Java class that stands for them.

use serde_json::Value as Json;
use windlass_api::{ConnectError, ErrorKind};

use crate::case::text;
use crate::report::Outcome;

/// The kind of error that a Java exception class is here. What `java.lang` throws is one kind.
///
/// # Panics
/// For a class that has none.
pub fn error_kind(class: &str) -> ErrorKind {
    let (package, name) = class.rsplit_once('.').unwrap_or(("", class));
    match name {
        _ if package.starts_with("java.") => ErrorKind::Internal,
        "ConnectException" => ErrorKind::Connect,
        "RetriableException" => ErrorKind::Retriable,
        "DataException" => ErrorKind::Data,
        "SchemaBuilderException" => ErrorKind::SchemaBuilder,
        "SchemaProjectorException" => ErrorKind::SchemaProjector,
        "ConfigException" => ErrorKind::Config,
        "SerializationException" => ErrorKind::Serialization,
        "IllegalWorkerStateException" => ErrorKind::IllegalWorkerState,
        _ => panic!("no error kind for {class}"),
    }
}

/// Whether an expected result is an error.
pub fn is_error(expected: &Json) -> bool {
    expected.get("error").is_some()
}

/// Checks an error that came in a phase against the expected result.
///
/// # Errors
/// How it differs.
pub fn expect_error(expected: &Json, phase: &str, actual: &ConnectError) -> Outcome {
    let Some(error) = expected.get("error") else {
        return Err(format!("expected {expected}, failed with {actual:?}"));
    };
    if error_kind(text(&error["class"])) != actual.kind() || error["phase"] != phase {
        return Err(format!(
            "expected {error}, found {actual:?} in phase {phase}"
        ));
    }
    Ok(())
}

/// What came of a call of phase `call` or `convert`: `None` when an error was expected and came.
pub(crate) fn unless_error<T>(
    expected: &Json,
    actual: windlass_api::Result<T>,
) -> Result<Option<T>, String> {
    match (expected.get("error"), actual) {
        (Some(error), Err(actual)) => {
            let phase = error["phase"].as_str().unwrap_or_default();
            if phase == "configure" {
                return Err(format!("expected a failure to configure, found {actual:?}"));
            }
            expect_error(expected, phase, &actual).map(|()| None)
        }
        (Some(error), Ok(_)) => Err(format!("expected {error}, found no error")),
        (None, Err(actual)) => Err(format!("expected {expected}, failed with {actual:?}")),
        (None, Ok(actual)) => Ok(Some(actual)),
    }
}
