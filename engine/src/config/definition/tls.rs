//! TLS keys; the REST server also reads them after `listeners.https.` and `admin.listeners.https.`.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Validator};

/// Adds the TLS keys.
pub(crate) fn keys(def: ConfigDef) -> ConfigDef {
    def.define(
        key(
            "ssl.protocol",
            Kind::String,
            Importance::Medium,
            "TLS protocol of the context.",
        )
        .default_value("TLSv1.3"),
    )
    .define(
        key(
            "ssl.provider",
            Kind::String,
            Importance::Medium,
            "Security provider name.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.cipher.suites",
            Kind::List,
            Importance::Low,
            "Allowed cipher suites; empty = engine default.",
        )
        .default_value("")
        .validator(Validator::distinct_list(true, false)),
    )
    .define(
        key(
            "ssl.enabled.protocols",
            Kind::List,
            Importance::Medium,
            "Allowed TLS versions.",
        )
        .default_value("TLSv1.2,TLSv1.3")
        .validator(Validator::distinct_list(true, false)),
    )
    .define(
        key(
            "ssl.keystore.type",
            Kind::String,
            Importance::Medium,
            "Key store format: JKS, PKCS12 or PEM.",
        )
        .default_value("JKS"),
    )
    .define(
        key(
            "ssl.keystore.location",
            Kind::String,
            Importance::High,
            "Key store file.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.keystore.password",
            Kind::Password,
            Importance::High,
            "Key store password.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.key.password",
            Kind::Password,
            Importance::High,
            "Private key password.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.keystore.key",
            Kind::Password,
            Importance::High,
            "Inline PEM private key.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.keystore.certificate.chain",
            Kind::Password,
            Importance::High,
            "Inline PEM certificate chain.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.truststore.certificates",
            Kind::Password,
            Importance::High,
            "Inline PEM trusted certificates.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.truststore.type",
            Kind::String,
            Importance::Medium,
            "Trust store format.",
        )
        .default_value("JKS"),
    )
    .define(
        key(
            "ssl.truststore.location",
            Kind::String,
            Importance::High,
            "Trust store file.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.truststore.password",
            Kind::Password,
            Importance::High,
            "Trust store password.",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.keymanager.algorithm",
            Kind::String,
            Importance::Low,
            "Key manager algorithm (JVM value; accepted and ignored in Rust).",
        )
        .default_value("SunX509"),
    )
    .define(
        key(
            "ssl.trustmanager.algorithm",
            Kind::String,
            Importance::Low,
            "Trust manager algorithm (JVM value).",
        )
        .default_value("PKIX"),
    )
    .define(
        key(
            "ssl.endpoint.identification.algorithm",
            Kind::String,
            Importance::Low,
            "Host name check; empty switches it off.",
        )
        .default_value("https"),
    )
    .define(
        key(
            "ssl.secure.random.implementation",
            Kind::String,
            Importance::Low,
            "Secure random name (JVM value).",
        )
        .optional(),
    )
    .define(
        key(
            "ssl.engine.factory.class",
            Kind::Class,
            Importance::Low,
            "Custom TLS engine class (JVM only).",
        )
        .optional(),
    )
}

fn key(name: &str, kind: Kind, importance: Importance, documentation: &str) -> ConfigKey {
    ConfigKey::new(name, kind)
        .importance(importance)
        .documentation(documentation)
}
