//! `GET /`

use serde_json::json;
use windlass_engine::herder::Herder;

use crate::answer::Answer;

/// The version of Connect whose behaviour this is, and the cluster.
pub(super) fn get(herder: &Herder) -> Answer {
    Answer::ok(&json!({
        "version": VERSION,
        "commit": COMMIT,
        "kafka_cluster_id": herder.kafka_cluster_id(),
    }))
}

/// Tools choose what they may ask by this version; that of this program is told by `windlass --version`.
const VERSION: &str = "4.3.1";
/// The commit of Apache Kafka 4.3.1.
const COMMIT: &str = "26b251a451ce941d";
