//! Predicates, one per file, named as the Java class.

mod has_header_key;
mod record_is_tombstone;
mod topic_name_matches;

use windlass_api::{ConfigDef, Predicate};

/// A predicate class: its Java name, its configuration and how to make one.
#[derive(Clone, Copy, Debug)]
pub struct PredicateClass {
    /// The full Java class name.
    pub class: &'static str,
    /// The configuration keys.
    pub config: fn() -> ConfigDef,
    /// Makes one that is not yet configured.
    pub new: Option<fn() -> Box<dyn Predicate>>,
}

/// All predicates, by class name.
pub fn predicates() -> &'static [PredicateClass] {
    PREDICATES
}

const PREDICATES: &[PredicateClass] = &[
    PredicateClass {
        class: "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
        config: has_header_key::config,
        new: Some(|| Box::new(has_header_key::HasHeaderKey::default())),
    },
    PredicateClass {
        class: "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
        config: record_is_tombstone::config,
        new: Some(|| Box::new(record_is_tombstone::RecordIsTombstone)),
    },
    PredicateClass {
        class: "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
        config: topic_name_matches::config,
        new: Some(|| Box::new(topic_name_matches::TopicNameMatches::default())),
    },
];
