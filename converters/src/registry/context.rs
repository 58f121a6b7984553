//! Saying of a failure what was being done.

use windlass_api::{ConnectError, ErrorKind};

/// The failure as the cause of one that says what was being done; a request for preparation stays what it is.
pub(crate) fn about(error: ConnectError, message: impl FnOnce() -> String) -> ConnectError {
    match error.kind() {
        ErrorKind::NeedsPreparation => error,
        kind => ConnectError::new(kind, message()).caused_by(error),
    }
}
