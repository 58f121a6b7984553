//! What the registry knows: the sum of the records in its topic.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tracing::warn;
use windlass_converters::AvroSchema;
use windlass_converters::registry::{NewSchema, SchemaFormat, SchemaReference};

use crate::compatibility::Level;
use crate::problem::{Problem, Result};
use crate::record::{ConfigValue, DeleteSubjectValue, Key, SchemaValue};

/// Subjects, their versions, and schemas by id.
#[derive(Debug, Default)]
pub(crate) struct State {
    subjects: BTreeMap<String, BTreeMap<i32, Version>>,
    schemas: BTreeMap<i32, Arc<NewSchema>>,
    ids: HashMap<Arc<NewSchema>, i32>,
    levels: BTreeMap<Option<String>, Level>,
}

/// A version of a subject.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: i32,
    pub(crate) deleted: bool,
}

/// A version asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Latest,
    Number(i32),
}

/// What registering a schema comes to.
#[derive(Debug)]
pub(crate) enum Registration {
    /// It stands there already.
    Known(i32),
    /// It is to be written.
    New(SchemaValue),
}

impl State {
    /// Takes a record of the topic; what is none is skipped.
    pub(crate) fn apply(&mut self, key: &[u8], value: Option<&[u8]>) {
        // Records of other kinds, such as NOOP and MODE, say nothing here.
        let Ok(key) = serde_json::from_slice::<Key>(key) else {
            return;
        };
        match (key, value) {
            (
                Key::Schema {
                    subject, version, ..
                },
                None,
            ) => self.remove(&subject, version),
            (Key::Schema { .. }, Some(value)) => match serde_json::from_slice(value) {
                Ok(value) => self.put(value),
                Err(error) => warn!(%error, "skipping a schema that cannot be read"),
            },
            (Key::Config { subject, .. }, value) => {
                match value.and_then(|v| serde_json::from_slice::<ConfigValue>(v).ok()) {
                    Some(value) => self.levels.insert(subject, value.compatibility_level),
                    None => self.levels.remove(&subject),
                };
            }
            (Key::DeleteSubject { .. }, Some(value)) => {
                if let Ok(value) = serde_json::from_slice::<DeleteSubjectValue>(value)
                    && let Some(versions) = self.subjects.get_mut(&value.subject)
                {
                    for (_, version) in versions.range_mut(..=value.version) {
                        version.deleted = true;
                    }
                }
            }
            (Key::DeleteSubject { .. }, None) => {}
        }
    }

    fn put(&mut self, value: SchemaValue) {
        let schema = Arc::new(NewSchema {
            format: value.schema_type,
            text: value.schema,
            references: value.references,
        });
        self.ids.entry(Arc::clone(&schema)).or_insert(value.id);
        self.schemas.insert(value.id, schema);
        let version = Version {
            id: value.id,
            deleted: value.deleted,
        };
        self.subjects
            .entry(value.subject)
            .or_default()
            .insert(value.version, version);
    }

    fn remove(&mut self, subject: &str, version: i32) {
        if let Some(versions) = self.subjects.get_mut(subject) {
            versions.remove(&version);
            if versions.is_empty() {
                self.subjects.remove(subject);
            }
        }
    }

    /// The subjects that have a version, with `deleted` also those that had.
    pub(crate) fn subjects(&self, deleted: bool) -> Vec<&str> {
        let is_shown = |versions: &BTreeMap<i32, Version>| {
            versions.values().any(|version| deleted || !version.deleted)
        };
        self.subjects
            .iter()
            .filter(|(_, versions)| is_shown(versions))
            .map(|(subject, _)| subject.as_str())
            .collect()
    }

    /// The numbers of a subject's versions.
    pub(crate) fn versions(&self, subject: &str, deleted: bool) -> Result<Vec<i32>> {
        let versions = self.subjects.get(subject).into_iter().flatten();
        let numbers: Vec<i32> = versions
            .filter(|(_, version)| deleted || !version.deleted)
            .map(|(number, _)| *number)
            .collect();
        if numbers.is_empty() {
            return Err(Problem::no_subject(subject));
        }
        Ok(numbers)
    }

    /// A version of a subject: its number, id and schema.
    pub(crate) fn version(
        &self,
        subject: &str,
        asked: Asked,
        deleted: bool,
    ) -> Result<(i32, i32, Arc<NewSchema>)> {
        let numbers = self.versions(subject, deleted)?;
        let number = match asked {
            Asked::Latest => numbers.last().copied(),
            Asked::Number(number) => Some(number).filter(|n| numbers.contains(n)),
        };
        let number = number.ok_or_else(|| match asked {
            Asked::Number(number) => Problem::no_version(number),
            Asked::Latest => Problem::no_version("latest"),
        })?;
        let id = self.subjects[subject][&number].id;
        Ok((number, id, self.schema(id)?))
    }

