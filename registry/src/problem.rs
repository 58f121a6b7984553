//! Refusals, in Confluent's words.

use std::fmt::Display;

/// What a request is refused with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: u32,
    pub(crate) message: String,
}

pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Problem {
            status,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn no_subject(subject: &str) -> Self {
        Self::new(404, 40401, format!("Subject '{subject}' not found."))
    }

    pub(crate) fn no_version(version: impl Display) -> Self {
        Self::new(404, 40402, format!("Version {version} not found."))
    }

    pub(crate) fn no_schema() -> Self {
        Self::new(404, 40403, "Schema not found")
    }

    pub(crate) fn no_schema_of(id: i32) -> Self {
        Self::new(404, 40403, format!("Schema {id} not found"))
    }

    pub(crate) fn subject_deleted(subject: &str) -> Self {
        let message = format!(
            "Subject '{subject}' was soft deleted.Set permanent=true to delete permanently"
        );
        Self::new(404, 40404, message)
    }

    pub(crate) fn subject_not_deleted(subject: &str) -> Self {
        let message =
            format!("Subject '{subject}' was not deleted first before being permanently deleted");
        Self::new(404, 40405, message)
    }

    pub(crate) fn no_level(subject: &str) -> Self {
        let message =
            format!("Subject '{subject}' does not have subject-level compatibility configured");
        Self::new(404, 40408, message)
    }

    pub(crate) fn incompatible(subject: &str, reasons: &[String]) -> Self {
        let message = format!(
            "Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: [{}]",
            reasons.join(", ")
        );
        Self::new(409, 409, message)
    }

    pub(crate) fn invalid_schema(reason: impl Display) -> Self {
        Self::new(
            422,
            42201,
            format!("Input schema is an invalid schema: {reason}"),
        )
    }

    pub(crate) fn invalid_version(version: &str) -> Self {
        let message = format!(
            "The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and \
             the string \"latest\""
        );
        Self::new(422, 42202, message)
    }

    pub(crate) fn invalid_level() -> Self {
        let message = "Invalid compatibility level. Valid values are none, backward, forward, full, \
                       backward_transitive, forward_transitive, and full_transitive";
        Self::new(422, 42203, message)
    }

    pub(crate) fn referenced(subject: &str, version: i32) -> Self {
        let message = format!(
            "One or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={subject},version={version}}}."
        );
        Self::new(422, 42206, message)
    }

    pub(crate) fn unprocessable(reason: impl Display) -> Self {
        Self::new(422, 422, reason.to_string())
    }

    pub(crate) fn no_path() -> Self {
        Self::new(404, 404, "HTTP 404 Not Found")
    }

    pub(crate) fn wrong_method() -> Self {
        Self::new(405, 405, "HTTP 405 Method Not Allowed")
    }

    pub(crate) fn store(reason: impl Display) -> Self {
        Self::new(
            500,
            50001,
            format!("Error in the backend datastore: {reason}"),
        )
    }
}
