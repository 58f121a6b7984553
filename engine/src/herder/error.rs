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
            HerderError::AlreadyExists(_) | HerderError::Conflict(_) => 409,
            HerderError::Internal(_) => 500,
        }
    }
}
