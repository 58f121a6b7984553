//! The text that statuses give as the reason of a failure.

use std::error::Error;
use std::fmt::Write;

use windlass_api::{ConnectError, ErrorKind};

/// A failure with the record and the stage that it is about, for the cause of an error that has Java's words.
#[derive(Debug, thiserror::Error)]
#[error("{place}")]
pub(crate) struct Located {
    pub(crate) place: String,
    #[source]
    pub(crate) error: ConnectError,
}

/// What tools expect of a Java stack trace: `CLASS: MESSAGE` in the first line, where it happened in the second, then
/// each cause.
pub(crate) fn trace(error: &ConnectError, place: &str) -> String {
    let mut text = String::new();
    headline(&mut text, error);
    // Writing to a `String` cannot fail.
    let _ = write!(text, "\n\tat windlass.{place}");
    let mut cause = error.source();
    while let Some(error) = cause {
        cause = error.source();
        if let Some(Located { place, .. }) = error.downcast_ref() {
            let _ = write!(text, "\n\tat {place}");
            continue;
        }
        text.push_str("\nCaused by: ");
        match error.downcast_ref::<ConnectError>() {
            Some(error) => headline(&mut text, error),
            None => {
                let _ = write!(text, "{error}");
            }
        }
    }
    text.push('\n');
    text
}

/// The message of an error with those of its causes, for logs.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.ends_with(&message) {
            let _ = write!(text, ": {message}");
        }
        cause = error.source();
    }
    text
}

fn headline(text: &mut String, error: &ConnectError) {
    let class = java_class(error.kind());
    let _ = match error.message() {
        "" => write!(text, "{class}"),
        message => write!(text, "{class}: {message}"),
    };
}

/// The Java class that stands for a kind of error.
pub(crate) fn java_class(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Retriable => "org.apache.kafka.connect.errors.RetriableException",
        ErrorKind::Data => "org.apache.kafka.connect.errors.DataException",
        ErrorKind::SchemaBuilder => "org.apache.kafka.connect.errors.SchemaBuilderException",
        ErrorKind::SchemaProjector => "org.apache.kafka.connect.errors.SchemaProjectorException",
        ErrorKind::Config => "org.apache.kafka.common.config.ConfigException",
        ErrorKind::Serialization => "org.apache.kafka.common.errors.SerializationException",
        ErrorKind::IllegalWorkerState => {
            "org.apache.kafka.connect.errors.IllegalWorkerStateException"
        }
        ErrorKind::Internal => "java.lang.RuntimeException",
        _ => "org.apache.kafka.connect.errors.ConnectException",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_as_a_java_stack_trace_and_names_every_cause() {
        let io = std::io::Error::other("disk on fire");
        let error = ConnectError::connect("Tolerance exceeded in error handler")
            .caused_by(ConnectError::data("bad value").caused_by(io));
        assert_eq!(
            trace(&error, "task.SourceLoop(f-0)"),
            "org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler\n\
             \tat windlass.task.SourceLoop(f-0)\n\
             Caused by: org.apache.kafka.connect.errors.DataException: bad value\n\
             Caused by: disk on fire\n"
        );
        assert_eq!(
            chain(&error),
            "Tolerance exceeded in error handler: bad value: disk on fire"
        );
    }

    #[test]
    fn names_the_record_where_a_stack_trace_names_the_line() {
        let error = ConnectError::data("bad value");
        let place = "stage VALUE_CONVERTER, record t-0@7".to_owned();
        let error = ConnectError::connect("Tolerance exceeded").caused_by(Located { place, error });
        assert_eq!(
            trace(&error, "task(f-0)"),
            "org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded\n\
             \tat windlass.task(f-0)\n\
             \tat stage VALUE_CONVERTER, record t-0@7\n\
             Caused by: org.apache.kafka.connect.errors.DataException: bad value\n"
        );
    }
}
