//! `/connector-plugins` (KIP-769, KIP-891)

use serde_json::{Value, json};
use windlass_api::ConfigKey;
use windlass_engine::plugins::{PluginError, Plugins, VersionRange};

use crate::answer::Answer;
use crate::problem::{Problem, Result};
use crate::request::Request;

/// `GET /connector-plugins`
pub(super) fn list(plugins: &Plugins, request: &Request) -> Answer {
    // Any word but true is false, as `Boolean.parseBoolean`; nothing is true, the default.
    let connectors_only =
        request.parameter("connectorsOnly").is_none() || request.flag("connectorsOnly");
    let plugins = plugins.list(connectors_only);
    Answer::ok(&Value::Array(
        plugins
            .map(|p| json!({"class": p.class, "type": p.kind.as_str(), "version": p.version}))
            .collect(),
    ))
}

/// `GET /connector-plugins/P/config`
pub(super) fn config(plugins: &Plugins, name: &str, request: &Request) -> Result<Answer> {
    let versions = VersionRange::parse(request.parameter("version")).map_err(refused)?;
    let config = plugins.config(name, &versions).map_err(refused)?;
    Ok(Answer::ok(&Value::Array(
        config.keys().map(key_json).collect(),
    )))
}

/// `ConfigKeyInfo`
pub(super) fn key_json(key: &ConfigKey) -> Value {
    json!({
        "name": key.name,
        "type": key.kind.name(),
        "required": key.is_required(),
        "default_value": key.default.as_ref().and_then(|default| default.to_text()),
        "importance": key.importance.name(),
        "documentation": key.documentation,
        "group": key.group,
        "order_in_group": key.order_in_group,
        "width": key.width.name(),
        "display_name": key.display_name,
        "dependents": key.dependents,
    })
}

fn refused(error: PluginError) -> Problem {
    match error {
        PluginError::Unknown(_) => Problem::not_found(error.to_string()),
        error => Problem::bad_request(error.to_string()),
    }
}
