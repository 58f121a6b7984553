//! `HoistField`: the whole value as a field of a new structure.

use windlass_api::{
    ConfigDef, Importance, Kind, MapValue, Props, RecordMut, Result, Schema, Struct, Text,
    Transform, Verdict,
};

use crate::keys::required;
use crate::nulls::put;
use crate::recent::SchemaCache;
use crate::target::Target;

/// Makes the whole value a field of a new structure; null too.
pub(crate) struct HoistField {
    target: Target,
    /// Null when the configuration says so: the key of schemaless data then is null.
    field: Option<Text>,
    schemas: SchemaCache<Schema>,
}

impl HoistField {
    pub(crate) fn new(target: Target) -> Self {
        HoistField {
            target,
            field: None,
            schemas: SchemaCache::new(),
        }
    }
}

impl Transform for HoistField {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let field: Option<String> = config().parse(props)?.get("field")?;
        self.field = field.map(Text::from);
        self.schemas = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of_mut(record);
        let content = std::mem::take(value);
        let Some(schema) = schema else {
            let mut map = MapValue::with_capacity(1);
            map.insert(self.field.clone(), content);
            *value = map.into();
            return Ok(Verdict::Keep);
        };
        let hoisted = self.schemas.get_or_make(schema, |schema| {
            let name = self.field.clone().unwrap_or_default();
            Schema::structure().field(name, schema.clone()).build()
        })?;
        put(&hoisted.fields[0], &content)?;
        *value = Struct::from_values(hoisted.clone(), vec![content])?.into();
        *schema = hoisted.clone();
        Ok(Verdict::Keep)
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    ConfigDef::new().define(required(
        "field",
        Kind::String,
        Importance::Medium,
        "The field that the value is put into.",
    ))
}
