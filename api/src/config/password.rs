//! Secrets.

use std::fmt;

/// Text that no log, error, REST answer or `{:?}` shows: it prints as `[hidden]`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// What a password prints as.
    pub const HIDDEN: &'static str = "[hidden]";

    /// Hides this text.
    pub fn new(secret: impl Into<String>) -> Self {
        Password(secret.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Self::HIDDEN)
    }
}

impl fmt::Display for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Self::HIDDEN)
    }
}
