//! Exactly-once delivery of source connectors, as a worker has it and as connectors ask for it.

use indexmap::IndexMap;
use windlass_api::{ConfigData, ConfigValue, ExactlyOnceSupport, Props, SourceConnector};

/// `exactly.once.source.support`. A cluster goes through these in order, one rolling restart each: with workers that do
/// not write the config topic in transactions, and workers that rely on it, in one group, a leader that is gone could still
/// write (KIP-618).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExactlyOnce {
    /// Nothing is written in transactions.
    #[default]
    Disabled,
    /// The leader writes the config topic in transactions; source tasks deliver at least once.
    Preparing,
    /// Source tasks write records and offsets in transactions.
    Enabled,
}

impl ExactlyOnce {
    /// Reads the key's value, in whatever case; what it cannot be was refused before.
    pub(super) fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "preparing" => ExactlyOnce::Preparing,
            "enabled" => ExactlyOnce::Enabled,
            _ => ExactlyOnce::Disabled,
        }
    }

    /// Whether the leader writes the config topic in transactions.
    pub fn has_transactional_leader(self) -> bool {
        self != ExactlyOnce::Disabled
    }

    /// Whether source tasks write in transactions.
    pub fn is_enabled(self) -> bool {
        self == ExactlyOnce::Enabled
    }
}

/// Holds what a connector asks for against what the worker and the connector can do
/// (`DistributedHerder.validateSourceConnectorConfig`).
pub(super) fn check(
    worker: ExactlyOnce,
    connector: &dyn SourceConnector,
    props: &Props,
    answers: &mut IndexMap<String, ConfigValue>,
) {
    if let Some(answer) = chosen(answers, "exactly.once.support", "required") {
        if !worker.is_enabled() {
            let text = "This worker does not have exactly-once source support enabled.";
            answer.errors.push(text.to_owned());
        }
        let text = match connector.exactly_once_support(props) {
            Some(ExactlyOnceSupport::Supported) => None,
            Some(ExactlyOnceSupport::Unsupported) => Some(
                "The connector does not support exactly-once semantics with the provided configuration.",
            ),
            None => Some(UNKNOWN_SUPPORT),
        };
        answer.errors.extend(text.map(str::to_owned));
    }
    if let Some(answer) = chosen(answers, "transaction.boundary", "connector")
        && !connector.can_define_transaction_boundaries(props)
    {
        let text = "The connector does not support connector-defined transaction boundaries with the given configuration. \
                    Please reconfigure it to use a different transaction boundary definition.";
        answer.errors.push(text.to_owned());
    }
}

/// The answer about a key that is set to this value, and rightly so.
fn chosen<'a>(
    answers: &'a mut IndexMap<String, ConfigValue>,
    key: &str,
    value: &str,
) -> Option<&'a mut ConfigValue> {
    let answer = answers.get_mut(key)?;
    let is =
        matches!(&answer.value, ConfigData::String(given) if given.eq_ignore_ascii_case(value));
    (is && answer.errors.is_empty()).then_some(answer)
}

const UNKNOWN_SUPPORT: &str = "The connector does not implement the API required for preflight validation of exactly-once \
    source support. Please consult the documentation for the connector to determine whether it supports exactly-once \
    semantics, and then consider reconfiguring the connector to use the value \"requested\" for this property (which will \
    disable this preflight check and allow the connector to be created).";
