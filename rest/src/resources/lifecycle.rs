//! Pausing, resuming, stopping and restarting a connector.

use hyper::StatusCode;
use windlass_engine::herder::{Herder, RestartScope};
use windlass_engine::status::TargetState;

use super::status::connector_json;
use crate::answer::Answer;
use crate::problem::Result;
use crate::request::Request;

/// `PUT /connectors/C/pause`
pub(super) async fn pause(herder: &Herder, name: &str) -> Result<Answer> {
    herder.set_target_state(name, TargetState::Paused).await?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

/// `PUT /connectors/C/resume`
pub(super) async fn resume(herder: &Herder, name: &str) -> Result<Answer> {
    herder.set_target_state(name, TargetState::Started).await?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

/// `PUT /connectors/C/stop`
pub(super) async fn stop(herder: &Herder, name: &str) -> Result<Answer> {
    herder.set_target_state(name, TargetState::Stopped).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `POST /connectors/C/restart`: without parameters the connector alone, with any of them what they say (KIP-745).
pub(super) async fn restart(herder: &Herder, name: &str, request: &Request) -> Result<Answer> {
    let scope = RestartScope {
        only_failed: request.flag("onlyFailed"),
        include_tasks: request.flag("includeTasks"),
    };
    if scope == RestartScope::default() {
        herder.restart_connector(name).await?;
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    let plan = herder.restart_connector_and_tasks(name, scope).await?;
    Ok(Answer::json(StatusCode::ACCEPTED, &connector_json(&plan)))
}
