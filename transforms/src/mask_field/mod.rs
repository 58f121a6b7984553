//! `MaskField`: fields overwritten.

mod mask;

use windlass_api::{
    ConfigDef, Importance, Kind, Props, RecordMut, Result, Schema, Struct, Transform, Validator,
    Verdict,
};

use self::mask::Mask;
use crate::config::{field_paths, field_syntax};
use crate::field_path::NESTED;
use crate::field_tree::{Branch, FieldTree};
use crate::keys::{distinct_names, optional, replace_null_with_default};
use crate::nulls::Nulls;
use crate::recent::SchemaCache;
use crate::require;
use crate::target::Target;

/// Overwrites fields; schemas stay as they are.
pub(crate) struct MaskField {
    target: Target,
    nulls: Nulls,
    fields: FieldTree<()>,
    mask: Mask,
    places: SchemaCache<Places>,
}

/// Which fields of a schema are overwritten.
struct Places(Vec<(usize, Part)>);

enum Part {
    Whole,
    Inner(Places),
}

impl MaskField {
    pub(crate) fn new(target: Target) -> Self {
        MaskField {
            target,
            nulls: Nulls::default(),
            fields: FieldTree::default(),
            mask: Mask::default(),
            places: SchemaCache::new(),
        }
    }

    fn mask_struct(&mut self, structure: &mut Struct) -> Result<()> {
        let places = self.places.get_or_make(structure.schema(), |schema| {
            Places::new(&self.fields, schema)
        })?;
        for (field, value) in structure.iter_mut() {
            if value.is_null() {
                self.nulls.settle_field(field, value)?;
            }
        }
        places.mask(structure, self.nulls, &self.mask)
    }
}

impl Transform for MaskField {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        let paths = field_paths(config.get("fields")?, field_syntax(props)?)?;
        self.fields = FieldTree::new(paths.into_iter().map(|path| (path, ())))?;
        self.mask = Mask::new(config.get("replacement")?);
        self.nulls = crate::config::nulls(&config)?;
        self.places = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of_mut(record);
        if schema.is_some() {
            self.mask_struct(require::struct_mut(value, PURPOSE)?)?;
        } else {
            let map = require::map_mut(value, PURPOSE)?;
            self.fields.change_map(map, &mut |(), mut value| {
                self.mask.cover(&mut value)?;
                Ok(value)
            })?;
        }
        Ok(Verdict::Keep)
    }
}

impl Places {
    fn new(fields: &FieldTree<()>, schema: &Schema) -> Result<Self> {
        let mut places = Vec::new();
        for field in require::fields(schema)? {
            match fields.branch(&field.name) {
                None => {}
                Some(Branch::End(())) => places.push((field.index, Part::Whole)),
                Some(Branch::Inner(inner)) => {
                    let inner = Places::new(inner, &field.schema)?;
                    places.push((field.index, Part::Inner(inner)));
                }
            }
        }
        Ok(Places(places))
    }

    fn mask(&self, structure: &mut Struct, nulls: Nulls, mask: &Mask) -> Result<()> {
        for (index, part) in &self.0 {
            let Some((field, value)) = structure.iter_mut().nth(*index) else {
                continue;
            };
            match part {
                Part::Whole => {
                    if value.is_null() {
                        *value = nulls.read(&field.schema, value).clone();
                    }
                    mask.cover(value)?;
                }
                Part::Inner(_) if value.is_null() => {}
                Part::Inner(places) => {
                    places.mask(require::struct_mut(value, NESTED)?, nulls, mask)?;
                }
            }
        }
        Ok(())
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    let replacement = optional(
        "replacement",
        Kind::String,
        Importance::Low,
        "What numbers and texts are overwritten with; without it, with the null value of their type.",
    );
    ConfigDef::new()
        .define(distinct_names(
            "fields",
            "The names of the fields to overwrite.",
        ))
        .define(replacement.validator(Validator::non_empty_string()))
        .define(replace_null_with_default())
}

const PURPOSE: &str = "mask fields";