    /// The schema of an id.
    pub(crate) fn schema(&self, id: i32) -> Result<Arc<NewSchema>> {
        let schema = self.schemas.get(&id);
        schema.cloned().ok_or_else(|| Problem::no_schema_of(id))
    }

    /// The highest id.
    pub(crate) fn max_id(&self) -> i32 {
        self.schemas.last_key_value().map_or(0, |(id, _)| *id)
    }

    /// Where the schema of an id stands.
    pub(crate) fn places(&self, id: i32, deleted: bool) -> Result<Vec<(&str, i32)>> {
        self.schema(id)?;
        let places = self.subjects.iter().flat_map(|(subject, versions)| {
            versions
                .iter()
                .filter(move |(_, version)| version.id == id && (deleted || !version.deleted))
                .map(move |(number, _)| (subject.as_str(), *number))
        });
        Ok(places.collect())
    }

    /// The ids of the schemas that use a version of a subject.
    pub(crate) fn users(&self, subject: &str, version: i32) -> Vec<i32> {
        let uses = |schema: &NewSchema| {
            schema
                .references
                .iter()
                .any(|r| r.subject == subject && r.version == version)
        };
        self.schemas
            .iter()
            .filter(|(_, schema)| uses(schema))
            .map(|(id, _)| *id)
            .filter(|id| {
                self.places(*id, false)
                    .is_ok_and(|places| !places.is_empty())
            })
            .collect()
    }

    /// The number and id under which a schema stands in a subject.
    pub(crate) fn find(
        &self,
        subject: &str,
        schema: &NewSchema,
        deleted: bool,
    ) -> Result<(i32, i32)> {
        let versions = self
            .subjects
            .get(subject)
            .ok_or_else(|| Problem::no_subject(subject))?;
        let id = self.ids.get(schema).ok_or_else(Problem::no_schema)?;
        versions
            .iter()
            .rev()
            .find(|(_, version)| version.id == *id && (deleted || !version.deleted))
            .map(|(number, _)| (*number, *id))
            .ok_or_else(Problem::no_schema)
    }

    /// The compatibility level of a subject, or of those that have none of their own.
    pub(crate) fn level(&self, subject: Option<&str>) -> Option<Level> {
        self.levels.get(&subject.map(str::to_owned)).copied()
    }

    /// The level that holds for a subject.
    pub(crate) fn effective_level(&self, subject: &str) -> Level {
        self.level(Some(subject))
            .or_else(|| self.level(None))
            .unwrap_or_default()
    }

    /// What registering a schema comes to, which [`normalized`](Self::normalized) gave.
    pub(crate) fn register(&self, subject: &str, schema: &NewSchema) -> Result<Registration> {
        if let Ok((_, id)) = self.find(subject, schema, false) {
            return Ok(Registration::Known(id));
        }
        let reasons = self.incompatibilities(subject, schema, None)?;
        if !reasons.is_empty() {
            return Err(Problem::incompatible(subject, &reasons));
        }
        let known = self
            .subjects
            .get(subject)
            .and_then(BTreeMap::last_key_value);
        Ok(Registration::New(SchemaValue {
            subject: subject.to_owned(),
            version: known.map_or(0, |(number, _)| *number) + 1,
            id: self.ids.get(schema).copied().unwrap_or(self.max_id() + 1),
            schema_type: schema.format,
            references: schema.references.clone(),
            schema: schema.text.clone(),
            deleted: false,
        }))
    }

    /// Why a schema may not follow the versions of a subject, or one of them.
    pub(crate) fn incompatibilities(
        &self,
        subject: &str,
        schema: &NewSchema,
        against: Option<i32>,
    ) -> Result<Vec<String>> {
        let mut earlier = Vec::new();
        for (number, version) in self.subjects.get(subject).into_iter().flatten() {
            if version.deleted || against.is_some_and(|n| n != *number) {
                continue;
            }
            let old = self.schema(version.id)?;
            if old.format != schema.format {
                return Ok(vec![format!(
                    "Incompatible because of different schema type ({})",
                    old.format
                )]);
            }
            if old.format == SchemaFormat::Avro {
                earlier.push(self.parse(&old)?);
            }
        }
        if schema.format != SchemaFormat::Avro {
            return Ok(Vec::new());
        }
        Ok(self
            .effective_level(subject)
            .check(&self.parse(schema)?, &earlier))
    }

    /// A schema in the form in which equal ones are equal.
    pub(crate) fn normalized(&self, mut schema: NewSchema) -> Result<NewSchema> {
        if schema.format == SchemaFormat::Avro {
            let parsed = self.parse(&schema)?;
            parsed.check_names().map_err(Problem::invalid_schema)?;
            schema.text = parsed.to_string();
        } else {
            self.resolve(&schema.references)?;
        }
        Ok(schema)
    }

