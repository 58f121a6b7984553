//! What stands in the topic: JSON keys and values as Confluent's registry writes them.

use serde::{Deserialize, Serialize};
use windlass_converters::registry::{SchemaFormat, SchemaReference};

use crate::compatibility::Level;

/// A key; the order of the members counts for compaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "keytype", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Key {
    /// A version of a subject; its value is a [`SchemaValue`], or none when it was deleted for good.
    Schema {
        subject: String,
        version: i32,
        magic: i32,
    },
    /// The compatibility level of a subject, or of all others; its value is a [`ConfigValue`].
    Config { subject: Option<String>, magic: i32 },
    /// Versions up to one are deleted; its value is a [`DeleteSubjectValue`].
    DeleteSubject { subject: String, magic: i32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaValue {
    pub(crate) subject: String,
    pub(crate) version: i32,
    pub(crate) id: i32,
    #[serde(default, skip_serializing_if = "is_avro")]
    pub(crate) schema_type: SchemaFormat,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) references: Vec<SchemaReference>,
    pub(crate) schema: String,
    #[serde(default)]
    pub(crate) deleted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigValue {
    pub(crate) compatibility_level: Level,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeleteSubjectValue {
    pub(crate) subject: String,
    pub(crate) version: i32,
}

impl Key {
    pub(crate) fn schema(subject: &str, version: i32) -> Self {
        Key::Schema {
            subject: subject.to_owned(),
            version,
            magic: 1,
        }
    }

    pub(crate) fn config(subject: Option<&str>) -> Self {
        Key::Config {
            subject: subject.map(str::to_owned),
            magic: 0,
        }
    }

    pub(crate) fn delete_subject(subject: &str) -> Self {
        Key::DeleteSubject {
            subject: subject.to_owned(),
            magic: 0,
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what serde calls it with"
)]
fn is_avro(format: &SchemaFormat) -> bool {
    *format == SchemaFormat::Avro
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_confluents() {
        let json = |value: &dyn Fn() -> String| value();
        let key = Key::schema("orders-value", 1);
        assert_eq!(
            json(&|| serde_json::to_string(&key).unwrap()),
            r#"{"keytype":"SCHEMA","subject":"orders-value","version":1,"magic":1}"#
        );
        assert_eq!(
            serde_json::to_string(&Key::config(None)).unwrap(),
            r#"{"keytype":"CONFIG","subject":null,"magic":0}"#
        );
        let value = r#"{"subject":"s","version":1,"id":7,"schema":"\"int\"","deleted":false}"#;
        let read: SchemaValue = serde_json::from_str(value).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), value);
        let value = r#"{"compatibilityLevel":"FULL_TRANSITIVE"}"#;
        let read: ConfigValue = serde_json::from_str(value).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), value);
    }
}
