//! Predicates, one per file, named as the Java class; `FieldValueMatches` is ours.

mod field_value_matches;
mod has_header_key;
mod record_is_tombstone;
mod topic_name_matches;

use windlass_api::Predicate;

/// A predicate class: its Java name and how to make one.
#[derive(Clone, Copy, Debug)]
pub struct PredicateClass {
    /// The full Java class name.
    pub class: &'static str,
    /// Makes one that is not yet configured.
    pub new: fn() -> Box<dyn Predicate>,
}

/// All predicates, by class name.
pub fn predicates() -> &'static [PredicateClass] {
    PREDICATES
}

const PREDICATES: &[PredicateClass] = &[
    PredicateClass {
        class: "io.windlass.predicates.FieldValueMatches",
        new: || Box::new(field_value_matches::FieldValueMatches::default()),
    },
    PredicateClass {
        class: "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
        new: || Box::new(has_header_key::HasHeaderKey::default()),
    },
    PredicateClass {
        class: "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
        new: || Box::new(record_is_tombstone::RecordIsTombstone),
    },
    PredicateClass {
        class: "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
        new: || Box::new(topic_name_matches::TopicNameMatches::default()),
    },
];
