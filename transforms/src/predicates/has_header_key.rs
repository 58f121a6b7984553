//! `HasHeaderKey`: true for records with a header of that name.

use windlass_api::{ConfigDef, Importance, Kind, Predicate, Props, RecordMut, Result, Validator};

use crate::keys::required;

/// True for records with a header of that name.
#[derive(Default)]
pub(crate) struct HasHeaderKey {
    /// Null, given expressly, is the name of no header.
    name: Option<String>,
}

impl Predicate for HasHeaderKey {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        self.name = config().parse(props)?.get("name")?;
        Ok(())
    }

    fn test(&mut self, record: &RecordMut<'_>) -> Result<bool> {
        let headers = &record.headers;
        Ok(self
            .name
            .as_ref()
            .is_some_and(|name| headers.last_with_name(name).is_some()))
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    ConfigDef::new().define(
        required(
            "name",
            Kind::String,
            Importance::Medium,
            "The name of the header.",
        )
        .validator(Validator::non_empty_string()),
    )
}
