//! Which values of a configuration are secrets.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use windlass_api::{ConfigDef, Kind, Props};
use windlass_client::config::Secret;
use windlass_secret::{jaas, mask};

use super::clients::Client;
use crate::plugins::{PluginKind, Plugins};

/// Hides the secrets of a worker's or connector's configuration from all texts that leave the process: values of keys that
/// are passwords by the definition of whoever reads them, and passwords in URLs.
pub(crate) fn hide(plugins: &Plugins, own: &ConfigDef, props: &Props) {
    let readers = Readers::new(plugins, own, props);
    for (key, value) in props {
        let Some(value) = value else { continue };
        if readers.is_password(key) {
            hide_password(value);
        } else if let Some(password) = password_in_url(value) {
            mask::hide(&Secret::new(password));
        }
    }
}

/// Those who read parts of a configuration, by the prefix of their keys.
struct Readers<'d> {
    own: &'d ConfigDef,
    converters: Vec<(&'static str, ConfigDef)>,
}

impl<'d> Readers<'d> {
    fn new(plugins: &Plugins, own: &'d ConfigDef, props: &Props) -> Self {
        let converters = [
            ("key.converter", "key.converter.", PluginKind::Converter),
            ("value.converter", "value.converter.", PluginKind::Converter),
            (
                "header.converter",
                "header.converter.",
                PluginKind::HeaderConverter,
            ),
        ];
        let def = |(key, prefix, kind)| {
            let class = props.get(key)?.as_deref()?;
            Some((prefix, plugins.config_of(kind, class.trim())?))
        };
        Readers {
            own,
            converters: converters.into_iter().filter_map(def).collect(),
        }
    }

    fn is_password(&self, key: &str) -> bool {
        let password =
            |def: &ConfigDef, key: &str| def.key(key).is_some_and(|key| key.kind == Kind::Password);
        let own = key.strip_prefix("listeners.https.").unwrap_or(key);
        password(self.own, own)
            || CLIENT_PREFIXES.iter().any(|prefix| {
                key.strip_prefix(prefix).is_some_and(|key| CLIENT_PASSWORDS.contains(key))
            })
            || self.converters.iter().any(|(prefix, def)| {
                key.strip_prefix(prefix).is_some_and(|key| password(def, key))
            })
            // Headers for a registry carry tokens.
            || key.contains(".request.header.")
    }
}

/// The value, and what is secret in it when it is a login line or a name with its password.
fn hide_password(value: &str) {
    mask::hide(&Secret::new(value));
    if let Ok(module) = jaas::parse_line(value) {
        for (option, secret) in &module.options {
            let option = option.to_ascii_lowercase();
            if ["password", "secret", "passphrase"]
                .iter()
                .any(|word| option.contains(word))
            {
                mask::hide(secret);
            }
        }
    } else if let Some((user, password)) = value.split_once(':')
        && !user.contains(char::is_whitespace)
    {
        mask::hide(&Secret::new(password));
    }
}

/// The keys of clients that are passwords.
static CLIENT_PASSWORDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let defs = [Client::Producer, Client::Consumer, Client::Admin].map(|client| client.config());
    let keys = defs.iter().flat_map(ConfigDef::keys);
    keys.filter(|key| key.kind == Kind::Password)
        .map(|key| key.name.clone())
        .collect()
});

/// What stands before keys of clients; nothing before those of the worker's own.
const CLIENT_PREFIXES: [&str; 7] = [
    "",
    "producer.",
    "consumer.",
    "admin.",
    "producer.override.",
    "consumer.override.",
    "admin.override.",
];

/// The password of `scheme://user:password@host`.
fn password_in_url(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let authority = rest.split(['/', '?', '#', ',']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    Some(user_info.split_once(':')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_definition_and_in_urls() {
        let props: Props = [
            (
                "producer.override.sasl.jaas.config",
                "x required username=\"ann\" password=\"planted-jaas\";",
            ),
            ("consumer.ssl.key.password", "planted-worker-consumer"),
            ("ssl.truststore.password", "planted-own"),
            ("connection.url", "db://ann:planted-url@host/db"),
            ("topic", "planted-topic"),
        ]
        .map(|(key, value)| (key.to_owned(), Some(value.to_owned())))
        .into_iter()
        .collect();
        hide(&Plugins::new([]), &ConfigDef::new(), &props);
        for text in [
            "password planted-jaas is wrong",
            "planted-worker-consumer",
            "planted-own",
            "://ann:planted-url@",
        ] {
            assert!(!mask::masked(text).contains("planted"), "{text}");
        }
        assert_eq!(mask::masked("planted-topic"), "planted-topic");
    }
}
