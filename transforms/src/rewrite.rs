//! Structs of one schema made into structs of another, in place.

use windlass_api::{ConnectError, ErrorKind, Field, Result, Schema, SchemaBuilder, Struct, Value};

use crate::field_tree::{Branch, FieldTree};
use crate::nulls::Nulls;
use crate::require;

/// How structs of one schema become structs of another that has the same fields, some of another type: worked out once
/// for the schema.
#[derive(Debug)]
pub(crate) struct Rewrite<T> {
    from: Schema,
    to: Schema,
    /// The fields that change; the others are carried over.
    changes: Vec<(usize, Change<T>)>,
}

#[derive(Debug)]
enum Change<T> {
    Field(T),
    Inner(Rewrite<T>),
}

/// What a transform makes of single fields.
pub(crate) trait FieldChange {
    /// What the configuration says of a field.
    type Spec;
    /// What is worked out for a field of a schema.
    type Plan;

    /// The plan for a field, and its new schema.
    ///
    /// # Errors
    /// When the field's schema cannot be dealt with.
    fn plan(&self, spec: &Self::Spec, field: &Schema) -> Result<(Self::Plan, Schema)>;

    /// The new value of a field, whose schema was `from`. Null too is asked for.
    ///
    /// # Errors
    /// When the value cannot be dealt with.
    fn change(&mut self, plan: &Self::Plan, from: &Schema, value: Value) -> Result<Value>;
}

impl<T> Rewrite<T> {
    /// Works out the rewriting of structs of a schema; `finish` says what becomes of optionality and default.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when the schema, or one on a path, is not of a struct, and the errors of `how`.
    pub(crate) fn new<C: FieldChange<Plan = T>>(
        from: &Schema,
        tree: &FieldTree<C::Spec>,
        how: &mut C,
        finish: impl FnOnce(SchemaBuilder, &mut Draft<'_, C>) -> Result<SchemaBuilder>,
    ) -> Result<Self> {
        let fields = require::fields(from)?;
        let mut builder = copy_basics(from, Schema::structure());
        let mut changes = Vec::new();
        for field in fields {
            let (change, schema) = match tree.branch(&field.name) {
                None => (None, field.schema.clone()),
                Some(Branch::End(spec)) => {
                    let (plan, schema) = how.plan(spec, &field.schema)?;
                    (Some(Change::Field(plan)), schema)
                }
                Some(Branch::Inner(tree)) => {
                    let inner = Rewrite::new(&field.schema, tree, how, keep_rest)?;
                    let schema = inner.to.clone();
                    (Some(Change::Inner(inner)), schema)
                }
            };
            changes.extend(change.map(|change| (field.index, change)));
            builder = builder.field(field.name.clone(), schema);
        }
        let mut draft = Draft { from, changes, how };
        let to = finish(builder, &mut draft)?.build()?;
        let changes = draft.changes;
        Ok(Rewrite {
            from: from.clone(),
            to,
            changes,
        })
    }

    /// The schema of what comes out.
    pub(crate) fn schema(&self) -> &Schema {
        &self.to
    }

    /// Rewrites a struct where it is.
    ///
    /// # Errors
    /// Those of `how`, and [`ErrorKind::Data`] when a value does not fit its new schema; the struct is then neither what it
    /// was nor what it should be.
    pub(crate) fn apply<C: FieldChange<Plan = T>>(
        &self,
        structure: &mut Struct,
        nulls: Nulls,
        how: &mut C,
    ) -> Result<()> {
        check_schema(structure, &self.from)?;
        let values = structure.values_mut();
        change_all(&self.changes, &self.from, values, nulls, how)?;
        nulls.settle(&self.to, values)?;
        structure.set_schema(self.to.clone())
    }
}

/// A rewriting that lacks only its schema's last properties.
pub(crate) struct Draft<'a, C: FieldChange> {
    from: &'a Schema,
    changes: Vec<(usize, Change<C::Plan>)>,
    how: &'a mut C,
}

impl<C: FieldChange> Draft<'_, C> {
    /// The schema that is rewritten.
    pub(crate) fn from(&self) -> &Schema {
        self.from
    }

    /// The builder with the default of the schema rewritten, if it has one.
    ///
    /// # Errors
    /// As [`Rewrite::apply`].
    pub(crate) fn with_default(&mut self, builder: SchemaBuilder) -> Result<SchemaBuilder> {
        let Some(Value::Struct(default)) = &self.from.default else {
            return Ok(builder);
        };
        let to = builder.draft();
        let mut values = default.values().to_vec();
        change_all(
            &self.changes,
            self.from,
            &mut values,
            Nulls::AreDefaults,
            self.how,
        )?;
        Nulls::AreDefaults.settle(&to, &mut values)?;
        Ok(builder.default_value(Struct::from_values(to, values)?))
    }
}

/// Keeps optionality, and the default rewritten.
///
/// # Errors
/// As [`Draft::with_default`].
pub(crate) fn keep_rest<C: FieldChange>(
    builder: SchemaBuilder,
    draft: &mut Draft<'_, C>,
) -> Result<SchemaBuilder> {
    let optional = draft.from().optional;
    let builder = if optional {
        builder.optional()
    } else {
        builder
    };
    draft.with_default(builder)
}

/// The builder with name, version, documentation and parameters of a schema; Java's `SchemaUtil.copySchemaBasics`.
pub(crate) fn copy_basics(source: &Schema, mut builder: SchemaBuilder) -> SchemaBuilder {
    if let Some(name) = &source.name {
        builder = builder.name(name.clone());
    }
    if let Some(version) = source.version {
        builder = builder.version(version);
    }
    if let Some(doc) = &source.doc {
        builder = builder.doc(doc.clone());
    }
    for (name, value) in source.parameters.iter().flatten() {
        builder = builder.parameter(name.clone(), value.clone());
    }
    builder
}

/// Checks that a struct is of the schema that its record declares.
///
/// # Errors
/// [`ErrorKind::Internal`] when it is not; Java then misses a field.
pub(crate) fn check_schema(structure: &Struct, declared: &Schema) -> Result<()> {
    if structure.schema().same(declared) || structure.schema().fields == declared.fields {
        return Ok(());
    }
    let found = structure.schema();
    Err(ConnectError::new(
        ErrorKind::Internal,
        format!("a struct of {found} in a record of {declared}, whose fields differ"),
    ))
}

fn change_all<C: FieldChange>(
    changes: &[(usize, Change<C::Plan>)],
    from: &Schema,
    values: &mut [Value],
    nulls: Nulls,
    how: &mut C,
) -> Result<()> {
    for (index, change) in changes {
        let Field { schema, .. } = &from.fields[*index];
        let stored = std::mem::take(&mut values[*index]);
        let value = match stored {
            Value::Null => nulls.read(schema, &Value::Null).clone(),
            value => value,
        };
        values[*index] = match (change, value) {
            (Change::Field(plan), value) => how.change(plan, schema, value)?,
            (Change::Inner(_), Value::Null) => Value::Null,
            (Change::Inner(inner), mut value) => {
                let structure = require::struct_mut(&mut value, "nested field access")?;
                inner.apply(structure, nulls, how)?;
                value
            }
        };
    }
    Ok(())
}
