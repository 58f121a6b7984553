//! Structures with fields dropped, chosen and renamed, at any depth.

use std::collections::BTreeMap;

use windlass_api::{
    ConnectError, MapValue, Result, Schema, SchemaBuilder, Struct, Text, Type, Value,
};

use crate::field_path::{FieldPath, NESTED};
use crate::nulls::{Nulls, put};
use crate::require;
use crate::rewrite::{check_schema, copy_basics};

/// What is to be done with fields, by name.
#[derive(Debug, Default)]
pub(crate) struct FieldEdits {
    edits: BTreeMap<Text, FieldEdit>,
    /// Whether a field at some depth is chosen.
    chooses: bool,
    old_names: BTreeMap<Text, Text>,
}

#[derive(Debug, Default)]
struct FieldEdit {
    dropped: bool,
    chosen: bool,
    name: Option<Text>,
    inner: FieldEdits,
}

/// What becomes of one field.
enum Fate<'e> {
    Dropped,
    Kept {
        name: Option<&'e Text>,
        /// What is to be done with the fields inside it, if anything is.
        inner: Option<(&'e FieldEdits, Unnamed)>,
    },
}

/// What becomes of fields that no edit names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unnamed {
    /// They stay.
    Kept,
    /// They go: others are chosen.
    Dropped,
}

impl FieldEdits {
    /// Drops a field, even if it is also chosen.
    pub(crate) fn drop_field(&mut self, path: &FieldPath) {
        self.edit(path.steps(), &mut |edit| edit.dropped = true);
    }

    /// Chooses a field, with everything inside it.
    pub(crate) fn choose(&mut self, path: &FieldPath) {
        self.mark_choice(path.steps());
        self.edit(path.steps(), &mut |edit| edit.chosen = true);
    }

    /// Gives a field another name; it stays in its structure.
    pub(crate) fn rename(&mut self, path: &FieldPath, name: &Text) {
        self.edit(path.steps(), &mut |edit| edit.name = Some(name.clone()));
    }

    /// Says under which old name Java looks for the value of a new field of a struct, whether the field came to its name
    /// by being renamed or had it all along.
    pub(crate) fn look_up(&mut self, new: Text, old: Text) {
        self.old_names.insert(new, old);
    }

    /// What becomes of the fields that are not named.
    fn unnamed(&self) -> Unnamed {
        if self.chooses {
            Unnamed::Dropped
        } else {
            Unnamed::Kept
        }
    }

    fn edit(&mut self, steps: &[Text], change: &mut dyn FnMut(&mut FieldEdit)) {
        if let Some((first, inner)) = steps.split_first() {
            let edit = self.edits.entry(first.clone()).or_default();
            match inner {
                [] => change(edit),
                _ => edit.inner.edit(inner, change),
            }
        }
    }

    fn mark_choice(&mut self, steps: &[Text]) {
        self.chooses = true;
        if let [first, inner @ ..] = steps
            && !inner.is_empty()
        {
            self.edits
                .entry(first.clone())
                .or_default()
                .inner
                .mark_choice(inner);
        }
    }

