//! What a registry keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The language of a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SchemaFormat {
    /// What is meant where an answer or a request says nothing.
    #[default]
    Avro,
    /// A `.proto` file.
    Protobuf,
    /// JSON Schema.
    Json,
}

impl SchemaFormat {
    /// The name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            SchemaFormat::Avro => "AVRO",
            SchemaFormat::Protobuf => "PROTOBUF",
            SchemaFormat::Json => "JSON",
        }
    }
}

impl fmt::Display for SchemaFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// That a schema uses another one, kept under its own subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SchemaReference {
    /// What the schema calls it: a full name in Avro, an import path in Protobuf, a `$ref` in JSON Schema.
    pub name: String,
    /// Where it is kept.
    pub subject: String,
    /// Its version there.
    pub version: i32,
}

/// A schema to be registered or looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewSchema {
    /// The language.
    pub format: SchemaFormat,
    /// The text.
    pub text: String,
    /// The schemas it uses.
    pub references: Vec<SchemaReference>,
}

/// A schema as it is kept, with the texts of all it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSchema {
    /// The id that messages carry.
    pub id: i32,
    /// The version under the subject it was asked by; `None` when it was asked by its id.
    pub version: Option<i32>,
    /// The language.
    pub format: SchemaFormat,
    /// The text.
    pub text: String,
    /// All schemas that it needs, also indirectly, each once and after those that it needs itself.
    pub references: Vec<StoredReference>,
}

impl StoredSchema {
    /// Name and text of each reference.
    pub(crate) fn named_references(&self) -> Vec<(String, String)> {
        let named = |reference: &StoredReference| (reference.name.clone(), reference.text.clone());
        self.references.iter().map(named).collect()
    }
}

/// A schema that another one uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReference {
    /// What the schema that uses it calls it.
    pub name: String,
    /// Where it is kept.
    pub subject: String,
    /// Its version there.
    pub version: i32,
    /// The text.
    pub text: String,
}

/// An answer of the registry: a schema, its id, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectVersion {
    /// The subject.
    pub subject: String,
    /// The version under the subject.
    pub version: i32,
    /// The id.
    pub id: i32,
    /// The schema.
    pub schema: NewSchema,
}
