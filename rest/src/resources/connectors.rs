//! `/connectors`: listing, creating, reading, changing and deleting.

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use windlass_api::Props;
use windlass_engine::herder::{ConnectorInfo, Herder, PutOutcome};
use windlass_engine::status::TargetState;

use super::status::{connector_json, type_name};
use super::tasks::id_json;
use crate::answer::Answer;
use crate::problem::{Problem, Result};
use crate::request::Request;
use crate::{json, path};

/// `GET /connectors`: names, or with `expand` an object by name (KIP-465).
pub(super) fn list(herder: &Herder, request: &Request) -> Answer {
    let names = herder.connectors();
    if request.parameter("expand").is_none() {
        return Answer::ok(&Value::Array(
            names.iter().map(|name| json!(&**name)).collect(),
        ));
    }
    let mut expanded = Map::new();
    for name in &names {
        let mut members = Map::new();
        for what in request.parameters("expand") {
            let value = match what {
                "status" => herder
                    .connector_status(name)
                    .map(|status| connector_json(&status)),
                "info" => herder.connector_info(name).map(|info| info_json(&info)),
                _ => continue,
            };
            // It went away a moment ago.
            let Ok(value) = value else { continue };
            members.insert(what.to_owned(), value);
        }
        expanded.insert(name.to_string(), Value::Object(members));
    }
    Answer::ok(&Value::Object(expanded))
}

/// `POST /connectors`
pub(super) async fn create(herder: &Herder, request: &Request) -> Result<Answer> {
    let CreateRequest {
        name,
        config,
        target,
    } = CreateRequest::parse(&request.body)?;
    let config = named(config, &name)?;
    let info = herder.create_connector(&name, config, target).await?;
    Ok(created(&info, &name, request))
}

/// `GET /connectors/C`
pub(super) fn get(herder: &Herder, name: &str) -> Result<Answer> {
    Ok(Answer::ok(&info_json(&herder.connector_info(name)?)))
}

/// `DELETE /connectors/C`
pub(super) async fn delete(herder: &Herder, name: &str) -> Result<Answer> {
    herder.delete_connector(name).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `GET /connectors/C/config`
pub(super) fn get_config(herder: &Herder, name: &str) -> Result<Answer> {
    Ok(Answer::ok(&props_json(&*herder.connector_config(name)?)))
}

/// `PUT /connectors/C/config`
pub(super) async fn put_config(herder: &Herder, name: &str, request: &Request) -> Result<Answer> {
    let config = named(request.string_map()?, name)?;
    Ok(match herder.put_connector_config(name, config).await? {
        PutOutcome::Created(info) => created(&info, name, request),
        PutOutcome::Updated(info) => Answer::ok(&info_json(&info)),
    })
}

/// `PATCH /connectors/C/config` (KIP-477)
pub(super) async fn patch_config(herder: &Herder, name: &str, request: &Request) -> Result<Answer> {
    let patch = request.string_map()?;
    Ok(Answer::ok(&info_json(
        &herder.patch_connector_config(name, patch).await?,
    )))
}

/// A configuration as a flat object.
pub(super) fn props_json(props: &Props) -> Value {
    Value::Object(
        props
            .iter()
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect(),
    )
}

/// `CreateConnectorRequest`
struct CreateRequest {
    name: String,
    config: Props,
    target: TargetState,
}

impl CreateRequest {
    fn parse(body: &[u8]) -> Result<Self> {
        let Some(members) = json::object(body)? else {
            return Err(Problem::internal("the request has no body"));
        };
        let (mut name, mut config, mut target) = (None, None, TargetState::Started);
        for (key, raw) in &members {
            match key.as_str() {
                "name" => name = json::scalar(raw)?,
                "config" => config = json::members(raw.get())?,
                "initial_state" => target = initial_state(json::scalar(raw)?)?,
                _ => return Err(json::malformed(&format!("unknown field {key:?}"))),
            }
        }
        let Some(config) = config else {
            return Err(Problem::internal("the request has no config"));
        };
        let name = name
            .unwrap_or_default()
            .trim_matches(|c| c <= ' ')
            .to_owned();
        Ok(CreateRequest {
            name,
            config: json::props(&config)?,
            target,
        })
    }
}

/// KIP-980
fn initial_state(name: Option<String>) -> Result<TargetState> {
    let Some(name) = name else {
        return Ok(TargetState::Started);
    };
    match name.to_ascii_uppercase().as_str() {
        "RUNNING" => Ok(TargetState::Started),
        "PAUSED" => Ok(TargetState::Paused),
        "STOPPED" => Ok(TargetState::Stopped),
        _ => Err(json::malformed(&format!(
            "expected an initial_state of RUNNING, PAUSED or STOPPED, found {name:?}"
        ))),
    }
}

/// The configuration with the name of the connector in it.
fn named(mut config: Props, name: &str) -> Result<Props> {
    match config.get("name") {
        None => {
            config.insert("name".to_owned(), Some(name.to_owned()));
            Ok(config)
        }
        Some(Some(included)) if included == name => Ok(config),
        Some(included) => Err(Problem::bad_request(format!(
            "Connector name configuration ({}) doesn't match connector name in the URL ({name})",
            included.as_deref().unwrap_or("null")
        ))),
    }
}

fn created(info: &ConnectorInfo, name: &str, request: &Request) -> Answer {
    let place = request.absolute(&format!("/connectors/{}", path::encode(name)));
    Answer::json(StatusCode::CREATED, &info_json(info)).located(&place)
}

/// `ConnectorInfo`
fn info_json(info: &ConnectorInfo) -> Value {
    json!({
        "name": &*info.name,
        "config": props_json(&info.config),
        "tasks": info.tasks.iter().map(id_json).collect::<Vec<_>>(),
        "type": type_name(info.kind),
    })
}
