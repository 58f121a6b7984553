//! Which topics a sink reads, and its dead letter topic (`SinkConnectorConfig.validate`).

use indexmap::IndexMap;
use windlass_api::{ConfigValue, JavaRegex, Props, Result, invalid_value};

/// Adds what is wrong with `topics`, `topics.regex` and the dead letter topic together to the answers about the keys.
pub(crate) fn check(props: &Props, answers: &mut IndexMap<String, ConfigValue>) {
    for Problem { key, message, .. } in problems(props) {
        let answer = answers
            .entry(key.to_owned())
            .or_insert_with(|| ConfigValue::new(key));
        answer.errors.push(message);
    }
}

/// Refuses a sink's configuration for the first thing that is wrong with `topics`, `topics.regex` and the dead letter topic
/// together.
///
/// # Errors
/// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) in Kafka's words.
pub fn validate(props: &Props) -> Result<()> {
    match problems(props).into_iter().next() {
        Some(Problem { key, message }) => Err(invalid_value(
            key,
            text(props, key).unwrap_or("null"),
            message,
        )),
        None => Ok(()),
    }
}

/// The dead letter topic, if there is one.
pub(crate) fn dead_letter_topic(props: &Props) -> Option<&str> {
    text(props, DEAD_LETTER_TOPIC)
        .map(str::trim)
        .filter(|topic| !topic.is_empty())
}

struct Problem {
    key: &'static str,
    message: String,
}

fn problems(props: &Props) -> Vec<Problem> {
    let given = |key| text(props, key).filter(|text| !text.trim().is_empty());
    let (topics, regex) = (given(TOPICS), given(TOPICS_REGEX));
    let both = |message: &str| {
        [TOPICS, TOPICS_REGEX].map(|key| Problem {
            key,
            message: message.to_owned(),
        })
    };
    let mut problems = Vec::new();
    match (topics, regex) {
        (Some(_), Some(_)) => problems.extend(both(
            "topics and topics.regex are mutually exclusive options, but both are set.",
        )),
        (None, None) => problems.extend(both("Must configure one of topics or topics.regex")),
        _ => {}
    }
    let Some(dead_letters) = dead_letter_topic(props) else {
        return problems;
    };
    if let Some(topics) = topics {
        let topics: Vec<&str> = topics.split(',').map(str::trim).collect();
        if topics.contains(&dead_letters) {
            let topics = topics.join(", ");
            let message = format!(
                "The DLQ topic '{dead_letters}' may not be included in the list of topics ('topics=[{topics}]') consumed \
                 by the connector"
            );
            problems.push(Problem {
                key: TOPICS,
                message,
            });
        }
    }
    // A pattern that is none has its own error already.
    if let Some(Ok(regex)) = regex.map(JavaRegex::new)
        && regex.matches(dead_letters).unwrap_or(false)
    {
        let message = format!(
            "The DLQ topic '{dead_letters}' may not be matched by the regex for the topics ('topics.regex={regex}') \
             consumed by the connector"
        );
        problems.push(Problem {
            key: TOPICS_REGEX,
            message,
        });
    }
    problems
}

fn text<'p>(props: &'p Props, key: &str) -> Option<&'p str> {
    props.get(key).and_then(Option::as_deref)
}

const TOPICS: &str = "topics";
const TOPICS_REGEX: &str = "topics.regex";
const DEAD_LETTER_TOPIC: &str = "errors.deadletterqueue.topic.name";
