//! The bundled converters, transforms and predicates.

use windlass_api::ConfigDef;
use windlass_converters::config;

use super::{Body, Classes, Plugin, PluginKind};

/// Every bundled class but the connectors.
pub(super) fn classes() -> Classes {
    let mut classes = Classes::new();
    let mut add = |kind, class, config: fn() -> ConfigDef| {
        let body = Body::ConfigOnly(config);
        classes.entry(kind).or_default().insert(
            class,
            Plugin {
                version: KAFKA_VERSION,
                body,
            },
        );
    };
    for smt in windlass_transforms::transforms() {
        add(PluginKind::Transformation, smt.class, smt.config);
    }
    for smt in windlass_transforms::predicates::predicates() {
        add(PluginKind::Predicate, smt.class, smt.config);
    }
    for (class, config) in CONVERTERS {
        add(PluginKind::Converter, class, config);
        add(PluginKind::HeaderConverter, class, config);
    }
    add(
        PluginKind::HeaderConverter,
        "org.apache.kafka.connect.storage.SimpleHeaderConverter",
        config::none,
    );
    classes
}

/// Converters of keys, values and headers.
const CONVERTERS: [(&str, fn() -> ConfigDef); 9] = [
    (
        "org.apache.kafka.connect.converters.BooleanConverter",
        config::plain,
    ),
    (
        "org.apache.kafka.connect.converters.ByteArrayConverter",
        config::none,
    ),
    (
        "org.apache.kafka.connect.converters.DoubleConverter",
        config::plain,
    ),
    (
        "org.apache.kafka.connect.converters.FloatConverter",
        config::plain,
    ),
    (
        "org.apache.kafka.connect.converters.IntegerConverter",
        config::plain,
    ),
    (
        "org.apache.kafka.connect.converters.LongConverter",
        config::plain,
    ),
    (
        "org.apache.kafka.connect.converters.ShortConverter",
        config::plain,
    ),
    ("org.apache.kafka.connect.json.JsonConverter", config::json),
    (
        "org.apache.kafka.connect.storage.StringConverter",
        config::string,
    ),
];

/// The version that the classes show: that of the Kafka Connect whose behaviour they have.
const KAFKA_VERSION: &str = "4.3.1";
