//! Why the server cannot start.

use std::io;

/// What keeps the REST server from starting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting, or a connector file, is wrong.
    #[error("{0}")]
    Config(String),
    /// The keys or stores of a listener that speaks TLS are wrong.
    #[error("cannot listen on {listener}: {source}")]
    Tls {
        /// The URL.
        listener: String,
        /// What is wrong with them.
        source: windlass_tls::TlsError,
    },
    /// A listener cannot be opened.
    #[error("cannot listen on {listener}: {source}")]
    Bind {
        /// The URL.
        listener: String,
        /// Why.
        source: io::Error,
    },
}

/// A result whose error is an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
