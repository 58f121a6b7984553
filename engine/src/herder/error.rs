//! Why a request to the herder was refused.

/// A refused request; the message is the one Java answers with, for tools match it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HerderError {
    /// The request is wrong (`BadRequestException`).
    #[error("{0}")]
    BadRequest(String),
    /// There is no such thing (`NotFoundException`).
    #[error("{0}")]
    NotFound(String),
    /// A connector of that name exists (`AlreadyExistsException`).
    #[error("Connector {0} already exists")]
    AlreadyExists(String),
    /// Refused by the worker's configuration, such as topic tracking that is off.
    #[error("{0}")]
    Forbidden(String),
    /// The request cannot be served in the present state of the cluster; it may be repeated.
    #[error("{0}")]
    Conflict(String),
    /// Another worker has to serve it: the leader, or the one that runs what it is about. None is known during a
    /// rebalance.
    #[error(
        "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway."
    )]
    Elsewhere {
        /// The URL of that worker's REST server.
        url: Option<std::sync::Arc<str>>,
    },
    /// A request of another worker came before this one could check it.
    #[error("{0}")]
    Unavailable(String),
    /// Anything else (`ConnectException` and the like).
    #[error("{0}")]
    Internal(String),
}

impl HerderError {
    /// The HTTP status, also the `error_code` of the body.
    pub fn http_status(&self) -> u16 {
        match self {
            HerderError::BadRequest(_) => 400,
            HerderError::Forbidden(_) => 403,
            HerderError::NotFound(_) => 404,
            HerderError::AlreadyExists(_)
            | HerderError::Conflict(_)
            | HerderError::Elsewhere { .. } => 409,
            HerderError::Unavailable(_) => 503,
            HerderError::Internal(_) => 500,
        }
    }
}
