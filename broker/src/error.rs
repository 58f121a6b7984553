//! What can go wrong with a broker itself; what goes wrong with a request is answered in its response.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use kafka_protocol::error::ResponseError;

/// A result whose error is a broker [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a broker could not start, store, or go on with a connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The user's: the address is taken, or is not one of this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The user's: another broker uses the directory.
    #[error("cannot use {}: another broker is running on this directory", path.display())]
    InUse {
        /// The storage directory.
        path: PathBuf,
    },
    /// The disk's: a file below the storage directory could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Storage {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The disk's: a file holds what this broker never writes.
    #[error("cannot read {}: {found}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found, and what was expected.
        found: String,
    },
    /// The peer's: bytes that are no request, or of a version that was not advertised.
    #[error("request {api_key} version {version}: {found}")]
    BadRequest {
        /// The API key as sent.
        api_key: i16,
        /// The version as sent.
        version: i16,
        /// What was wrong.
        found: String,
    },
    /// A bug, or a test's [`Fault::Answer`](crate::Fault::Answer) of another API: an answer that the request's version
    /// cannot express.
    #[error("cannot encode the answer in version {version}: {found}")]
    Answer {
        /// The version of the request.
        version: i16,
        /// What was wrong.
        found: String,
    },
    /// The peer's: a frame longer than `max_request_bytes`, or of negative length.
    #[error("request frame of {found} bytes, expected 0 to {limit}")]
    FrameSize {
        /// The length as sent.
        found: i32,
        /// The longest frame accepted.
        limit: usize,
    },
    /// The peer's: the stream failed, or ended within a frame.
    #[error("connection failed: {0}")]
    Connection(#[from] io::Error),
}

impl Error {
    pub(crate) fn storage(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Storage {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// What a client is told of a failure of the storage; the log tells which file and why.
    pub(crate) fn answer(self) -> ResponseError {
        tracing::error!(error = %self, "storage failed");
        ResponseError::KafkaStorageError
    }
}
