//! The error of connector, converter and transform code.

use std::error::Error;
use std::fmt;

/// What kind of failure it is; decides whether the runtime retries, and names the Java class in traces and
/// dead letter queue headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `ConnectException`: fatal for the task.
    Connect,
    /// `RetriableException`: the same call may succeed later.
    Retriable,
    /// `DataException`: this record cannot be processed.
    Data,
    /// `SchemaBuilderException`
    SchemaBuilder,
    /// `SchemaProjectorException`
    SchemaProjector,
    /// `ConfigException`: a configuration value is missing or wrong.
    Config,
    /// `SerializationException` of a key or value.
    Serialization,
    /// `IllegalWorkerStateException`: a context call made too early or too late.
    IllegalWorkerState,
    /// A converter needs I/O first: see [`Converter::prepare`](crate::Converter::prepare). Never leaves the runtime.
    NeedsPreparation,
    /// What Java reports as an unchecked `java.lang` exception: a bug, or data that the code did not expect.
    Internal,
}

/// A failure of connector, converter or transform code.
///
/// The message says what failed, where, what was expected and what was found; it never contains a secret.
#[derive(Debug)]
pub struct ConnectError {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// A result whose error is a [`ConnectError`].
pub type Result<T, E = ConnectError> = std::result::Result<T, E>;

impl ConnectError {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        ConnectError {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// `DataException`: this record cannot be processed.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// `ConnectException`: fatal for the task.
    pub fn connect(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Connect, message)
    }

    /// `RetriableException`: the same call may succeed later.
    pub fn retriable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Retriable, message)
    }

    /// `ConfigException`: a configuration value is missing or wrong.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Adds what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later.
    pub fn is_retriable(&self) -> bool {
        self.kind == ErrorKind::Retriable
    }

    /// The message without its causes.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|e| e.as_ref() as _)
    }
}
