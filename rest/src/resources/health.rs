//! `GET /health` (KIP-1017)

use std::time::Duration;

use hyper::StatusCode;
use serde_json::json;
use windlass_engine::herder::Herder;

use crate::answer::Answer;

/// Healthy is a worker whose herder answers.
pub(super) async fn get(herder: &Herder) -> Answer {
    match tokio::time::timeout(PATIENCE, herder.ping()).await {
        Ok(Ok(())) => answer(
            StatusCode::OK,
            "healthy",
            "Worker has completed startup and is ready to handle requests.",
        ),
        Ok(Err(_)) | Err(_) => answer(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unhealthy",
            "Worker was unable to handle this request and may be unable to handle other requests.",
        ),
    }
}

fn answer(status: StatusCode, state: &str, message: &str) -> Answer {
    Answer::json(status, &json!({"status": state, "message": message}))
}

const PATIENCE: Duration = Duration::from_secs(10);
