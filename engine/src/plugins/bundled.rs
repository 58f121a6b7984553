//! The bundled converters, transforms and predicates.

use super::{Body, Classes, Plugin, PluginKind};

/// Every bundled class but the connectors.
pub(super) fn classes() -> Classes {
    let mut classes = Classes::new();
    let mut add = |kind, class, version, body| {
        classes
            .entry(kind)
            .or_default()
            .insert(class, Plugin { version, body });
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
    for smt in windlass_transforms::transforms() {
        add(
            PluginKind::Transformation,
            smt.class,
            KAFKA_VERSION,
            Body::ConfigOnly(smt.config),
        );
    }
    for smt in windlass_transforms::predicates::predicates() {
        add(
            PluginKind::Predicate,
            smt.class,
            KAFKA_VERSION,
            Body::ConfigOnly(smt.config),
        );
    }
    classes
}

/// The version that transforms show: that of the Kafka Connect whose configuration they have.
const KAFKA_VERSION: &str = "4.3.1";
