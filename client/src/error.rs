//! What can go wrong between a client and a cluster, sorted by whom it concerns.

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use windlass_wire::ErrorCode;

use crate::config::ConfigError;

/// Any failure of this crate.
///
/// Cheap to clone: one dead connection fails every request that waited on it with the same cause.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// The user's configuration is wrong; nothing was tried.
    #[error(transparent)]
    Config(#[from] ConfigError),

    /// A broker answered with an error code.
    #[error("{what}: {code}{}", detail(.message))]
    Broker {
        /// What was asked and about what, such as `create topic "orders"`.
        what: String,
        /// The code as the broker sent it.
        code: ErrorCode,
        /// The broker's own words, when it sent any.
        message: Option<String>,
    },

    /// The stream to a broker could not be opened, or died while requests waited on it.
    #[error("connection to {peer}: {cause}")]
    Connection {
        /// Broker id and address, or the address alone while bootstrapping.
        peer: Arc<str>,
        /// Why; shared by every request that failed with it.
        cause: Arc<std::io::Error>,
    },

    /// The client and a broker did not come to trust each other: a certificate, a password, a mechanism. Trying again
    /// does not mend it.
    #[error("authentication with {peer} failed: {what}")]
    Authentication {
        /// Broker id and address, or the address alone while bootstrapping.
        peer: Arc<str>,
        /// Which of the reasons.
        what: String,
    },

    /// No bootstrap address and no known broker could be reached.
    #[error("no broker reachable at {addresses}: {last}")]
    Unreachable {
        /// What was tried, as configured.
        addresses: String,
        /// The failure of the last address tried.
        last: Arc<ClientError>,
    },

    /// Nothing came in time. The request may or may not have been carried out.
    #[error("{what}: no answer within {} ms", .after.as_millis())]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long it was waited for.
        after: Duration,
    },

    /// The peer broke the protocol, or speaks no version of a request that this client speaks.
    #[error("{peer}: {what}")]
    Protocol {
        /// Broker id and address.
        peer: Arc<str>,
        /// What was found and what was expected.
        what: String,
    },

    /// The broker does not offer an API (or a version of it) that the call needs.
    #[error("{peer}: {what}")]
    Unsupported {
        /// Broker id and address.
        peer: Arc<str>,
        /// Which request, and the versions each side speaks.
        what: String,
    },

    /// The end of a transaction was asked for and no answer tells what became of it. The producer must be initialised
    /// again before it does anything else: what was sent may still arrive.
    #[error("{what}: the outcome is not known: {cause}")]
    Indefinite {
        /// What was asked for.
        what: String,
        /// Why no answer came.
        cause: Arc<ClientError>,
    },

    /// A call that the state of the handle does not allow, such as to commit what was not begun.
    #[error("{0}")]
    State(String),

    /// The handle was closed, or the runtime that served it is gone.
    #[error("the client is closed")]
    Closed,
}

impl ClientError {
    /// A broker's error code about `what`.
    pub fn broker(what: impl Into<String>, code: ErrorCode) -> Self {
        Self::Broker {
            what: what.into(),
            code,
            message: None,
        }
    }

    /// A broker's error code about `what` with the broker's own message, if it sent one.
    pub fn broker_with(what: impl Into<String>, code: ErrorCode, message: Option<String>) -> Self {
        Self::Broker {
            what: what.into(),
            code,
            message: message.filter(|text| !text.is_empty()),
        }
    }

    /// The error code, if a broker answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Broker { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether another producer with the same `transactional.id` has taken over (Java's `ProducerFencedException`).
    pub fn is_fenced(&self) -> bool {
        self.code()
            .is_some_and(|code| code == ResponseError::ProducerFenced)
    }

    /// Whether the same call may succeed later without anyone changing anything.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Broker { code, .. } => code.is_retriable(),
            Self::Connection { .. } | Self::Unreachable { .. } | Self::Timeout { .. } => true,
            Self::Config(_)
            | Self::Authentication { .. }
            | Self::Protocol { .. }
            | Self::Unsupported { .. }
            | Self::Indefinite { .. }
            | Self::State(_)
            | Self::Closed => false,
        }
    }
}

fn detail(message: &Option<String>) -> String {
    message
        .as_ref()
        .map(|text| format!(": {text}"))
        .unwrap_or_default()
}
