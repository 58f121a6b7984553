//! `ExtractField`: one field in place of the whole value.

use windlass_api::{
    ConfigDef, ConnectError, ErrorKind, Importance, Kind, MapValue, Props, RecordMut, Result, Text,
    Transform, Value, Verdict,
};

use crate::field_path::{FieldPath, NESTED, Place};
use crate::keys::{field_syntax_version, replace_null_with_default, required};
use crate::nulls::Nulls;
use crate::recent::SchemaCache;
use crate::require;
use crate::rewrite::check_schema;
use crate::target::Target;

/// Puts one field in place of the whole value. Null stays null.
pub(crate) struct ExtractField {
    target: Target,
    nulls: Nulls,
    path: FieldPath,
    /// The path as configured.
    field: String,
    places: SchemaCache<Place>,
}

impl ExtractField {
    pub(crate) fn new(target: Target) -> Self {
        ExtractField {
            target,
            nulls: Nulls::default(),
            path: FieldPath::default(),
            field: String::new(),
            places: SchemaCache::new(),
        }
    }
}

impl Transform for ExtractField {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.field = config.get("field")?;
        self.path = FieldPath::new(&self.field, crate::config::field_syntax(props)?)?;
        self.nulls = crate::config::nulls(&config)?;
        self.places = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of_mut(record);
        let Some(schema) = schema else {
            if !value.is_null() {
                let map = require::take_map(value, PURPOSE)?;
                *value = from_map(&self.path, map)?;
            }
            return Ok(Verdict::Keep);
        };
        let structure = match value.is_null() {
            true => None,
            false => Some(require::take_struct(value, PURPOSE)?),
        };
        let place = self.places.get_or_make(schema, |schema| {
            let place = self.path.place_in(schema)?;
            place.ok_or_else(|| unknown(&self.field))
        })?;
        if let Some(mut structure) = structure {
            check_schema(&structure, schema)?;
            *value = place.indices.take(&mut structure, self.nulls)?;
        }
        *schema = place.schema.clone();
        Ok(Verdict::Keep)
    }
}

/// The value of schemaless data; null when there is no such entry, or null on the way to it.
fn from_map(path: &FieldPath, mut map: MapValue) -> Result<Value> {
    let (last, outer) = path.split()?;
    for step in outer {
        let mut inner = take_entry(map, step);
        if inner.is_null() {
            return Ok(Value::Null);
        }
        map = require::take_map(&mut inner, NESTED)?;
    }
    Ok(take_entry(map, last))
}

fn take_entry(map: MapValue, name: &Text) -> Value {
    map.into_iter()
        .find(|(key, _)| matches!(key, Value::String(key) if key == name))
        .map(|(_, value)| value)
        .unwrap_or_default()
}

fn unknown(field: &str) -> ConnectError {
    ConnectError::new(ErrorKind::Internal, format!("Unknown field: {field}"))
}

/// The configuration keys.
fn config() -> ConfigDef {
    ConfigDef::new()
        .define(required(
            "field",
            Kind::String,
            Importance::Medium,
            "The field to take out.",
        ))
        .define(replace_null_with_default())
        .define(field_syntax_version())
}

const PURPOSE: &str = "field extraction";
