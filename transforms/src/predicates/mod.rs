//! Predicates, one per file, named as the Java class.

mod has_header_key;
mod record_is_tombstone;
mod topic_name_matches;

use crate::SmtClass;

/// All predicates, by class name.
pub fn predicates() -> Vec<SmtClass> {
    let smt = |class, config| SmtClass { class, config };
    vec![
        smt(
            "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
            has_header_key::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
            record_is_tombstone::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
            topic_name_matches::config,
        ),
    ]
}
