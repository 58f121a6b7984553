//! `InsertHeader`: a header with a fixed value.

use windlass_api::{
    ConfigDef, Header, Importance, Kind, Props, RecordMut, Result, SchemaAndValue, Text, Transform,
    Validator, Verdict, values,
};

use crate::keys::required;

/// Adds a header with a fixed value.
#[derive(Default)]
pub(crate) struct InsertHeader {
    name: Text,
    content: SchemaAndValue,
}

impl Transform for InsertHeader {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.name = config.get::<String>("header")?.into();
        let literal = config.get::<String>("value.literal")?.into();
        self.content = values::parse_string(&literal).unwrap_or_default();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let header = Header::new(self.name.clone(), self.content.clone())?;
        record.headers.add(header);
        Ok(Verdict::Keep)
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    let key = |name, documentation| {
        required(name, Kind::String, Importance::High, documentation)
            .validator(Validator::non_null())
    };
    ConfigDef::new()
        .define(key("header", "The name of the header."))
        .define(key(
            "value.literal",
            "The value of the header; its type is guessed from the text.",
        ))
}
