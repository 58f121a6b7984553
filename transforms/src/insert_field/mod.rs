//! `InsertField`: fields from the record's own attributes or a fixed value.

mod plan;

use windlass_api::{
    ConfigDef, ConnectError, Importance, Kind, ParsedConfig, Props, RecordMut, Result, Schema,
    Text, Transform, Value, Verdict,
};

use self::plan::{Insertions, Plan};
use crate::field_path::{FieldPath, FieldSyntax};
use crate::keys::{optional, replace_null_with_default};
use crate::nulls::Nulls;
use crate::recent::{SchemaCache, TopicCache};
use crate::require;
use crate::target::Target;

/// Puts fields with the record's own attributes, or a fixed value, into a structure.
pub(crate) struct InsertField {
    target: Target,
    nulls: Nulls,
    insertions: Insertions,
    attributes: Attributes,
    plans: SchemaCache<Plan>,
}

/// What is put into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Topic,
    Partition,
    Offset,
    Timestamp,
    Static,
}

impl InsertField {
    pub(crate) fn new(target: Target) -> Self {
        InsertField {
            target,
            nulls: Nulls::default(),
            insertions: Insertions::default(),
            attributes: Attributes::default(),
            plans: SchemaCache::new(),
        }
    }
}

impl Transform for InsertField {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.nulls = crate::config::nulls(&config)?;
        self.insertions = insertions(&config, crate::config::field_syntax(props)?)?;
        let static_value: Option<&str> = config.get("static.value")?;
        if static_value.is_none() && config.get::<Option<&str>>("static.field")?.is_some() {
            return Err(ConnectError::config(
                "Invalid value null for configuration static.value: No value specified for static field",
            ));
        }
        self.attributes = Attributes {
            static_value: static_value.unwrap_or_default().into(),
            topics: TopicCache::new(),
        };
        self.plans = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of(record);
        if value.is_null() {
            return Ok(Verdict::Keep);
        }
        // The order of these checks is Java's: the shape of the value comes before the kind of the record.
        let Self { insertions, .. } = self;
        let plan = if schema.is_some() {
            let known = require::structure(value, PURPOSE)?.schema();
            let make = |from: &Schema| Plan::new(from, insertions, true);
            Some(self.plans.get_or_make(known, make)?)
        } else {
            require::map(value, PURPOSE)?;
            None
        };
        let values = self.attributes.of(record, insertions, plan.is_some())?;
        let (schema, value) = self.target.of_mut(record);
        if let Some(plan) = plan {
            let structure = require::take_struct(value, PURPOSE)?;
            *value = plan.apply(structure, &values, self.nulls)?.into();
            *schema = Some(plan.schema().clone());
        } else {
            insertions.insert_into(require::map_mut(value, PURPOSE)?, &values)?;
        }
        Ok(Verdict::Keep)
    }
}

/// What values are made of beside the record.
#[derive(Default)]
struct Attributes {
    static_value: Text,
    topics: TopicCache<Text>,
}

impl Attributes {
    /// What there is to insert of this record.
    fn of(
        &mut self,
        record: &RecordMut<'_>,
        insertions: &Insertions,
        has_schema: bool,
    ) -> Result<Values> {
        let offset = match insertions.takes(Source::Offset) {
            true => Value::Int64(require::sink_record(record, PURPOSE)?.kafka_offset),
            false => Value::Null,
        };
        let topic = match insertions.takes(Source::Topic) {
            true => {
                let topic = self
                    .topics
                    .get_or_make(&record.topic, |topic| Ok(Text::from(&**topic)))?;
                Value::String(topic.clone())
            }
            false => Value::Null,
        };
        let timestamp = match record.timestamp {
            Some(millis) if has_schema => Value::Date(millis),
            millis => millis.into(),
        };
        let partition = record.partition.into();
        let fixed = Value::String(self.static_value.clone());
        Ok(Values([topic, partition, offset, timestamp, fixed]))
    }
}

/// What there is to insert of one record, in the order of [`Source`]; null where there is nothing.
struct Values([Value; 5]);

impl Values {
    fn of(&self, source: Source) -> &Value {
        &self.0[source as usize]
    }
}

/// Reads the names of the fields, each of which may end in `!` (required) or `?` (optional).
fn insertions(config: &ParsedConfig, syntax: FieldSyntax) -> Result<Insertions> {
    let mut insertions = Insertions::default();
    for (key, source) in KEYS {
        let Some(spec) = config.get::<Option<&str>>(key)? else {
            continue;
        };
        let (name, required) = match (spec.strip_suffix('!'), spec.strip_suffix('?')) {
            (Some(name), _) => (name, true),
            (_, Some(name)) => (name, false),
            _ => (spec, false),
        };
        insertions.add(&FieldPath::new(name, syntax)?, source, required)?;
    }
    if insertions.is_empty() {
        return Err(ConnectError::config("No field insertion configured"));
    }
    Ok(insertions)
}

/// The configuration keys. A field name may end in `!` (required) or `?` (optional, the default).
fn config() -> ConfigDef {
    let field =
        |name, documentation| optional(name, Kind::String, Importance::Medium, documentation);
    ConfigDef::new()
        .define(field(
            "topic.field",
            "The field for the topic. A trailing ! makes it required, ? optional; so below.",
        ))
        .define(field("partition.field", "The field for the partition."))
        .define(field(
            "offset.field",
            "The field for the offset; sink connectors only.",
        ))
        .define(field(
            "timestamp.field",
            "The field for the record's timestamp.",
        ))
        .define(field("static.field", "The field for the static value."))
        .define(field(
            "static.value",
            "The static value, when a field for it is given.",
        ))
        .define(replace_null_with_default())
}

const PURPOSE: &str = "field insertion";

/// In the order in which fields are appended.
const KEYS: [(&str, Source); 5] = [
    ("topic.field", Source::Topic),
    ("partition.field", Source::Partition),
    ("offset.field", Source::Offset),
    ("timestamp.field", Source::Timestamp),
    ("static.field", Source::Static),
];
