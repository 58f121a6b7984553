//! What must hold between transforms, whatever the data: laws that no recorded answer states.

use std::collections::BTreeMap;

use proptest::prelude::*;
use windlass_api::{
    MapValue, Props, Record, RecordMut, Result, Schema, SourceOffset, SourcePartition,
    SourceRecord, Struct, Transform, Value, Verdict,
};
use windlass_transforms::transforms;

/// A value of a structure at any depth.
#[derive(Clone, Debug)]
enum Tree {
    Number(Option<i32>),
    Text(String),
    Structure(BTreeMap<String, Tree>),
    /// A structure that may be null; it has no value when it is.
    Optional(BTreeMap<String, Tree>, bool),
}

impl Tree {
    fn schema(&self) -> Schema {
        match self {
            Tree::Number(None) => Schema::OPTIONAL_INT32,
            Tree::Number(Some(_)) => Schema::INT32,
            Tree::Text(_) => Schema::STRING,
            Tree::Structure(fields) => fields_of(fields).build().unwrap(),
            Tree::Optional(fields, _) => fields_of(fields).optional().build().unwrap(),
        }
    }

    fn value(&self) -> Value {
        match self {
            Tree::Number(number) => (*number).into(),
            Tree::Text(text) => text.as_str().into(),
            Tree::Optional(_, true) => Value::Null,
            Tree::Structure(fields) | Tree::Optional(fields, false) => {
                let values = fields.values().map(Tree::value).collect();
                Struct::from_values(self.schema(), values).unwrap().into()
            }
        }
    }

    fn plain(&self) -> Value {
        match self {
            Tree::Number(_) | Tree::Text(_) | Tree::Optional(_, true) => self.value(),
            Tree::Structure(fields) | Tree::Optional(fields, false) => {
                let entries = fields
                    .iter()
                    .map(|(name, tree)| (name.as_str(), tree.plain()));
                entries.collect::<MapValue>().into()
            }
        }
    }

    /// The paths to everything that is no structure.
    fn leaves(&self) -> Vec<String> {
        match self {
            Tree::Number(_) | Tree::Text(_) => vec![String::new()],
            Tree::Structure(fields) | Tree::Optional(fields, _) => {
                let paths = fields.iter().flat_map(|(name, tree)| {
                    let below = tree.leaves().into_iter();
                    below.map(move |path| format!("{name}.{path}").trim_end_matches('.').into())
                });
                paths.collect()
            }
        }
    }

    /// As a record's value, with its schema or without.
    fn record(&self, with_schema: bool) -> Record {
        let mut record = Record::new("t");
        if with_schema {
            record.value_schema = Some(self.schema());
            record.value = self.value();
        } else {
            record.value = self.plain();
        }
        record
    }
}

fn fields_of(fields: &BTreeMap<String, Tree>) -> windlass_api::SchemaBuilder {
    let mut builder = Schema::structure();
    for (name, tree) in fields {
        builder = builder.field(name.as_str(), tree.schema());
    }
    builder
}

fn fields(tree: impl Strategy<Value = Tree>) -> impl Strategy<Value = BTreeMap<String, Tree>> {
    prop::collection::btree_map("[a-e]", tree, 1..4)
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        any::<Option<i32>>().prop_map(Tree::Number),
        "[a-z]{0,3}".prop_map(Tree::Text),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        (fields(inner), any::<Option<bool>>()).prop_map(|(fields, null)| match null {
            None => Tree::Structure(fields),
            Some(null) => Tree::Optional(fields, null),
        })
    })
}

/// A structure, and the path to one of its leaves.
fn tree_and_leaf() -> impl Strategy<Value = (Tree, String)> {
    let root = fields(tree()).prop_map(Tree::Structure);
    (root, any::<prop::sample::Index>()).prop_map(|(tree, index)| {
        let leaf = index.get(&tree.leaves()).clone();
        (tree, leaf)
    })
}

fn transform(class: &str, config: &[(&str, &str)]) -> Box<dyn Transform> {
    let class = format!("org.apache.kafka.connect.transforms.{class}");
    let found = transforms().iter().find(|t| t.class == class);
    let mut transform = (found.unwrap().new)();
    let props: Props = config
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())))
        .collect();
    transform.configure(&props).unwrap();
    transform
}

