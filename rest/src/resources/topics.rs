//! `/connectors/C/topics` (KIP-558)

use hyper::StatusCode;
use serde_json::json;
use windlass_engine::herder::Herder;

use crate::answer::Answer;
use crate::problem::{Problem, Result};
use crate::service::App;

/// `GET /connectors/C/topics`: of a connector that does not exist, none.
pub(super) fn get(app: &App, herder: &Herder, name: &str) -> Result<Answer> {
    tracked(app)?;
    let topics: Vec<String> = herder
        .active_topics(name)
        .iter()
        .map(|topic| topic.to_string())
        .collect();
    Ok(Answer::ok(&json!({name: {"topics": topics}})))
}

/// `PUT /connectors/C/topics/reset`
pub(super) fn reset(app: &App, herder: &Herder, name: &str) -> Result<Answer> {
    tracked(app)?;
    if !app.topic_reset {
        return Err(Problem::forbidden("Topic tracking reset is disabled."));
    }
    herder.reset_active_topics(name);
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

fn tracked(app: &App) -> Result<()> {
    if app.topic_tracking {
        return Ok(());
    }
    Err(Problem::forbidden("Topic tracking is disabled."))
}
