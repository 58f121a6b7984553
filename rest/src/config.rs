//! The worker's settings that concern REST.

use windlass_api::Props;

use crate::cors::Cors;
use crate::header_rules::HeaderRules;
use crate::listener::Listener;
use crate::{Error, Result};

/// `listeners`, `rest.advertised.*`, `admin.listeners`, `access.control.*`, `response.http.headers.config` and
/// `topic.tracking.*` of a worker.
#[derive(Clone, Debug)]
pub struct RestConfig {
    pub(crate) listeners: Vec<Listener>,
    pub(crate) admin: Admin,
    pub(crate) advertised_host: Option<String>,
    pub(crate) advertised_port: Option<u16>,
    pub(crate) cors: Option<Cors>,
    pub(crate) header_rules: HeaderRules,
    pub(crate) topic_tracking: bool,
    pub(crate) topic_reset: bool,
}

/// Where `/admin` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admin {
    /// Beside everything else.
    Main,
    /// Nowhere.
    Off,
    /// On listeners of its own.
    Own(Vec<Listener>),
}

impl RestConfig {
    /// Reads a worker's settings; keys that do not concern REST are ignored.
    ///
    /// # Errors
    /// When a value is wrong.
    pub fn parse(worker: &Props) -> Result<Self> {
        let text = |key| worker.get(key).and_then(Option::as_deref).map(str::trim);
        let listeners = match text("listeners") {
            Some("") => {
                return Err(Error::Config(
                    "listeners: expected at least one, found none".to_owned(),
                ));
            }
            list => Listener::parse_list("listeners", list.unwrap_or("http://:8083"))?,
        };
        let admin = match text("admin.listeners") {
            None => Admin::Main,
            Some("") => Admin::Off,
            Some(list) => Admin::Own(Listener::parse_list("admin.listeners", list)?),
        };
        let advertised_port = text("rest.advertised.port").map(|port| {
            port.parse().map_err(|_| {
                Error::Config(format!(
                    "rest.advertised.port: expected a port, found {port:?}"
                ))
            })
        });
        Ok(RestConfig {
            listeners,
            admin,
            advertised_host: text("rest.advertised.host.name")
                .filter(|h| !h.is_empty())
                .map(str::to_owned),
            advertised_port: advertised_port.transpose()?,
            cors: Cors::parse(
                text("access.control.allow.origin").unwrap_or_default(),
                text("access.control.allow.methods").unwrap_or_default(),
            )?,
            header_rules: HeaderRules::parse(
                text("response.http.headers.config").unwrap_or_default(),
            )?,
            topic_tracking: boolean(text("topic.tracking.enable"), "topic.tracking.enable")?,
            topic_reset: boolean(
                text("topic.tracking.allow.reset"),
                "topic.tracking.allow.reset",
            )?,
        })
    }
}

fn boolean(value: Option<&str>, key: &str) -> Result<bool> {
    match value {
        None => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
        Some(value) => Err(Error::Config(format!(
            "{key}: expected true or false, found {value:?}"
        ))),
    }
}
