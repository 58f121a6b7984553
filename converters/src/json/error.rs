//! What can be wrong with a message.

use windlass_api::{ConnectError, ErrorKind};

/// A result whose error is cheap to pass up.
pub(crate) type ReadResult<T> = Result<T, Box<ConnectError>>;

/// The bytes are not JSON.
#[cold]
pub(crate) fn syntax(at: usize, expected: &str) -> Box<ConnectError> {
    let cause = ConnectError::new(
        ErrorKind::Serialization,
        format!("expected {expected} at byte {at}"),
    );
    let message = "Converting byte[] to Kafka Connect data failed due to serialization error: ";
    Box::new(ConnectError::data(message).caused_by(cause))
}

/// The JSON is not what the schema demands.
#[cold]
pub(crate) fn data(message: impl Into<String>) -> Box<ConnectError> {
    Box::new(ConnectError::data(message))
}
