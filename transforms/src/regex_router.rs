//! `RegexRouter`: the topic renamed by a pattern.

use std::sync::Arc;

use windlass_api::{
    ConfigDef, Importance, JavaRegex, JavaReplacement, Kind, Props, RecordMut, Result, Transform,
    Validator, Verdict,
};

use crate::keys::required;
use crate::recent::TopicCache;

/// Renames topics that a pattern matches.
#[derive(Default)]
pub(crate) struct RegexRouter {
    rule: Option<(JavaRegex, JavaReplacement)>,
    routes: TopicCache<Arc<str>>,
}

impl Transform for RegexRouter {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        let regex = JavaRegex::new(config.get("regex")?)?;
        // Java finds a null replacement only when there is something to replace.
        let replacement = match config.get::<Option<&str>>("replacement")? {
            Some(text) => JavaReplacement::new(text),
            None => JavaReplacement::null(),
        };
        self.rule = Some((regex, replacement));
        self.routes = TopicCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        if let Some((regex, replacement)) = &self.rule {
            let route = self.routes.get_or_make(&record.topic, |topic| {
                if !regex.matches(topic)? {
                    return Ok(topic.clone());
                }
                Ok(regex.replace_first(topic, replacement)?.into())
            })?;
            let route = route.clone();
            record.topic = route;
        }
        Ok(Verdict::Keep)
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    ConfigDef::new()
        .define(
            required(
                "regex",
                Kind::String,
                Importance::High,
                "The pattern a topic must match as a whole.",
            )
            .validator(Validator::regex()),
        )
        .define(required(
            "replacement",
            Kind::String,
            Importance::High,
            "The new topic; $1 and so on stand for groups of the pattern.",
        ))
}
