//! `TopicNameMatches`: true for records of topics that match a pattern.

use std::sync::Arc;

use windlass_api::{
    ConfigDef, Importance, JavaRegex, Kind, Predicate, Props, RecordMut, Result, Validator,
};

use crate::keys::required;

/// True for records of topics that match a pattern.
#[derive(Default)]
pub(crate) struct TopicNameMatches {
    pattern: Option<JavaRegex>,
    /// The last topic, and whether it matches: topics come in runs.
    last: Option<(Arc<str>, bool)>,
}

impl Predicate for TopicNameMatches {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.pattern = Some(JavaRegex::new(config.get("pattern")?)?);
        self.last = None;
        Ok(())
    }

    fn test(&mut self, record: &RecordMut<'_>) -> Result<bool> {
        let topic = &record.topic;
        if let Some((last, matches)) = &self.last
            && last == topic
        {
            return Ok(*matches);
        }
        let matches = match &self.pattern {
            Some(pattern) => pattern.matches(topic)?,
            None => false,
        };
        self.last = Some((topic.clone(), matches));
        Ok(matches)
    }
}

/// The configuration keys.
pub(crate) fn config() -> ConfigDef {
    ConfigDef::new().define(
        required(
            "pattern",
            Kind::String,
            Importance::Medium,
            "The pattern a topic must match as a whole.",
        )
        .validator(Validator::all(vec![
            Validator::non_empty_string(),
            Validator::regex(),
        ])),
    )
}
