//! What can go wrong with a registry.

use thiserror::Error;
use windlass_api::{ConnectError, ErrorKind};

use super::RegistryUrl;

/// A failure of the registry, or on the way to it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A setting is wrong.
    #[error("{0}")]
    Config(String),

    /// No registry could be reached, or none answered in time.
    #[error("{request}: cannot reach the schema registry at {url}: {reason}")]
    Unreachable {
        /// What was asked, such as `registering a schema under subject "orders-value"`.
        request: String,
        /// The registry asked last.
        url: RegistryUrl,
        /// What the network said.
        reason: String,
    },

    /// The registry refused.
    #[error("{request}: the schema registry at {url} answered {code} (HTTP {status}): {message}")]
    Refused {
        /// What was asked.
        request: String,
        /// The registry asked.
        url: RegistryUrl,
        /// The HTTP status.
        status: u16,
        /// The registry's own code, such as 40403; the status where it gave none.
        code: i32,
        /// The registry's message.
        message: String,
    },

    /// The answer is not of the protocol.
    #[error(
        "{request}: the schema registry at {url} gave an answer that cannot be understood: {reason}"
    )]
    Protocol {
        /// What was asked.
        request: String,
        /// The registry asked.
        url: RegistryUrl,
        /// What is wrong with the answer.
        reason: String,
    },
}

impl RegistryError {
    /// Whether the same request may succeed later.
    pub fn is_retriable(&self) -> bool {
        match self {
            RegistryError::Unreachable { .. } => true,
            RegistryError::Refused { status, .. } => is_retriable_status(*status),
            RegistryError::Config(_) | RegistryError::Protocol { .. } => false,
        }
    }
}

/// A record whose schema is unknown or refused is bad data; a registry that is down is worth another try; one that
/// does not know us is fatal for the task.
impl From<RegistryError> for ConnectError {
    fn from(error: RegistryError) -> Self {
        let kind = match &error {
            RegistryError::Config(_) => ErrorKind::Config,
            _ if error.is_retriable() => ErrorKind::Retriable,
            RegistryError::Refused {
                status: 401 | 403, ..
            } => ErrorKind::Connect,
            _ => ErrorKind::Data,
        };
        ConnectError::new(kind, error.to_string()).caused_by(error)
    }
}

/// The statuses after which Java's client tries again.
pub(super) fn is_retriable_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}
