//! `ValueToKey`: a key made of fields of the value.

use windlass_api::{
    ConfigDef, ConnectError, MapValue, Props, RecordMut, Result, Schema, Struct, Text, Transform,
    Verdict,
};

use crate::config::{field_paths, field_syntax};
use crate::field_path::{FieldPath, Place};
use crate::keys::{distinct_names, replace_null_with_default};
use crate::nulls::{Nulls, put_copy};
use crate::recent::SchemaCache;
use crate::require;

/// Makes the key of fields of the value. A field inside a structure keeps its own name only.
pub(crate) struct ValueToKey {
    nulls: Nulls,
    fields: Vec<FieldPath>,
    keys: SchemaCache<Key>,
}

/// The key of values of a schema.
struct Key {
    schema: Schema,
    /// Where each of its fields is in the value.
    places: Vec<Place>,
}

impl ValueToKey {
    pub(crate) fn new() -> Self {
        ValueToKey {
            nulls: Nulls::default(),
            fields: Vec::new(),
            keys: SchemaCache::new(),
        }
    }

    fn of_map(&self, value: &MapValue) -> Result<MapValue> {
        let mut key = MapValue::with_capacity(self.fields.len());
        for path in &self.fields {
            let (name, _) = path.split()?;
            key.insert(name.clone(), path.value_in(value)?.cloned());
        }
        Ok(key)
    }

    fn of_struct(&mut self, value: &Struct) -> Result<Struct> {
        let key = self
            .keys
            .get_or_make(value.schema(), |schema| Key::new(&self.fields, schema))?;
        let mut values = Vec::with_capacity(key.places.len());
        for (place, field) in key.places.iter().zip(&key.schema.fields) {
            let value = place.copy(value, self.nulls)?;
            put_copy(field, &value)?;
            values.push(value);
        }
        Struct::from_values(key.schema.clone(), values)
    }
}

impl Transform for ValueToKey {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.fields = field_paths(config.get("fields")?, field_syntax(props)?)?;
        check_names(&self.fields)?;
        self.nulls = crate::config::nulls(&config)?;
        self.keys = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        if record.value_schema.is_none() {
            let key = self.of_map(require::map(&record.value, PURPOSE)?)?;
            record.key_schema = None;
            record.key = key.into();
            return Ok(Verdict::Keep);
        }
        let value = require::structure(&record.value, PURPOSE)?;
        let key = self.of_struct(value)?;
        let schema = value.schema().clone();
        record.key_schema = Some(key.schema().clone());
        record.key = key.into();
        record.value_schema = Some(schema);
        Ok(Verdict::Keep)
    }
}

impl Key {
    fn new(fields: &[FieldPath], value: &Schema) -> Result<Self> {
        let mut builder = Schema::structure();
        let mut places = Vec::with_capacity(fields.len());
        for path in fields {
            let Some(place) = path.place_in(value)? else {
                return Err(ConnectError::data(format!("Field does not exist: {path}")));
            };
            let (name, _) = path.split()?;
            builder = builder.field(name.clone(), place.copied.clone());
            places.push(place);
        }
        Ok(Key {
            schema: builder.build()?,
            places,
        })
    }
}

/// Fields of different structures may have the same name; in the key they cannot.
fn check_names(fields: &[FieldPath]) -> Result<()> {
    let mut names: Vec<&Text> = fields.iter().flat_map(|path| path.steps().last()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(ConnectError::config(format!(
            "fields: more than one of them is named {}, which can be in the key but once",
            pair[0]
        ))),
        None => Ok(()),
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    ConfigDef::new()
        .define(distinct_names(
            "fields",
            "The fields of the value that make the key.",
        ))
        .define(replace_null_with_default())
}

const PURPOSE: &str = "copying fields from value to key";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_must_differ_in_the_key() {
        let configure = |fields: &str| {
            let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
            let props = [pair("fields", fields), pair("field.syntax.version", "V2")];
            ValueToKey::new().configure(&props.into_iter().collect())
        };
        configure("a.id,b").unwrap();
        let error = configure("a.id,b.id").unwrap_err();
        assert!(error.message().contains("named id"), "{error}");
    }
}
