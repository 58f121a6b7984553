//! Keys of the REST server (`RestServerConfig`).

use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, Importance, Kind, Result, Validator, invalid_value,
};

/// Adds the keys of the REST server.
pub(crate) fn keys(def: ConfigDef) -> ConfigDef {
    def.define(
        key(
            "listeners",
            Kind::List,
            Importance::Low,
            "REST listener URLs.",
        )
        .default_value("http://:8083")
        .validator(listener_urls(false)),
    )
    .define(
        key(
            "rest.advertised.host.name",
            Kind::String,
            Importance::Low,
            "Host other workers use to reach this one.",
        )
        .optional(),
    )
    .define(
        key(
            "rest.advertised.port",
            Kind::Int,
            Importance::Low,
            "Port other workers use.",
        )
        .optional(),
    )
    .define(
        key(
            "rest.advertised.listener",
            Kind::String,
            Importance::Low,
            "http or https for inter-worker calls.",
        )
        .optional(),
    )
    .define(
        key(
            "access.control.allow.origin",
            Kind::String,
            Importance::Low,
            "CORS origins; empty disables CORS.",
        )
        .default_value(""),
    )
    .define(
        key(
            "access.control.allow.methods",
            Kind::String,
            Importance::Low,
            "CORS methods.",
        )
        .default_value(""),
    )
    .define(
        key(
            "response.http.headers.config",
            Kind::String,
            Importance::Low,
            "Rules that set or add response headers.",
        )
        .default_value("")
        .validator(header_rules()),
    )
    .define(
        key(
            "ssl.client.auth",
            Kind::String,
            Importance::Low,
            "Whether the REST server asks for a client certificate.",
        )
        .default_value("none")
        .validator(Validator::one_of(&["required", "requested", "none"])),
    )
    .define(
        key(
            "rest.extension.classes",
            Kind::List,
            Importance::Low,
            "REST extension classes in order.",
        )
        .default_value("")
        .validator(Validator::distinct_list(true, false)),
    )
    .define(
        key(
            "rest.users.file",
            Kind::String,
            Importance::Low,
            "File of users with hashed passwords and roles who may use the REST API; Windlass's own.",
        )
        .optional(),
    )
    .define(
        key(
            "admin.listeners",
            Kind::List,
            Importance::Low,
            "Own listeners for admin endpoints; null = share, empty = off.",
        )
        .optional()
        .validator(listener_urls(true)),
    )
}

fn key(name: &str, kind: Kind, importance: Importance, documentation: &str) -> ConfigKey {
    ConfigKey::new(name, kind)
        .importance(importance)
        .documentation(documentation)
}

/// URLs with the scheme http or https. Only `admin.listeners` may be null, or empty, which takes the admin endpoints away.
fn listener_urls(optional: bool) -> Validator {
    Validator::new("http or https URLs", move |name, value| match value {
        ConfigData::Null if optional => Ok(()),
        ConfigData::List(urls) if urls.is_empty() && !optional => Err(invalid_value(
            name,
            value,
            "Invalid value for listeners, at least one URL is expected, ex: http://localhost:8080,https://localhost:8443.",
        )),
        ConfigData::List(urls) => {
            urls.iter()
                .try_for_each(|url| match super::super::listener::Listener::parse(url) {
                    Ok(_) => Ok(()),
                    Err(error) => Err(invalid_value(name, value, error)),
                })
        }
        _ => Err(invalid_value(
            name,
            value,
            "Invalid value type for listeners (expected list of URLs , ex: http://localhost:8080,https://localhost:8443).",
        )),
    })
}

/// Rules `[action] name:value` for response headers, as Jetty's HeaderFilter takes them.
fn header_rules() -> Validator {
    Validator::new(
        "comma separated rules '[action] name:value'",
        |name, value| {
            let ConfigData::String(rules) = value else {
                return Ok(());
            };
            split_rules(rules)
                .iter()
                .try_for_each(|rule| check_rule(name, rule))
        },
    )
}

fn check_rule(name: &str, rule: &str) -> Result<()> {
    let Some((action, header)) = rule.trim().split_once(char::is_whitespace) else {
        return Err(invalid_value(name, rule, "expected '[action] name:value'"));
    };
    if !HEADER_ACTIONS.contains(&action.to_ascii_lowercase().as_str()) {
        let actions = HEADER_ACTIONS.join(", ");
        return Err(invalid_value(
            name,
            rule,
            format_args!("action must be one of: {actions}"),
        ));
    }
    match header.split_once(':') {
        Some((header, _))
            if !header.trim().is_empty() && !header.trim().contains(char::is_whitespace) =>
        {
            Ok(())
        }
        _ => Err(invalid_value(
            name,
            rule,
            "expected a header name without white space, a colon and a value",
        )),
    }
}

/// The rules between commas that do not stand between quotes, without the quotes.
pub(crate) fn split_rules(rules: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for c in rules.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => found.push(String::new()),
            c => {
                if let Some(rule) = found.last_mut() {
                    rule.push(c);
                }
            }
        }
    }
    found.retain(|rule| !rule.trim().is_empty());
    found.iter().map(|rule| rule.trim().to_owned()).collect()
}

/// What a rule can do with a header.
const HEADER_ACTIONS: [&str; 4] = ["set", "add", "setdate", "adddate"];
