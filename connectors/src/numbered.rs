//! What Kafka's test connectors share: tasks that are told their number.

use windlass_api::{ConnectError, Props};

/// As many tasks as may be, each with the connector's configuration and its number as `id`.
pub(crate) fn numbered_tasks(props: &Props, max_tasks: usize) -> Vec<Props> {
    let numbered = |number: usize| {
        let mut props = props.clone();
        props.insert(ID.to_owned(), Some(number.to_string()));
        props
    };
    (0..max_tasks).map(numbered).collect()
}

/// Numbers out of a task's configuration, with Java's error for what is none.
pub(crate) struct Numbers<'p> {
    pub(crate) props: &'p Props,
    /// The class of the task in the message.
    pub(crate) task: &'static str,
}

impl Numbers<'_> {
    /// An integer.
    pub(crate) fn integer<T: std::str::FromStr>(&self, key: &str) -> Result<T, ConnectError> {
        let text = text(self.props, key);
        let parsed = text.and_then(|text| text.parse().ok());
        parsed.ok_or_else(|| {
            let cause = match text {
                Some(text) => format!("{key}: expected an integer, found \"{text}\""),
                None => format!("{key}: expected an integer, found none"),
            };
            ConnectError::connect(format!("Invalid {} configuration", self.task))
                .caused_by(ConnectError::config(cause))
        })
    }
}

/// A value of a configuration.
pub(crate) fn text<'p>(props: &'p Props, key: &str) -> Option<&'p str> {
    props.get(key).and_then(|value| value.as_deref())
}

/// `Boolean.parseBoolean`
pub(crate) fn is_true(props: &Props, key: &str) -> bool {
    text(props, key).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The number of a task.
pub(crate) const ID: &str = "id";
