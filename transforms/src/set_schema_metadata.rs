//! `SetSchemaMetadata`: name and version of a schema.

use windlass_api::{
    ConfigDef, ConnectError, Importance, Kind, Props, RecordMut, Result, Schema, SchemaDef, Struct,
    Text, Transform, Value, Verdict,
};

use crate::keys::{optional, replace_null_with_default};
use crate::nulls::Nulls;
use crate::recent::SchemaCache;
use crate::require;
use crate::rewrite::check_schema;
use crate::target::Target;

/// Sets name and version of a schema.
pub(crate) struct SetSchemaMetadata {
    target: Target,
    name: Option<Text>,
    version: Option<i32>,
    nulls: Nulls,
    updated: SchemaCache<Schema>,
}

impl SetSchemaMetadata {
    pub(crate) fn new(target: Target) -> Self {
        SetSchemaMetadata {
            target,
            name: None,
            version: None,
            nulls: Nulls::default(),
            updated: SchemaCache::new(),
        }
    }
}

impl Transform for SetSchemaMetadata {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.name = config.get::<Option<&str>>("schema.name")?.map(Text::from);
        self.version = config.get("schema.version")?;
        self.nulls = crate::config::nulls(&config)?;
        self.updated = SchemaCache::new();
        if self.name.is_none() && self.version.is_none() {
            return Err(ConnectError::config(
                "Neither schema name nor version configured",
            ));
        }
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of_mut(record);
        if value.is_null() && schema.is_none() {
            return Ok(Verdict::Keep);
        }
        let declared = require::schema(schema.as_ref(), "updating schema metadata")?;
        let updated = self.updated.get_or_make(declared, |declared| {
            // Java lists the fields of whatever schema it is.
            require::fields(declared)?;
            let mut def = SchemaDef::clone(declared);
            def.name = self.name.clone().or(def.name);
            def.version = self.version.or(def.version);
            Ok(def.into())
        })?;
        if let Value::Struct(_) = value {
            let structure = require::take_struct(value, "updating schema metadata")?;
            check_schema(&structure, declared)?;
            let mut values = structure.into_values();
            self.nulls.settle(updated, &mut values)?;
            *value = Struct::from_values(updated.clone(), values)?.into();
        }
        *schema = Some(updated.clone());
        Ok(Verdict::Keep)
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    ConfigDef::new()
        .define(optional(
            "schema.name",
            Kind::String,
            Importance::High,
            "The schema's new name.",
        ))
        .define(optional(
            "schema.version",
            Kind::Int,
            Importance::High,
            "The schema's new version.",
        ))
        .define(replace_null_with_default())
}
