//! `/connector-plugins` (KIP-769, KIP-891)

use std::sync::Arc;

use hyper::StatusCode;
use serde_json::{Value, json};
use windlass_engine::config::{ConnectorValidation, ValidationError, plugin_keys};
use windlass_engine::plugins::{PluginError, Plugins, VersionRange};

use crate::answer::Answer;
use crate::problem::{Problem, Result};
use crate::request::Request;

/// `GET /connector-plugins`
pub(super) fn list(plugins: &Plugins, request: &Request) -> Answer {
    // Any word but true is false, as `Boolean.parseBoolean`; nothing is true, the default.
    let connectors_only =
        request.parameter("connectorsOnly").is_none() || request.flag("connectorsOnly");
    let plugins = plugins
        .list(connectors_only)
        .map(|p| json!({"class": p.class, "type": p.kind.as_str(), "version": p.version}));
    Answer::ok(&Value::Array(plugins.collect()))
}

/// `GET /connector-plugins/P/config`
pub(super) fn config(plugins: &Arc<Plugins>, name: &str, request: &Request) -> Result<Answer> {
    let version = request.parameter("version");
    let versions = VersionRange::parse(version).map_err(|_| {
        let version = version.unwrap_or_default();
        Problem::bad_request(format!("Invalid version specification: {version}"))
    })?;
    let keys = plugin_keys(plugins, name, &versions).map_err(refused)?;
    Answer::serialized(StatusCode::OK, &keys)
}

/// `PUT /connector-plugins/P/config/validate`
pub(super) async fn validate(
    validation: &ConnectorValidation,
    name: &str,
    request: &Request,
) -> Result<Answer> {
    let config = request.string_map()?;
    if let Some(Some(class)) = config.get("connector.class")
        && !alias(class).ends_with(alias(name))
    {
        return Err(Problem::bad_request(format!(
            "Included connector type {class} does not match request type {name}"
        )));
    }
    let infos = validation.validate(&config).await.map_err(failed)?;
    Answer::serialized(StatusCode::OK, &infos)
}

/// The name without `Connector` at its end.
fn alias(name: &str) -> &str {
    name.strip_suffix("Connector")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

fn refused(error: PluginError) -> Problem {
    match error {
        PluginError::Unknown(_) => Problem::not_found(error.to_string()),
        error => Problem::bad_request(error.to_string()),
    }
}

/// Java answers 500 here, with the class of the exception that its future wrapped.
fn failed(error: ValidationError) -> Problem {
    let class = "org.apache.kafka.connect.runtime.rest.errors.BadRequestException";
    match error {
        ValidationError::Connector(error) => Problem::internal(error.message()),
        ValidationError::Provider(error) => Problem::internal(format!(
            "org.apache.kafka.common.config.ConfigException: {}",
            error.message()
        )),
        error => Problem::internal(format!("{class}: {error}")),
    }
}
