//! `/connectors`: listing, creating, reading, changing and deleting.

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use windlass_api::Props;
use windlass_engine::herder::{ConnectorInfo, Herder, PutOutcome};

use super::status::{connector_json, type_name};
use super::tasks::id_json;
use crate::answer::Answer;
use crate::create_request::{CreateRequest, named};
use crate::path;
use crate::problem::Result;
use crate::request::Request;

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
    } = CreateRequest::from_body(&request.body)?;
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
