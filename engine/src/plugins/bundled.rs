//! The bundled converters, transforms and predicates.

use super::{Body, Classes, Plugin, PluginKind};

/// Every bundled class but the connectors.
pub(super) fn classes() -> Classes {
    let mut classes = Classes::new();
    let mut add = |kind, class, version, body| {
        classes.entry(kind).or_default().insert(
            class,
            Plugin {
                version,
                listed: true,
                body,
            },
        );
    };
    for converter in windlass_converters::plugins() {
        if let Some(new) = converter.new {
            let body = Body::Converter(new);
            add(
                PluginKind::Converter,
                converter.class,
                converter.version,
                body,
            );
        }
        if let Some(new) = converter.new_header {
            let body = Body::HeaderConverter(new);
            add(
                PluginKind::HeaderConverter,
                converter.class,
                converter.version,
                body,
            );
        }
    }
    for transform in windlass_transforms::transforms() {
        let body = Body::Transform(transform.new);
        add(
            PluginKind::Transformation,
            transform.class,
            KAFKA_VERSION,
            body,
        );
    }
    for predicate in windlass_transforms::predicates::predicates() {
        let body = Body::Predicate(predicate.new);
        add(PluginKind::Predicate, predicate.class, KAFKA_VERSION, body);
    }
    classes
}

/// The version that transforms show: that of the Kafka Connect whose configuration they have.
const KAFKA_VERSION: &str = "4.3.1";