    fn fate(&self, name: &[u8], unnamed: Unnamed) -> Fate<'_> {
        let Some(edit) = self.edits.get(name) else {
            return match unnamed {
                Unnamed::Kept => Fate::Kept {
                    name: None,
                    inner: None,
                },
                Unnamed::Dropped => Fate::Dropped,
            };
        };
        let whole = edit.chosen || unnamed == Unnamed::Kept;
        if edit.dropped || !(whole || edit.inner.chooses) {
            return Fate::Dropped;
        }
        let inner = if whole {
            Unnamed::Kept
        } else {
            Unnamed::Dropped
        };
        Fate::Kept {
            name: edit.name.as_ref(),
            inner: (!edit.inner.edits.is_empty()).then_some((&edit.inner, inner)),
        }
    }

    /// Edits schemaless data. Where two fields come to the same name, the later one stays.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when a key is neither text nor null.
    pub(crate) fn edit_map(&self, map: &mut MapValue) -> Result<()> {
        self.edit_entries(map, self.unnamed())
    }

    fn edit_entries(&self, map: &mut MapValue, unnamed: Unnamed) -> Result<()> {
        let mut renamed = false;
        let mut failed = None;
        map.retain(|key, value| {
            let name = match require::field_name(key) {
                Ok(Some(name)) => name,
                Ok(None) => return unnamed == Unnamed::Kept,
                Err(error) => {
                    failed.get_or_insert(error);
                    return false;
                }
            };
            match self.fate(name.as_bytes(), unnamed) {
                Fate::Dropped => false,
                Fate::Kept { name, inner } => {
                    renamed |= name.is_some();
                    match (inner, value) {
                        (None, _) | (_, Value::Null) => true,
                        (Some((edits, unnamed)), Value::Map(map)) => {
                            if let Err(error) = edits.edit_entries(map, unnamed) {
                                failed.get_or_insert(error);
                            }
                            true
                        }
                        (Some((_, unnamed)), _) => unnamed == Unnamed::Kept,
                    }
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if renamed {
            map.rename(|key| self.new_key(key));
        }
        Ok(())
    }

    fn new_key(&self, key: &Value) -> Option<Value> {
        let Value::String(name) = key else {
            return None;
        };
        let edit = self.edits.get(&name.as_bytes()[..])?;
        edit.name.clone().map(Value::String)
    }
}

/// How structs of one schema become structs of another that has some of the fields, maybe by other names.
#[derive(Debug)]
pub(crate) struct Reshape {
    from: Schema,
    to: Schema,
    /// Where the value of each field comes from.
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    index: usize,
    /// Whether the value is that of another field, and may not fit.
    foreign: bool,
    inner: Option<Reshape>,
}

impl Reshape {
    /// Works out how structs of a schema are edited. As in Java the outermost struct loses optionality and default.
    ///
    /// # Errors
    /// [`ErrorKind::SchemaBuilder`] when two fields come to the same name, [`ErrorKind::Data`] when the schema is not of a
    /// struct.
    pub(crate) fn new(from: &Schema, edits: &FieldEdits) -> Result<Self> {
        let (mut sources, builder) = sources(from, edits, edits.unnamed())?;
        let to = builder.build()?;
        for (source, field) in sources.iter_mut().zip(&to.fields) {
            if let Some(old) = edits.old_names.get(&field.name.as_bytes()[..]) {
                let old = from.field(old).ok_or_else(|| {
                    ConnectError::data(format!("{old} is not a valid field name"))
                })?;
                source.foreign = old.index != source.index;
                source.index = old.index;
            }
        }
        Ok(Reshape {
            from: from.clone(),
            to,
            sources,
        })
    }

    /// For a struct in another, whose schema stays as optional as it is, with the default edited.
    fn inner(from: &Schema, edits: &FieldEdits, unnamed: Unnamed) -> Result<Self> {
        let (sources, mut builder) = sources(from, edits, unnamed)?;
        if from.optional {
            builder = builder.optional();
        }
        let mut reshape = Reshape {
            from: from.clone(),
            to: builder.draft(),
            sources,
        };
        if let Some(Value::Struct(default)) = &from.default {
            builder = builder.default_value(reshape.edit(default.clone(), Nulls::Stay)?);
        }
        reshape.to = builder.build()?;
        Ok(reshape)
    }

    /// The schema of what comes out.
    pub(crate) fn schema(&self) -> &Schema {
        &self.to
    }

    /// Edits a struct of the schema.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when a value does not fit the field it comes to, as null in a field that refuses it.
    pub(crate) fn apply(&self, structure: Struct, nulls: Nulls) -> Result<Struct> {
        check_schema(&structure, &self.from)?;
        self.edit(structure, nulls)
    }

    fn edit(&self, structure: Struct, nulls: Nulls) -> Result<Struct> {
        let mut values = self.gather(structure.into_values());
        for ((value, source), field) in values.iter_mut().zip(&self.sources).zip(&self.to.fields) {
            match (&source.inner, &mut *value) {
                (Some(_), Value::Null) => nulls.settle_field(field, value)?,
                (None, Value::Null) => {
                    let old = &self.from.fields[source.index].schema;
                    *value = nulls.read(old, &Value::Null).clone();
                    put(field, value)?;
                }
                (Some(inner), value) => {
                    let structure = require::take_struct(value, NESTED)?;
                    *value = inner.edit(structure, nulls)?.into();
                }
                (None, value) if source.foreign => put(field, value)?,
                (None, _) => {}
            }
        }
        Struct::from_values(self.to.clone(), values)
    }

    /// The values of the new fields, in their order.
    fn gather(&self, mut values: Vec<Value>) -> Vec<Value> {
        let mut sources = self.sources.iter().enumerate();
        if self.sources.len() == values.len() && sources.all(|(i, source)| i == source.index) {
            return values;
        }
        let mut take = |source: &Source| values.get_mut(source.index).map(std::mem::take);
        self.sources
            .iter()
            .map(|source| take(source).unwrap_or_default())
            .collect()
    }
}

/// Where the values of the fields that stay come from, and their new schema as far as that says.
fn sources(
    from: &Schema,
    edits: &FieldEdits,
    unnamed: Unnamed,
) -> Result<(Vec<Source>, SchemaBuilder)> {
    let fields = require::fields(from)?;
    let mut builder = copy_basics(from, Schema::structure());
    let mut sources = Vec::new();
    for field in fields {
        let Fate::Kept { name, inner } = edits.fate(field.name.as_bytes(), unnamed) else {
            continue;
        };
        let inner = match inner {
            Some((edits, unnamed)) if field.schema.kind == Type::Struct => {
                Some(Reshape::inner(&field.schema, edits, unnamed)?)
            }
            Some((_, Unnamed::Dropped)) => continue,
            _ => None,
        };
        let schema = inner.as_ref().map_or(&field.schema, |inner| &inner.to);
        builder = builder.field(name.unwrap_or(&field.name).clone(), schema.clone());
        sources.push(Source {
            index: field.index,
            foreign: false,
            inner,
        });
    }
    Ok((sources, builder))
}

#[cfg(test)]
mod tests {
    use windlass_api::ErrorKind;

    use super::*;
    use crate::field_path::FieldSyntax;

    fn path(path: &str) -> FieldPath {
        FieldPath::new(path, FieldSyntax::V2).unwrap()
    }

    fn numbers(names: &[&str]) -> SchemaBuilder {
        names.iter().fold(Schema::structure(), |builder, name| {
            builder.field(*name, Schema::INT32)
        })
    }

    #[test]
    fn a_struct_inside_keeps_optionality_and_default() {
        let builder = numbers(&["b", "c"]).optional();
        let default = Struct::from_values(builder.draft(), vec![1.into(), 2.into()]).unwrap();
        let inner = builder.default_value(default).build().unwrap();
        let outer = Schema::structure().field("a", inner).optional();
        let mut edits = FieldEdits::default();
        edits.drop_field(&path("a.b"));
        edits.rename(&path("a.c"), &"d".into());
        let reshape = Reshape::new(&outer.build().unwrap(), &edits).unwrap();
        assert!(!reshape.schema().optional);
        let inner = &reshape.schema().field("a").unwrap().schema;
        assert!(inner.optional);
        let default = inner.default.as_ref().and_then(Value::as_struct).unwrap();
        assert_eq!(default.get("d").unwrap(), &Value::Int32(2));
        assert_eq!(default.values().len(), 1);
    }

    #[test]
    fn choosing_inside_a_structure_drops_the_rest_of_it() {
        let inner = numbers(&["b", "c"]).build().unwrap();
        let schema = numbers(&["n"]).field("a", inner).build().unwrap();
        let mut edits = FieldEdits::default();
        edits.choose(&path("a.c"));
        edits.choose(&path("n.x"));
        let reshape = Reshape::new(&schema, &edits).unwrap();
        let names = |schema: &Schema| -> Vec<String> {
            schema.fields.iter().map(|f| f.name.to_string()).collect()
        };
        assert_eq!(names(reshape.schema()), ["a"]);
        assert_eq!(names(&reshape.schema().fields[0].schema), ["c"]);

        let inner = MapValue::from_iter([("b", 1), ("c", 2)]);
        let mut map = MapValue::from_iter([("a", Value::from(inner)), ("n", 5.into())]);
        edits.edit_map(&mut map).unwrap();
        let inner = MapValue::from_iter([("c", 2)]);
        assert_eq!(map, MapValue::from_iter([("a", inner)]));
    }

    #[test]
    fn the_value_of_a_name_may_be_looked_up_in_another_field() {
        let schema = Schema::structure()
            .field("a", Schema::OPTIONAL_INT32)
            .field("c", Schema::INT32)
            .field("s", Schema::STRING)
            .build()
            .unwrap();
        let mut edits = FieldEdits::default();
        edits.drop_field(&path("a"));
        edits.rename(&path("a"), &"c".into());
        edits.look_up("c".into(), "a".into());
        let reshape = Reshape::new(&schema, &edits).unwrap();
        let of = |a: Value| {
            let values = vec![a, 2.into(), "x".into()];
            let structure = Struct::from_values(schema.clone(), values).unwrap();
            reshape.apply(structure, Nulls::AreDefaults)
        };
        assert_eq!(of(1.into()).unwrap().values(), [1.into(), "x".into()]);
        assert_eq!(of(Value::Null).unwrap_err().kind(), ErrorKind::Data);
        edits.look_up("s".into(), "a".into());
        let reshape = Reshape::new(&schema, &edits).unwrap();
        let values = vec![1.into(), 2.into(), "x".into()];
        let structure = Struct::from_values(schema.clone(), values).unwrap();
        assert!(reshape.apply(structure, Nulls::AreDefaults).is_err());
        edits.look_up("s".into(), "missing".into());
        assert!(Reshape::new(&schema, &edits).is_err());
    }

    #[test]
    fn names_of_schemaless_fields_are_text_or_null() {
        let mut edits = FieldEdits::default();
        edits.drop_field(&path("a"));
        let mut map = MapValue::from_iter([(Value::Null, 1), ("a".into(), 2)]);
        edits.edit_map(&mut map).unwrap();
        assert_eq!(map.entries(), [(Value::Null, Value::Int32(1))]);
        map.insert(5, 6);
        assert_eq!(
            edits.edit_map(&mut map).unwrap_err().kind(),
            ErrorKind::Internal
        );
    }
}
