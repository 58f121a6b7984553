//! `GET /metrics`

use windlass_engine::herder::Herder;
use windlass_engine::metrics::CONTENT_TYPE;

use crate::answer::Answer;

/// What the worker counts, for Prometheus.
pub(super) fn get(herder: &Herder) -> Answer {
    Answer {
        content_type: Some(CONTENT_TYPE),
        ..Answer::text(herder.metrics())
    }
}
