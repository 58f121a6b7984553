//! `TopicNameMatches`: true for records of topics that match a pattern.

use windlass_api::{
    ConfigDef, Importance, JavaRegex, Kind, Predicate, Props, RecordMut, Result, Validator,
};

use crate::keys::required;
use crate::recent::TopicCache;

/// True for records of topics that match a pattern.
#[derive(Default)]
pub(crate) struct TopicNameMatches {
    pattern: Option<JavaRegex>,
    answers: TopicCache<bool>,
}

impl Predicate for TopicNameMatches {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.pattern = Some(JavaRegex::new(config.get("pattern")?)?);
        self.answers = TopicCache::new();
        Ok(())
    }

    fn test(&mut self, record: &RecordMut<'_>) -> Result<bool> {
        let pattern = &self.pattern;
        let answer = self.answers.get_or_make(&record.topic, |topic| {
            pattern.as_ref().map_or(Ok(false), |p| p.matches(topic))
        })?;
        Ok(*answer)
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
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
