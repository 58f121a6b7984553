//! `RecordIsTombstone`: true for records whose value is null.

use windlass_api::{ConfigDef, Predicate, Props, RecordMut, Result};

/// True for records whose value is null.
pub(crate) struct RecordIsTombstone;

impl Predicate for RecordIsTombstone {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, _: &Props) -> Result<()> {
        Ok(())
    }

    fn test(&mut self, record: &RecordMut<'_>) -> Result<bool> {
        Ok(record.value.is_null())
    }
}

/// The configuration keys: none.
fn config() -> ConfigDef {
    ConfigDef::new()
}
