//! `Cast`: fields, or the whole value, in another type.

mod convert;
mod spec;

use windlass_api::{
    ConfigDef, ConfigKey, ConnectError, Importance, Kind, Props, RecordMut, Result, Schema,
    Transform, Type, Validator, Value, Verdict,
};

use self::convert::cast;
use self::spec::{Spec, check_spec};
use crate::field_tree::FieldTree;
use crate::keys::replace_null_with_default;
use crate::nulls::Nulls;
use crate::recent::SchemaCache;
use crate::require;
use crate::rewrite::{FieldChange, Rewrite, copy_basics, keep_rest};
use crate::target::Target;

/// Gives fields, or the whole value, another type.
pub(crate) struct Cast {
    target: Target,
    nulls: Nulls,
    spec: Spec,
    /// The schema of a whole value, by that before.
    wholes: SchemaCache<Schema>,
    rewrites: SchemaCache<Rewrite<Type>>,
}

impl Cast {
    pub(crate) fn new(target: Target) -> Self {
        Cast {
            target,
            nulls: Nulls::default(),
            spec: Spec::default(),
            wholes: SchemaCache::new(),
            rewrites: SchemaCache::new(),
        }
    }
}

impl Transform for Cast {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.nulls = crate::config::nulls(&config)?;
        self.spec = Spec::new(config.get("spec")?, crate::config::field_syntax(props)?)?;
        self.wholes = SchemaCache::new();
        self.rewrites = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of_mut(record);
        if value.is_null() {
            return Ok(Verdict::Keep);
        }
        match (&self.spec, &mut *schema) {
            (Spec::Whole(kind), None) => *value = cast(None, std::mem::take(value), *kind)?,
            (Spec::Whole(kind), Some(schema)) => {
                let updated = self
                    .wholes
                    .get_or_make(schema, |from| whole_schema(from, *kind))?;
                *value = cast(Some(schema), std::mem::take(value), *kind)?;
                *schema = updated.clone();
            }
            (Spec::Fields(tree), None) => {
                let map = require::map_mut(value, PURPOSE)?;
                tree.change_map(map, &mut |kind, value| cast(None, value, *kind))?;
            }
            (Spec::Fields(tree), Some(schema)) => {
                let rewrite = self
                    .rewrites
                    .get_or_make(schema, |from| fields_schema(from, tree))?;
                let structure = require::struct_mut(value, PURPOSE)?;
                rewrite.apply(structure, self.nulls, &mut CastFields)?;
                *schema = rewrite.schema().clone();
            }
        }
        Ok(Verdict::Keep)
    }
}

/// Casts fields of structs.
struct CastFields;

impl FieldChange for CastFields {
    type Spec = Type;
    type Plan = Type;

    fn plan(&self, kind: &Type, field: &Schema) -> Result<(Type, Schema)> {
        let mut builder = Schema::builder(*kind);
        if field.optional {
            builder = builder.optional();
        }
        if let Some(default) = &field.default {
            builder = builder.default_value(cast(Some(field), default.clone(), *kind)?);
        }
        Ok((*kind, builder.build()?))
    }

    fn change(&mut self, kind: &Type, from: &Schema, value: Value) -> Result<Value> {
        cast(Some(from), value, *kind)
    }
}

fn whole_schema(from: &Schema, kind: Type) -> Result<Schema> {
    let mut builder = copy_basics(from, Schema::builder(kind));
    if from.optional {
        builder = builder.optional();
    }
    if let Some(default) = &from.default {
        builder = builder.default_value(cast(Some(from), default.clone(), kind)?);
    }
    builder.build()
}

fn fields_schema(from: &Schema, tree: &FieldTree<Type>) -> Result<Rewrite<Type>> {
    if from.default.is_some() {
        // Java casts the default as it would a field, and a struct cannot be cast.
        return Err(ConnectError::data(format!(
            "Cast transformation does not support casting from {}",
            from.kind
        )));
    }
    Rewrite::new(from, tree, &mut CastFields, keep_rest)
}

/// The configuration keys.
fn config() -> ConfigDef {
    let spec = ConfigKey::new("spec", Kind::List)
        .validator(Validator::new(
            "list of colon-delimited pairs, e.g. foo:bar,abc:xyz",
            |_, value| check_spec(value),
        ))
        .importance(Importance::High)
        .documentation(
            "Which fields become which type, as field:type items separated by commas, or a single type for the whole \
             value. Types: int8, int16, int32, int64, float32, float64, boolean, string.",
        );
    ConfigDef::new()
        .define(spec)
        .define(replace_null_with_default())
}

const PURPOSE: &str = "cast types";
