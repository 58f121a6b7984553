//! A connector to be created: the body of `POST /connectors`, or a file named on the command line.

use windlass_api::Props;
use windlass_engine::properties;
use windlass_engine::status::TargetState;

use crate::json::{self, Members};
use crate::problem::{Problem, Result};
use crate::{Error, Result as StartResult};

/// `CreateConnectorRequest`: a name, a configuration that holds the same name, and what to do at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRequest {
    /// The name.
    pub name: String,
    /// The configuration, `name` included.
    pub config: Props,
    /// What to do at first.
    pub target: TargetState,
}

impl CreateRequest {
    /// Reads a file as `ConnectStandalone` does, whatever its name: a flat JSON object with a `name`, a JSON object as
    /// `POST /connectors` takes it, or Java properties with a `name`.
    ///
    /// # Errors
    /// When it is none of these, without a name, or with two different ones.
    pub fn from_file(path: &str, bytes: &[u8]) -> StartResult<Self> {
        let wrong =
            |why: String| Error::Config(format!("connector configuration at '{path}' {why}"));
        let missing_name = || wrong("is missing the mandatory 'name' configuration".to_owned());
        if let Ok(Some(config)) = json::string_map(bytes) {
            return Self::flat(config).ok_or_else(missing_name);
        }
        if let Ok(Some(members)) = json::object(bytes) {
            let request = Self::from_members(&members, false).map_err(|p| wrong(p.to_string()))?;
            let name = request.name.clone();
            return request.named().map_err(|_| {
                wrong(format!(
                    "has another name in 'config' than in 'name', which is '{name}'"
                ))
            });
        }
        let text = json::text(bytes).unwrap_or_default();
        if text.trim_start().starts_with('{') {
            // Java goes on to read it as properties and then misses the name.
            let why = json::object(bytes)
                .err()
                .map_or_else(String::new, |p| p.to_string());
            return Err(wrong(why));
        }
        let config = properties::parse(bytes).map_err(|e| wrong(format!("cannot be read: {e}")))?;
        Self::flat(config).ok_or_else(missing_name)
    }

    /// Reads the body of `POST /connectors`.
    pub(crate) fn from_body(body: &[u8]) -> Result<Self> {
        let Some(members) = json::object(body)? else {
            return Err(Problem::internal("the request has no body"));
        };
        Self::from_members(&members, true)?.named()
    }

    fn flat(config: Props) -> Option<Self> {
        let name = config.get("name")?.clone().unwrap_or_default();
        Some(CreateRequest {
            name,
            config,
            target: TargetState::Started,
        })
    }

    fn from_members(members: &Members, only_known: bool) -> Result<Self> {
        let (mut name, mut config, mut target) = (None, None, TargetState::Started);
        for (key, raw) in members {
            match key.as_str() {
                "name" => name = json::scalar(raw)?,
                "config" => config = json::members(raw.get())?,
                "initial_state" => target = initial_state(json::scalar(raw)?)?,
                _ if only_known => return Err(json::malformed(&format!("unknown field {key:?}"))),
                _ => {}
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

    fn named(self) -> Result<Self> {
        Ok(CreateRequest {
            config: named(self.config, &self.name)?,
            ..self
        })
    }
}

/// The configuration with the name of the connector in it.
pub(crate) fn named(mut config: Props, name: &str) -> Result<Props> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> StartResult<CreateRequest> {
        CreateRequest::from_file("c", text.as_bytes())
    }

    fn request(target: TargetState) -> CreateRequest {
        let entries = [("a", "1"), ("name", "n")];
        let config = entries
            .map(|(k, v)| (k.to_owned(), Some(v.to_owned())))
            .into_iter()
            .collect();
        CreateRequest {
            name: "n".to_owned(),
            config,
            target,
        }
    }

    #[test]
    fn all_three_forms_of_a_file_are_read() {
        let started = request(TargetState::Started);
        assert_eq!(read("a=1\nname=n\n").expect("properties"), started);
        assert_eq!(
            read(r#"{"a": 1, "name": "n"}"#).expect("a flat object"),
            started
        );
        let body =
            r#"{"name": "n", "config": {"a": "1"}, "initial_state": "stopped", "other": []}"#;
        assert_eq!(
            read(body).expect("a request"),
            request(TargetState::Stopped)
        );
    }

    #[test]
    fn faults_of_a_file_are_told() {
        let message = |text: &str| read(text).expect_err(text).to_string();
        assert_eq!(
            message("a=1"),
            "connector configuration at 'c' is missing the mandatory 'name' configuration"
        );
        assert!(message("{\"name\": \"n\",").contains("invalid JSON"));
        assert!(message(r#"{"name": "n", "config": {"name": "m"}}"#).contains("another name"));
    }

    #[test]
    fn a_body_takes_no_unknown_field() {
        let body = br#"{"name": "n", "config": {"a": "1"}, "other": 1}"#;
        CreateRequest::from_body(body).expect_err("an unknown field");
    }
}
