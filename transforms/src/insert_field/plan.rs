//! Where fields are put.

use windlass_api::{
    ConnectError, MapValue, Result, Schema, SchemaBuilder, Struct, Text, Type, Value, timestamp,
};

use super::{Source, Values};
use crate::field_path::FieldPath;
use crate::nulls::Nulls;
use crate::require;
use crate::rewrite::copy_basics;

/// The fields to insert into a structure and into those inside it.
#[derive(Clone, Debug, Default)]
pub(super) struct Insertions {
    here: Vec<Insertion>,
    inner: Vec<(Text, Insertions)>,
}

#[derive(Clone, Debug)]
struct Insertion {
    name: Text,
    source: Source,
    required: bool,
}

/// How structs of one schema get their fields.
#[derive(Debug)]
pub(super) struct Plan {
    to: Schema,
    /// The values appended.
    here: Vec<Source>,
    inner: Vec<(usize, Plan)>,
}

impl Insertions {
    /// Whether there is nothing to insert.
    pub(super) fn is_empty(&self) -> bool {
        self.here.is_empty() && self.inner.is_empty()
    }

    /// Whether there is a field for this.
    pub(super) fn takes(&self, source: Source) -> bool {
        self.here.iter().any(|i| i.source == source)
            || self.inner.iter().any(|(_, inner)| inner.takes(source))
    }

    /// Adds a field.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) when the path is empty.
    pub(super) fn add(&mut self, path: &FieldPath, source: Source, required: bool) -> Result<()> {
        let Some((name, outer)) = path.steps().split_last() else {
            return Err(ConnectError::config("the path of a field is empty"));
        };
        let mut at = self;
        for step in outer {
            let known = at.inner.iter().position(|(name, _)| name == step);
            let index = known.unwrap_or(at.inner.len());
            if known.is_none() {
                at.inner.push((step.clone(), Insertions::default()));
            }
            at = &mut at.inner[index].1;
        }
        at.here.push(Insertion {
            name: name.clone(),
            source,
            required,
        });
        Ok(())
    }

    /// Inserts into schemaless data. Nothing is inserted into an inner structure that is not there, or null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when a value on the way is no map.
    pub(super) fn insert_into(&self, map: &mut MapValue, values: &Values) -> Result<()> {
        for insertion in &self.here {
            let value = values.of(insertion.source);
            if !value.is_null() {
                map.insert(insertion.name.clone(), value.clone());
            }
        }
        for (name, inner) in &self.inner {
            match map.get_str_mut(name) {
                None | Some(Value::Null) => {}
                Some(value) => inner.insert_into(require::map_mut(value, NESTED)?, values)?,
            }
        }
        Ok(())
    }
}

impl Plan {
    /// Works out the insertion into structs of a schema. The outermost schema loses optionality and default, as in
    /// Java; an inner one only its default, which lacks the new fields.
    ///
    /// # Errors
    /// [`ErrorKind::SchemaBuilder`](windlass_api::ErrorKind::SchemaBuilder) when there is such a field already, and
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when an inner structure is not there.
    pub(super) fn new(from: &Schema, insertions: &Insertions, is_outermost: bool) -> Result<Self> {
        if let Some((name, _)) = insertions.inner.iter().find(|(name, _)| {
            from.field(name)
                .is_none_or(|f| f.schema.kind != Type::Struct)
        }) {
            return Err(ConnectError::data(format!(
                "cannot insert into {name}: {from} has no such field that is a struct"
            )));
        }
        let mut builder = copy_basics(from, Schema::structure());
        let mut inner = Vec::new();
        for field in &from.fields {
            let into = insertions
                .inner
                .iter()
                .find(|(name, _)| *name == field.name);
            let schema = match into {
                Some((_, insertions)) => {
                    let plan = Plan::new(&field.schema, insertions, false)?;
                    let schema = plan.to.clone();
                    inner.push((field.index, plan));
                    schema
                }
                None => field.schema.clone(),
            };
            builder = builder.field(field.name.clone(), schema);
        }
        for insertion in &insertions.here {
            builder = builder.field(insertion.name.clone(), insertion.schema()?);
        }
        if from.optional && !is_outermost {
            builder = builder.optional();
        }
        Ok(Plan {
            to: builder.build()?,
            here: insertions.here.iter().map(|i| i.source).collect(),
            inner,
        })
    }

    /// The schema of what comes out.
    pub(super) fn schema(&self) -> &Schema {
        &self.to
    }

    /// Inserts into a struct of the schema that the plan is for.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when a value does not fit its schema.
    pub(super) fn apply(&self, structure: Struct, values: &Values, nulls: Nulls) -> Result<Struct> {
        let mut stored = structure.into_values();
        for (index, plan) in &self.inner {
            let value = &mut stored[*index];
            if !value.is_null() {
                let inner = require::take_struct(value, NESTED)?;
                *value = plan.apply(inner, values, nulls)?.into();
            }
        }
        nulls.settle(&self.to, &mut stored)?;
        stored.reserve_exact(self.here.len());
        stored.extend(self.here.iter().map(|source| values.of(*source).clone()));
        Struct::from_values(self.to.clone(), stored)
    }
}

impl Insertion {
    fn schema(&self) -> Result<Schema> {
        let kind = match self.source {
            Source::Topic | Source::Static => Type::String,
            Source::Partition => Type::Int32,
            Source::Offset => Type::Int64,
            Source::Timestamp if self.required => return Ok(timestamp::schema()),
            Source::Timestamp => return optional_timestamp().build(),
        };
        let builder = Schema::builder(kind);
        match self.required {
            true => builder.build(),
            false => builder.optional().build(),
        }
    }
}

fn optional_timestamp() -> SchemaBuilder {
    copy_basics(&timestamp::schema(), Schema::builder(Type::Int64)).optional()
}

const NESTED: &str = "nested field access";
