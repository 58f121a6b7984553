//! Kafka's error codes.

use std::fmt;

use kafka_protocol::error::ResponseError;

/// The error code of a response, never zero: zero is no error.
///
/// `Display` gives the name the field knows (`NOT_LEADER_OR_FOLLOWER`), or the number where this build has no name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorCode(i16);

impl ErrorCode {
    /// The error in a response's code field, or `Ok` for zero.
    pub fn check(code: i16) -> Result<(), Self> {
        if code == 0 { Ok(()) } else { Err(Self(code)) }
    }

    /// The error of a code field, `None` for zero.
    #[must_use]
    pub fn new(code: i16) -> Option<Self> {
        Self::check(code).err()
    }

    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> i16 {
        self.0
    }

    /// As kafka-protocol's enum, for `match`.
    #[must_use]
    pub fn kind(self) -> ResponseError {
        ResponseError::try_from_code(self.0).unwrap_or(ResponseError::Unknown(self.0))
    }

    /// Whether the same request may succeed later, after a refresh of metadata or coordinator where that helps
    /// (Java's `RetriableException`).
    #[must_use]
    pub fn is_retriable(self) -> bool {
        // Java's ConcurrentTransactionsException became retriable; kafka-protocol's table has it as it was.
        self == ResponseError::ConcurrentTransactions || self.kind().is_retriable()
    }
}

impl From<ResponseError> for ErrorCode {
    fn from(error: ResponseError) -> Self {
        Self(error.code())
    }
}

impl PartialEq<ResponseError> for ErrorCode {
    fn eq(&self, other: &ResponseError) -> bool {
        self.0 == other.code()
    }
}

impl std::error::Error for ErrorCode {}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        if let ResponseError::Unknown(code) = kind {
            return write!(f, "error code {code}");
        }
        let camel = format!("{kind:?}");
        for (i, c) in camel.char_indices() {
            if i > 0 && c.is_ascii_uppercase() {
                f.write_str("_")?;
            }
            write!(f, "{}", c.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}({})", self.0)
    }
}
