//! `TimestampRouter`: the record's time in the topic.

use std::sync::Arc;

use windlass_api::{
    ConfigDef, ConfigKey, ConnectError, ErrorKind, Importance, Kind, Props, RecordMut, Result,
    Transform, Verdict,
};

use crate::date_format::DateFormat;

/// Puts the record's time into the topic.
#[derive(Default)]
pub(crate) struct TimestampRouter {
    topic_format: Option<String>,
    /// `None` for a pattern that is none: Java finds it when it first formats.
    timestamp_format: Option<DateFormat>,
    last: Option<Route>,
}

/// Where the records of a topic go for as long as their formatted time is the same.
struct Route {
    from: Arc<str>,
    /// The number of the span of time since the epoch.
    span: i64,
    to: Arc<str>,
}

impl Transform for TimestampRouter {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.topic_format = config.get("topic.format")?;
        let pattern: Option<&str> = config.get("timestamp.format")?;
        self.timestamp_format = pattern.and_then(|pattern| DateFormat::new(pattern).ok());
        self.last = None;
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let Some(timestamp) = record.timestamp else {
            return Err(ConnectError::data("Timestamp missing on record"));
        };
        let (Some(topic_format), Some(format)) = (&self.topic_format, &self.timestamp_format)
        else {
            return Err(ConnectError::new(
                ErrorKind::Internal,
                "topic.format is null or timestamp.format is no date pattern",
            ));
        };
        let span = timestamp.div_euclid(format.period());
        let known = |last: &&Route| last.span == span && last.from == record.topic;
        let to = match self.last.as_ref().filter(known) {
            Some(last) => last.to.clone(),
            None => {
                let to = route(topic_format, &record.topic, format, timestamp);
                self.last = Some(Route {
                    from: record.topic.clone(),
                    span,
                    to: to.clone(),
                });
                to
            }
        };
        record.topic = to;
        Ok(Verdict::Keep)
    }
}

/// The topic goes in first, as in Java: a placeholder of time that it brings along is filled in too.
fn route(topic_format: &str, topic: &str, format: &DateFormat, timestamp: i64) -> Arc<str> {
    let mut time = String::new();
    format.format(timestamp, &mut time);
    topic_format
        .replace("${topic}", topic)
        .replace("${timestamp}", &time)
        .into()
}

/// The configuration keys.
fn config() -> ConfigDef {
    let key = |name: &str, default: &str, documentation: &str| {
        ConfigKey::new(name, Kind::String)
            .default_value(default)
            .importance(Importance::High)
            .documentation(documentation)
    };
    ConfigDef::new()
        .define(key(
            "topic.format",
            "${topic}-${timestamp}",
            "The new topic; ${topic} and ${timestamp} stand for the old one and the formatted time.",
        ))
        .define(key(
            "timestamp.format",
            "yyyyMMdd",
            "The SimpleDateFormat pattern of the record's timestamp, in UTC.",
        ))
}
