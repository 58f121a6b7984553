//! The configuration keys of Kafka's clients, as far as REST shows them: connectors may override them.

mod admin;
mod common;
mod consumer;
mod producer;

use windlass_api::{AnyClass, ConfigData, ConfigDef, ConfigKey, Importance, Kind, parse_type};

/// A client that a connector's tasks use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Of source tasks and dead letter queues.
    Producer,
    /// Of sink tasks.
    Consumer,
    /// For the creation of topics.
    Admin,
}

impl Client {
    /// What overrides in a connector's configuration begin with.
    pub fn override_prefix(self) -> &'static str {
        match self {
            Client::Producer => "producer.override.",
            Client::Consumer => "consumer.override.",
            Client::Admin => "admin.override.",
        }
    }

    /// What a worker's settings for this client begin with.
    pub fn worker_prefix(self) -> &'static str {
        match self {
            Client::Producer => "producer.",
            Client::Consumer => "consumer.",
            Client::Admin => "admin.",
        }
    }

    /// The client's keys.
    pub(crate) fn config(self) -> ConfigDef {
        let own = match self {
            Client::Producer => producer::PRODUCER,
            Client::Consumer => consumer::CONSUMER,
            Client::Admin => admin::ADMIN,
        };
        let mut def = ConfigDef::new();
        for &(name, kind, default, importance) in common::COMMON.iter().chain(own) {
            let mut key = ConfigKey::new(name, kind).importance(importance);
            key.default = match default {
                Default::Required => None,
                Default::Null => Some(ConfigData::Null),
                Default::Is(text) => {
                    parse_type(name, &ConfigData::from(text), kind, &AnyClass).ok()
                }
            };
            key.documentation = format!("As in Kafka's client configuration: {name}.");
            def.insert(key);
        }
        def
    }
}

/// Key, type, default and importance.
type Row = (&'static str, Kind, Default, Importance);

#[derive(Clone, Copy)]
enum Default {
    Required,
    Null,
    Is(&'static str),
}
