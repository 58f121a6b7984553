//! `/admin/loggers` (KIP-495, KIP-976)

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use windlass_engine::herder::Herder;

use crate::answer::Answer;
use crate::loggers::{Level, Logger};
use crate::problem::{Problem, Result};
use crate::request::Request;
use crate::service::App;

/// `GET /admin/loggers`
pub(super) fn list(app: &App) -> Answer {
    let all = app.loggers.all();
    let members: Map<String, Value> = all
        .into_iter()
        .map(|(name, logger)| (name, logger_json(logger)))
        .collect();
    Answer::ok(&Value::Object(members))
}

/// `GET /admin/loggers/L`: a logger that was never given a level is not found, even where it inherits one.
pub(super) fn get(app: &App, name: &str) -> Result<Answer> {
    match app.loggers.all().get(name) {
        Some(logger) => Ok(Answer::ok(&logger_json(*logger))),
        None => Err(Problem::not_found(format!("Logger {name} not found."))),
    }
}

/// `PUT /admin/loggers/L`
pub(super) async fn set(
    app: &App,
    herder: &Herder,
    name: &str,
    request: &Request,
) -> Result<Answer> {
    let body = request.string_map()?;
    let Some(Some(level)) = body.get("level") else {
        return Err(Problem::bad_request(
            "Desired 'level' parameter was not specified in request.",
        ));
    };
    if level.is_empty() {
        return Err(Problem::internal("the level is empty"));
    }
    let level = Level::parse(level.trim())
        .ok_or_else(|| Problem::not_found(format!("invalid log level '{level}'.")))?;
    let changed = app.loggers.set(name, level);
    if request
        .parameter("scope")
        .is_some_and(|scope| scope.eq_ignore_ascii_case("cluster"))
    {
        herder
            .set_cluster_logger_level(name, level.as_str())
            .await?;
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    Ok(Answer::ok(&json!(changed)))
}

fn logger_json(logger: Logger) -> Value {
    json!({"level": logger.level.as_str(), "last_modified": logger.last_modified})
}
