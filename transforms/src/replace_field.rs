//! `ReplaceField`: fields dropped, kept and renamed.

use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, ConnectError, ErrorKind, Importance, Kind, Props, RecordMut,
    Result, Text, Transform, Validator, Verdict, invalid_value, java_order,
};

use crate::config::{field_paths, field_syntax};
use crate::field_path::FieldSyntax;
use crate::keys::replace_null_with_default;
use crate::nulls::Nulls;
use crate::recent::SchemaCache;
use crate::require;
use crate::reshape::{FieldEdits, Reshape};
use crate::target::Target;

/// Drops, keeps and renames fields. Null stays null.
pub(crate) struct ReplaceField {
    target: Target,
    nulls: Nulls,
    edits: FieldEdits,
    reshapes: SchemaCache<Reshape>,
}

impl ReplaceField {
    pub(crate) fn new(target: Target) -> Self {
        ReplaceField {
            target,
            nulls: Nulls::default(),
            edits: FieldEdits::default(),
            reshapes: SchemaCache::new(),
        }
    }
}

impl Transform for ReplaceField {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        let syntax = field_syntax(props)?;
        let mut edits = FieldEdits::default();
        for path in field_paths(config.get("exclude")?, syntax)? {
            edits.drop_field(&path);
        }
        for path in field_paths(config.get("include")?, syntax)? {
            edits.choose(&path);
        }
        let Some(renames) = config.get::<Option<&[String]>>("renames")? else {
            let message = "renames: expected a list, found null";
            return Err(ConnectError::new(ErrorKind::Internal, message));
        };
        rename_fields(&mut edits, renames, syntax)?;
        self.edits = edits;
        self.nulls = crate::config::nulls(&config)?;
        self.reshapes = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of_mut(record);
        if value.is_null() {
            return Ok(Verdict::Keep);
        }
        let Some(schema) = schema else {
            self.edits.edit_map(require::map_mut(value, PURPOSE)?)?;
            return Ok(Verdict::Keep);
        };
        let structure = require::take_struct(value, PURPOSE)?;
        let reshape = self.reshapes.get_or_make(structure.schema(), |schema| {
            Reshape::new(schema, &self.edits)
        })?;
        *value = reshape.apply(structure, self.nulls)?.into();
        *schema = reshape.schema().clone();
        Ok(Verdict::Keep)
    }
}

fn rename_fields(edits: &mut FieldEdits, renames: &[String], syntax: FieldSyntax) -> Result<()> {
    // In the order of a HashMap, in which a new name that is given twice belongs to the last.
    let mut pairs: Vec<(String, Text)> = Vec::new();
    for (old, new) in renames.iter().filter_map(|item| mapping(item)) {
        match pairs.iter_mut().find(|(name, _)| *name == old) {
            Some((_, name)) => *name = new.into(),
            None => pairs.push((old.to_owned(), new.into())),
        }
    }
    java_order::sort(&mut pairs, |(old, _)| old);
    let (olds, news): (Vec<String>, Vec<Text>) = pairs.into_iter().unzip();
    for (path, new) in field_paths(&olds, syntax)?.iter().zip(&news) {
        edits.rename(path, new);
    }
    if syntax == FieldSyntax::V1 {
        for (old, new) in olds.into_iter().zip(news) {
            edits.look_up(new, old.into());
        }
    }
    Ok(())
}

/// Old and new name of an item. As `String.split` does, empty parts at the end do not count.
fn mapping(item: &str) -> Option<(&str, &str)> {
    let (old, new) = item.trim_end_matches(':').split_once(':')?;
    (!new.contains(':')).then_some((old, new))
}

/// The configuration keys.
fn config() -> ConfigDef {
    let list = |name: &str, validator, documentation: &str| {
        ConfigKey::new(name, Kind::List)
            .default_value(Vec::new())
            .validator(validator)
            .importance(Importance::Medium)
            .documentation(documentation)
    };
    let renames = Validator::new(
        "list of colon-delimited pairs, e.g. foo:bar,abc:xyz",
        check_renames,
    );
    ConfigDef::new()
        .define(list(
            "exclude",
            Validator::distinct_list(true, false),
            "The fields to drop; they are dropped even if also included.",
        ))
        .define(list(
            "include",
            Validator::distinct_list(true, false),
            "The fields to keep; all when the list is empty.",
        ))
        .define(list(
            "renames",
            renames,
            "New names of fields, as old:new items separated by commas.",
        ))
        .define(replace_null_with_default())
}

fn check_renames(name: &str, value: &ConfigData) -> Result<()> {
    let ConfigData::List(items) = value else {
        return Ok(());
    };
    match items.iter().find(|item| mapping(item).is_none()) {
        Some(item) => Err(invalid_value(
            name,
            value,
            format_args!("Invalid rename mapping: {item}"),
        )),
        None => Ok(()),
    }
}

const PURPOSE: &str = "field replacement";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_split_as_java_splits_them() {
        for (item, expected) in [
            ("a:b", Some(("a", "b"))),
            (" a : b ", Some((" a ", " b "))),
            (":b", Some(("", "b"))),
            ("a:b::", Some(("a", "b"))),
            ("a:", None),
            ("a", None),
            ("", None),
            (":", None),
            ("a:b:c", None),
            ("::b", None),
            ("a::b", None),
        ] {
            assert_eq!(mapping(item), expected, "{item}");
        }
    }

    #[test]
    fn of_two_old_names_the_last_in_the_order_of_hashes_is_looked_up() {
        // Of b and a, in whatever order they are written, a HashMap gives a first.
        for renames in ["a:z,b:z", "b:z,a:z"] {
            let props = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
            let props = Props::from_iter([props("renames", renames), props("exclude", "a")]);
            let mut transform = ReplaceField::new(Target::Value);
            transform.configure(&props).unwrap();
            let schema = windlass_api::Schema::structure()
                .field("a", windlass_api::Schema::INT32)
                .field("b", windlass_api::Schema::INT32)
                .build()
                .unwrap();
            let reshape = Reshape::new(&schema, &transform.edits).unwrap();
            let structure =
                windlass_api::Struct::from_values(schema, vec![1.into(), 2.into()]).unwrap();
            let edited = reshape.apply(structure, Nulls::AreDefaults).unwrap();
            assert_eq!(edited.get("z").unwrap(), &2.into(), "{renames}");
        }
    }
}