    fn parse(&self, schema: &NewSchema) -> Result<AvroSchema> {
        let references = self.resolve(&schema.references)?;
        let texts = references.iter().map(|schema| schema.text.as_str());
        AvroSchema::parse(&schema.text, texts).map_err(Problem::invalid_schema)
    }

    /// The schemas that references lead to, each once and after those that it uses itself.
    fn resolve(&self, references: &[SchemaReference]) -> Result<Vec<Arc<NewSchema>>> {
        let mut found: Vec<(String, Arc<NewSchema>)> = Vec::new();
        // A reference comes up twice: for what it uses itself, then to take its place after that.
        let mut open: Vec<(SchemaReference, Option<Arc<NewSchema>>)> =
            references.iter().rev().map(|r| (r.clone(), None)).collect();
        while let Some((reference, entered)) = open.pop() {
            if let Some(schema) = entered {
                found.push((reference.name, schema));
                continue;
            }
            let is_open = open
                .iter()
                .any(|(r, e)| e.is_some() && r.name == reference.name);
            if is_open || found.iter().any(|(name, _)| *name == reference.name) {
                continue;
            }
            let asked = Asked::Number(reference.version);
            let (_, _, schema) = self.version(&reference.subject, asked, true).map_err(|_| {
                let SchemaReference {
                    subject, version, ..
                } = &reference;
                Problem::invalid_schema(format!(
                    "no schema of subject \"{subject}\" and version {version}"
                ))
            })?;
            open.push((reference, Some(Arc::clone(&schema))));
            open.extend(schema.references.iter().rev().map(|r| (r.clone(), None)));
        }
        Ok(found.into_iter().map(|(_, schema)| schema).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn avro(text: &str) -> NewSchema {
        NewSchema {
            format: SchemaFormat::Avro,
            text: text.to_owned(),
            references: Vec::new(),
        }
    }

    fn register(state: &mut State, subject: &str, schema: NewSchema) -> Result<i32> {
        let schema = state.normalized(schema)?;
        match state.register(subject, &schema)? {
            Registration::Known(id) => Ok(id),
            Registration::New(value) => {
                let key = serde_json::to_vec(&Key::schema(subject, value.version)).unwrap();
                state.apply(&key, Some(&serde_json::to_vec(&value).unwrap()));
                Ok(value.id)
            }
        }
    }

    #[test]
    fn equal_schemas_have_one_id() {
        let mut state = State::default();
        assert_eq!(register(&mut state, "a", avro("\"int\"")), Ok(1));
        assert_eq!(
            register(&mut state, "b", avro("{\"type\": \"int\"}")),
            Ok(1)
        );
        assert_eq!(register(&mut state, "a", avro("\"long\"")), Ok(2));
        assert_eq!(register(&mut state, "a", avro("\"int\"")), Ok(1));
        let refused = register(&mut state, "a", avro("\"string\"")).unwrap_err();
        assert_eq!((refused.status, refused.code), (409, 409));
        assert_eq!(state.places(1, false).unwrap(), [("a", 1), ("b", 1)]);
        assert_eq!(state.versions("a", false), Ok(vec![1, 2]));
    }

    #[test]
    fn deleted_versions_come_back_with_new_numbers() {
        let mut state = State::default();
        register(&mut state, "a", avro("\"int\"")).unwrap();
        let key = serde_json::to_vec(&Key::delete_subject("a")).unwrap();
        state.apply(&key, Some(br#"{"subject":"a","version":1}"#));
        assert_eq!(state.versions("a", false).unwrap_err().code, 40401);
        assert_eq!(state.subjects(true), ["a"]);
        assert_eq!(register(&mut state, "a", avro("\"int\"")), Ok(1));
        assert_eq!(state.versions("a", true), Ok(vec![1, 2]));
    }

    #[test]
    fn references_are_resolved() {
        let mut state = State::default();
        let address = r#"{"type":"record","name":"A","fields":[]}"#;
        register(&mut state, "address", avro(address)).unwrap();
        let mut person = avro(r#"{"type":"record","name":"P","fields":[{"name":"a","type":"A"}]}"#);
        assert_eq!(
            register(&mut state, "p", person.clone()).unwrap_err().code,
            42201
        );
        person.references = vec![SchemaReference {
            name: "A".to_owned(),
            subject: "address".to_owned(),
            version: 1,
        }];
        assert_eq!(register(&mut state, "p", person), Ok(2));
        assert_eq!(state.users("address", 1), [2]);
    }

    #[test]
    fn what_is_no_record_is_skipped() {
        let mut state = State::default();
        for (key, value) in [
            (&b"{}"[..], None),
            (br#"{"keytype":"NOOP","magic":0}"#, Some(&b"x"[..])),
            (
                br#"{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}"#,
                Some(b"{"),
            ),
            (b"\xff", Some(b"")),
        ] {
            state.apply(key, value);
        }
        assert!(state.subjects(true).is_empty());
    }
}
