//! `FieldValueMatches`: true for records with a certain value in a field. Java has no such predicate.

mod condition;

use windlass_api::{
    ConfigDef, ConfigKey, ConnectError, Importance, Kind, ParsedConfig, Predicate, Props,
    RecordMut, Result, Validator, Value,
};

use self::condition::Condition;
use crate::field_path::{FieldIndices, FieldPath, FieldSyntax};
use crate::keys::{field_syntax_version, optional};
use crate::nulls::Nulls;
use crate::recent::SchemaCache;
use crate::target::Target;

/// True for records with a certain value in a field.
///
/// Where there is no such field, or null in it, it is false.
pub(crate) struct FieldValueMatches {
    target: Target,
    /// `None` for the whole key or value.
    field: Option<FieldPath>,
    condition: Condition,
    places: SchemaCache<Option<FieldIndices>>,
}

impl Default for FieldValueMatches {
    fn default() -> Self {
        FieldValueMatches {
            target: Target::Value,
            field: None,
            condition: Condition::equal_to(""),
            places: SchemaCache::new(),
        }
    }
}

impl Predicate for FieldValueMatches {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.target = match config.get("from")? {
            "key" => Target::Key,
            _ => Target::Value,
        };
        let syntax: &str = config.get("field.syntax.version")?;
        let syntax = match syntax.eq_ignore_ascii_case("V1") {
            true => FieldSyntax::V1,
            false => FieldSyntax::V2,
        };
        self.field = match config.get::<Option<&str>>("field")? {
            None | Some("") => None,
            Some(field) => Some(FieldPath::new(field, syntax)?),
        };
        self.condition = condition(&config)?;
        self.places = SchemaCache::new();
        Ok(())
    }

    fn test(&mut self, record: &RecordMut<'_>) -> Result<bool> {
        let (schema, value) = self.target.of(record);
        let Some(field) = &self.field else {
            return self.condition.holds(value);
        };
        let found = match (schema, value) {
            (Some(schema), Value::Struct(structure)) => {
                // A schema without such a field, or one that cannot have any, is no error here.
                let place = self.places.get_or_make(schema, |schema| {
                    Ok(field.indices_in(schema).unwrap_or_default())
                })?;
                match place {
                    Some(indices) => indices.value(structure, Nulls::AreDefaults).ok(),
                    None => None,
                }
            }
            (None, Value::Map(map)) => field.value_in(map).unwrap_or_default(),
            _ => None,
        };
        found.map_or(Ok(false), |value| self.condition.holds(value))
    }
}

fn condition(config: &ParsedConfig) -> Result<Condition> {
    match (
        config.get::<Option<&str>>("value")?,
        config.get::<Option<&str>>("regex")?,
    ) {
        (Some(value), None) => Ok(Condition::equal_to(value)),
        (None, Some(regex)) => Condition::matching(regex),
        _ => Err(ConnectError::config(
            "FieldValueMatches needs either value or regex, not both",
        )),
    }
}

fn config() -> ConfigDef {
    let field = ConfigKey::new("field", Kind::String)
        .default_value("")
        .importance(Importance::High)
        .documentation("The path of the field; empty for the whole key or value.");
    let from = ConfigKey::new("from", Kind::String)
        .default_value("value")
        .validator(Validator::one_of(&["key", "value"]))
        .importance(Importance::Medium)
        .documentation("Where the field is: key or value.");
    ConfigDef::new()
        .define(field)
        .define(optional(
            "value",
            Kind::String,
            Importance::High,
            "The value the field must have; numbers are compared as numbers.",
        ))
        .define(optional(
            "regex",
            Kind::String,
            Importance::High,
            "The pattern that the text of the field must match as a whole.",
        ))
        .define(from)
        .define(field_syntax_version().default_value("V2"))
}

#[cfg(test)]
mod tests {
    use windlass_api::{ErrorKind, MapValue, Schema, SinkRecord, Struct};
    use windlass_golden::sink_record;

    use super::*;

    fn predicate(config: &[(&str, &str)]) -> Result<FieldValueMatches> {
        let entries = config.iter();
        let props = entries.map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned())));
        let mut predicate = FieldValueMatches::default();
        predicate.configure(&props.collect())?;
        Ok(predicate)
    }

    fn record(schema: Option<Schema>, value: impl Into<Value>) -> SinkRecord {
        let mut record = sink_record(&serde_json::json!({"topic": "t"}));
        record.value_schema = schema;
        record.value = value.into();
        record
    }

    fn holds(config: &[(&str, &str)], record: &mut SinkRecord) -> bool {
        let mut predicate = predicate(config).unwrap();
        predicate.test(&RecordMut::Sink(record)).unwrap()
    }

    #[test]
    fn looks_into_structs_and_maps() {
        let inner = Schema::structure().field("city", Schema::OPTIONAL_STRING);
        let inner = inner.build().unwrap();
        let schema = Schema::structure()
            .field("n", Schema::INT64)
            .field("at", inner.clone())
            .build()
            .unwrap();
        let at = Struct::from_values(inner, vec!["Oslo".into()]).unwrap();
        let whole = Struct::from_values(schema.clone(), vec![5i64.into(), at.into()]).unwrap();
        let mut structure = record(Some(schema), whole);
        let map = MapValue::from_iter([("city", "Oslo")]);
        let mut map = record(
            None,
            MapValue::from_iter([("at", Value::Map(map)), ("n", 5.into())]),
        );
        for record in [&mut structure, &mut map] {
            assert!(holds(&[("field", "at.city"), ("value", "Oslo")], record));
            assert!(holds(&[("field", "at.city"), ("regex", "O.*")], record));
            assert!(!holds(&[("field", "at.city"), ("regex", "s")], record));
            assert!(holds(&[("field", "n"), ("value", "5.0")], record));
            assert!(!holds(&[("field", "at.zip"), ("value", "")], record));
            assert!(!holds(&[("field", "n.x"), ("value", "5")], record));
            let v1 = ("field.syntax.version", "V1");
            assert!(!holds(
                &[("field", "at.city"), ("value", "Oslo"), v1],
                record
            ));
            assert!(!holds(
                &[("field", "n"), ("value", "5"), ("from", "key")],
                record
            ));
        }
    }

    #[test]
    fn looks_at_the_whole_value_too() {
        assert!(holds(&[("value", "true")], &mut record(None, true)));
        assert!(!holds(&[("value", "")], &mut record(None, Value::Null)));
        assert!(!holds(
            &[("field", "a"), ("value", "x")],
            &mut record(Some(Schema::STRING), "x")
        ));
    }

    #[test]
    fn needs_one_condition() {
        for config in [
            &[][..],
            &[("value", "a"), ("regex", "a")],
            &[("regex", "(")],
        ] {
            let error = predicate(config).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Config, "{config:?}");
        }
    }
}
