//! Single message transforms and predicates.

use crate::{ConfigDef, Props, RecordMut, Result};

/// What becomes of a record after a transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Keep,
    /// It is dropped; Java's transform returns null.
    Drop,
}

/// A single message transform (SMT). A task has its own instance.
pub trait Transform: Send {
    /// The configuration keys, without the `transforms.<alias>.` prefix.
    fn config(&self) -> ConfigDef;

    /// Takes the configuration.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a value is wrong.
    fn configure(&mut self, props: &Props) -> Result<()>;

    /// Changes the record in place or drops it. After an error the record's state means nothing: the runtime reports
    /// the raw record it was made from.
    ///
    /// # Errors
    /// Any; errors.tolerance decides.
    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict>;
}

/// A condition on a record, used with `transforms.<alias>.predicate`.
pub trait Predicate: Send {
    /// The configuration keys, without the `predicates.<alias>.` prefix.
    fn config(&self) -> ConfigDef;

    /// Takes the configuration.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a value is wrong.
    fn configure(&mut self, props: &Props) -> Result<()>;

    /// Whether the condition holds.
    ///
    /// # Errors
    /// Any; it counts as an error of the transform it guards.
    fn test(&mut self, record: &RecordMut<'_>) -> Result<bool>;
}
