//! `DropHeaders`: headers removed by name.

use windlass_api::{ConfigDef, Props, RecordMut, Result, Transform, Verdict};

use crate::keys::distinct_names;

/// Removes headers by name.
#[derive(Default)]
pub(crate) struct DropHeaders {
    names: Vec<String>,
}

impl Transform for DropHeaders {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        self.names = config().parse(props)?.get("headers")?;
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        for name in &self.names {
            record.headers.remove(name);
        }
        Ok(Verdict::Keep)
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    ConfigDef::new().define(distinct_names(
        "headers",
        "The names of the headers to remove.",
    ))
}
