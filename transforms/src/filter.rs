//! `Filter`: drops every record; used with a predicate.

use windlass_api::{ConfigDef, Props, RecordMut, Result, Transform, Verdict};

/// Drops every record.
pub(crate) struct Filter;

impl Transform for Filter {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, _: &Props) -> Result<()> {
        Ok(())
    }

    fn apply(&mut self, _: &mut RecordMut<'_>) -> Result<Verdict> {
        Ok(Verdict::Drop)
    }
}

/// The configuration keys: none.
fn config() -> ConfigDef {
    ConfigDef::new()
}
