//! The half of a record that a transform works on.

use windlass_api::{Record, Schema, Value};

/// The half of a record that a transform works on: what tells `$Key` from `$Value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The key.
    Key,
    /// The value.
    Value,
}

impl Target {
    /// Schema and value of the half.
    pub(crate) fn of(self, record: &Record) -> (Option<&Schema>, &Value) {
        match self {
            Target::Key => (record.key_schema.as_ref(), &record.key),
            Target::Value => (record.value_schema.as_ref(), &record.value),
        }
    }

    /// Schema and value of the half, to change them.
    pub(crate) fn of_mut(self, record: &mut Record) -> (&mut Option<Schema>, &mut Value) {
        match self {
            Target::Key => (&mut record.key_schema, &mut record.key),
            Target::Value => (&mut record.value_schema, &mut record.value),
        }
    }
}