fn apply(record: &Record, class: &str, config: &[(&str, &str)]) -> Result<Record> {
    let mut record = SourceRecord {
        record: record.clone(),
        source_partition: SourcePartition::default(),
        source_offset: SourceOffset::None,
    };
    let verdict = transform(class, config).apply(&mut RecordMut::Source(&mut record))?;
    assert_eq!(verdict, Verdict::Keep);
    Ok(record.record)
}

/// A record through several transforms.
fn chain(record: &Record, stages: &[(&str, &[(&str, &str)])]) -> Record {
    stages
        .iter()
        .fold(record.clone(), |record, (class, config)| {
            apply(&record, class, config).unwrap()
        })
}

const FLATTEN: (&str, &[(&str, &str)]) = ("Flatten$Value", &[]);
const V2: (&str, &str) = ("field.syntax.version", "V2");

proptest! {
    #[test]
    fn what_is_hoisted_can_be_extracted(tree in tree(), with_schema: bool) {
        let record = tree.record(with_schema);
        let config = &[("field", "f")];
        let back = chain(&record, &[("HoistField$Value", config), ("ExtractField$Value", config)]);
        prop_assert_eq!(back, record);
    }

    #[test]
    fn a_flat_field_is_what_its_path_leads_to((tree, leaf) in tree_and_leaf(), with_schema: bool) {
        let record = tree.record(with_schema);
        let flat = chain(&record, &[FLATTEN]);
        let names: Vec<String> = match &flat.value {
            Value::Struct(flat) => flat.schema().fields.iter().map(|f| f.name.to_string()).collect(),
            Value::Map(flat) => flat.iter().map(|(name, _)| name.to_string()).collect(),
            other => panic!("{other:?}"),
        };
        if with_schema {
            prop_assert_eq!(names, tree.leaves());
        }
        let by_name = chain(&flat, &[("ExtractField$Value", &[("field", &leaf)])]);
        let by_path = chain(&record, &[("ExtractField$Value", &[("field", &leaf), V2])]);
        prop_assert_eq!(by_name.value, by_path.value);
        prop_assert_eq!(chain(&flat, &[FLATTEN]), flat);
    }

    #[test]
    fn a_field_inside_is_changed_as_the_flat_one(
        (tree, leaf) in tree_and_leaf(),
        with_schema: bool,
        replacement in prop::option::of("[1-9]"),
    ) {
        let record = tree.record(with_schema);
        let mut mask = vec![("fields", leaf.as_str())];
        mask.extend(replacement.as_deref().map(|text| ("replacement", text)));
        let moved = [("fields", leaf.as_str()), ("headers", "h"), ("operation", "move")];
        let copied = [("fields", leaf.as_str()), ("headers", "h"), ("operation", "copy")];
        let changes: [(&str, &[(&str, &str)]); 4] = [
            ("MaskField$Value", &mask),
            ("ReplaceField$Value", &[("exclude", leaf.as_str())]),
            ("HeaderFrom$Value", &moved),
            ("HeaderFrom$Value", &copied),
        ];
        for (class, config) in changes {
            let nested = [config, &[V2]].concat();
            let inside = chain(&record, &[(class, &nested), FLATTEN]);
            let mut outside = chain(&record, &[FLATTEN, (class, config)]);
            if let (Value::Map(inside), Value::Map(outside)) = (&inside.value, &mut outside.value) {
                // The flat map does not know a structure that is null; masking a field of it makes the field.
                outside.retain(|key, value| !value.is_null() || inside.get(key).is_some());
            }
            prop_assert_eq!(inside, outside, "{}", class);
        }
    }

    #[test]
    fn a_field_inside_is_chosen_as_the_flat_one((tree, leaf) in tree_and_leaf(), with_schema: bool) {
        let record = tree.record(with_schema);
        let inside = chain(&record, &[("ReplaceField$Value", &[("include", &leaf), V2]), FLATTEN]);
        let mut outside = chain(&record, &[FLATTEN, ("ReplaceField$Value", &[("include", &leaf)])]);
        if let (Value::Map(inside), Value::Map(outside)) = (&inside.value, &mut outside.value) {
            // A structure on the way that is null stays null.
            if !inside.is_empty() && outside.is_empty() {
                outside.clone_from(inside);
            }
        }
        prop_assert_eq!(inside, outside);
    }

    #[test]
    fn choosing_fields_is_dropping_the_others(
        tree in fields(tree()).prop_map(Tree::Structure),
        chosen in prop::collection::btree_set("[a-e]", 1..4),
        with_schema: bool,
    ) {
        let record = tree.record(with_schema);
        let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
        let others: Vec<&str> = ["a", "b", "c", "d", "e"]
            .into_iter()
            .filter(|name| !chosen.contains(name))
            .collect();
        let include = chain(&record, &[("ReplaceField$Value", &[("include", &chosen.join(","))])]);
        let exclude = chain(&record, &[("ReplaceField$Value", &[("exclude", &others.join(","))])]);
        prop_assert_eq!(include, exclude);
    }

    #[test]
    fn renaming_back_changes_nothing(
        tree in fields(tree()).prop_map(Tree::Structure),
        turned in Just(["a", "b", "c", "d", "e"]).prop_shuffle(),
        with_schema: bool,
    ) {
        let record = tree.record(with_schema);
        let names = ["a", "b", "c", "d", "e"];
        let pairs = |old: [&str; 5], new: [&str; 5]| {
            let pairs = old.iter().zip(new).map(|(old, new)| format!("{old}:{new}"));
            pairs.collect::<Vec<_>>().join(",")
        };
        let (there, back) = (pairs(names, turned), pairs(turned, names));
        let same = chain(&record, &[
            ("ReplaceField$Value", &[("renames", &there)]),
            ("ReplaceField$Value", &[("renames", &back)]),
        ]);
        prop_assert_eq!(same, record);
    }

    #[test]
    fn a_key_is_made_of_copies((tree, leaf) in tree_and_leaf(), with_schema: bool) {
        let record = tree.record(with_schema);
        let keyed = chain(&record, &[("ValueToKey", &[("fields", &leaf), V2])]);
        prop_assert_eq!((&keyed.value_schema, &keyed.value), (&record.value_schema, &record.value));
        let name = leaf.rsplit('.').next().unwrap();
        let key = chain(&keyed, &[("ExtractField$Key", &[("field", name)])]);
        let field = chain(&record, &[("ExtractField$Value", &[("field", &leaf), V2])]);
        prop_assert_eq!(key.key, field.value);
        let flat = chain(&record, &[FLATTEN]);
        if let (true, Value::Struct(flat)) = (with_schema, &flat.value) {
            prop_assert_eq!(key.key_schema.as_ref(), flat.schema().field(&leaf).map(|f| &f.schema));
        }
    }

    #[test]
    fn plain_names_mean_the_same_in_both_syntaxes(
        tree in fields(tree()).prop_map(Tree::Structure),
        name in "[a-f]",
        with_schema: bool,
    ) {
        let record = tree.record(with_schema);
        let renames = format!("{name}:x");
        let copied = [("fields", name.as_str()), ("headers", "h"), ("operation", "copy")];
        let configs: [(&str, &[(&str, &str)]); 7] = [
            ("MaskField$Value", &[("fields", &name)]),
            ("ReplaceField$Value", &[("exclude", &name)]),
            ("ReplaceField$Value", &[("include", &name)]),
            ("ReplaceField$Value", &[("renames", &renames)]),
            ("ValueToKey", &[("fields", &name)]),
            ("HeaderFrom$Value", &copied),
            ("ExtractField$Value", &[("field", &name)]),
        ];
        for (class, config) in configs {
            let told = |result: Result<Record>| result.map_err(|e| e.to_string());
            let v1 = told(apply(&record, class, config));
            let v2 = told(apply(&record, class, &[config, &[V2]].concat()));
            prop_assert_eq!(v1, v2, "{} {:?}", class, config);
        }
    }

    #[test]
    fn a_header_that_is_dropped_is_gone(literal in "\\PC{0,12}", others in prop::collection::vec("[a-c]", 0..4)) {
        let mut record = Record::new("t");
        for name in &others {
            record.headers.add_string(name.as_str(), "v");
        }
        let with = chain(&record, &[("InsertHeader", &[("header", "x"), ("value.literal", &literal)])]);
        prop_assert_eq!(with.headers.len(), others.len() + 1);
        prop_assert_eq!(&chain(&with, &[("DropHeaders", &[("headers", "x")])]), &record);
        let without = chain(&with, &[("DropHeaders", &[("headers", "a,x")])]);
        prop_assert_eq!(without.headers.len(), others.iter().filter(|name| *name != "a").count());
    }
}
