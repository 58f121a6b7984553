//! Under which subject the schema of a message is kept.

use windlass_api::{ConnectError, Result};

/// How the subject follows from a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectNameStrategy {
    /// `<topic>-key` or `<topic>-value`.
    #[default]
    TopicName,
    /// The full name of the record, so that a topic can hold several.
    RecordName,
    /// `<topic>-<full name of the record>`.
    TopicRecordName,
}

impl SubjectNameStrategy {
    /// The strategy of a class of Confluent's, with or without its package.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) when the class is another.
    pub fn from_class(key: &str, class: &str) -> Result<Self> {
        let short = class.trim().rsplit(['.', '$']).next().unwrap_or_default();
        match short {
            // Asks an association service that few registries have, and is this one without it.
            "TopicNameStrategy" | "AssociatedNameStrategy" => Ok(SubjectNameStrategy::TopicName),
            "RecordNameStrategy" => Ok(SubjectNameStrategy::RecordName),
            "TopicRecordNameStrategy" => Ok(SubjectNameStrategy::TopicRecordName),
            _ => Err(ConnectError::config(format!(
                "{key}: expected TopicNameStrategy, RecordNameStrategy or TopicRecordNameStrategy, found \"{class}\""
            ))),
        }
    }

    /// The subject.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when it takes the name of a record and the schema has none.
    pub fn subject(self, topic: &str, is_key: bool, record: Option<&str>) -> Result<String> {
        if self == SubjectNameStrategy::TopicName {
            return Ok(format!("{topic}-{}", if is_key { "key" } else { "value" }));
        }
        let record = record.ok_or_else(|| {
            let part = if is_key { "key" } else { "value" };
            ConnectError::data(format!(
                "In configuration {part}.subject.name.strategy = {self:?}Strategy, the message {part} must only be a \
                 record schema"
            ))
        })?;
        Ok(match self {
            SubjectNameStrategy::TopicRecordName => format!("{topic}-{record}"),
            _ => record.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_known_with_and_without_package() {
        let of = |class| SubjectNameStrategy::from_class("value.subject.name.strategy", class);
        let long = "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy";
        assert_eq!(of(long).unwrap(), SubjectNameStrategy::TopicRecordName);
        assert_eq!(
            of("RecordNameStrategy").unwrap(),
            SubjectNameStrategy::RecordName
        );
        assert!(of("org.acme.MyStrategy").is_err());
    }

    #[test]
    fn subjects() {
        use SubjectNameStrategy::*;
        assert_eq!(TopicName.subject("t", true, None).unwrap(), "t-key");
        assert_eq!(RecordName.subject("t", false, Some("a.B")).unwrap(), "a.B");
        assert_eq!(
            TopicRecordName.subject("t", false, Some("a.B")).unwrap(),
            "t-a.B"
        );
        assert!(RecordName.subject("t", false, None).is_err());
    }
}
