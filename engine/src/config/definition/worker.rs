//! Keys that workers of both modes have (`WorkerConfig`).

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Validator};

/// The keys, without those of TLS and of the REST server.
pub(crate) fn keys() -> ConfigDef {
    ConfigDef::new()
        .define(key("bootstrap.servers", Kind::List, Importance::High, "Broker host:port list used first by every client; the only key shared by all of them.").validator(Validator::distinct_list(false, false)))
        .define(key("client.dns.lookup", Kind::String, Importance::Medium, "How a bootstrap name with several addresses is used.").default_value("use_all_dns_ips").validator(Validator::one_of(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])))
        .define(key("key.converter", Kind::Class, Importance::High, "Default key converter class for all connectors."))
        .define(key("key.converter.plugin.version", Kind::String, Importance::Low, "Which version of the key converter to load (4.1+).").optional())
        .define(key("value.converter", Kind::Class, Importance::High, "Default value converter class."))
        .define(key("value.converter.plugin.version", Kind::String, Importance::Low, "Which version of the value converter to load (4.1+).").optional())
        .define(key("task.shutdown.graceful.timeout.ms", Kind::Long, Importance::Low, "Total time all stopping tasks get together before they are cancelled.").default_value(5_000i64))
        .define(key("offset.flush.interval.ms", Kind::Long, Importance::Low, "How often task offsets are committed.").default_value(60_000i64))
        .define(key("offset.flush.timeout.ms", Kind::Long, Importance::Low, "Longest time one offset flush may take before it is cancelled and retried later.").default_value(5_000i64))
        .define(key("plugin.path", Kind::List, Importance::Low, "Directories or archives that hold plug-ins; no config-provider references.").optional().validator(Validator::distinct_list(false, true)))
        .define(key("plugin.discovery", Kind::String, Importance::Low, "Scan and/or service-manifest way to find plug-ins.").default_value("hybrid_warn").validator(Validator::one_of_ignore_case(&["ONLY_SCAN", "SERVICE_LOAD", "HYBRID_WARN", "HYBRID_FAIL"])))
        .define(key("metrics.sample.window.ms", Kind::Long, Importance::Low, "Length of one metric sample window.").default_value(30_000i64).validator(Validator::at_least(0i64)))
        .define(key("metrics.num.samples", Kind::Int, Importance::Low, "Number of windows kept.").default_value(2).validator(Validator::at_least(1i32)))
        .define(key("metrics.recording.level", Kind::String, Importance::Low, "Lowest sensor level recorded.").default_value("INFO").validator(Validator::one_of(&["INFO", "DEBUG"])))
        .define(key("metric.reporters", Kind::List, Importance::Low, "Reporter classes (JMX by default).").default_value("org.apache.kafka.common.metrics.JmxReporter").validator(Validator::distinct_list(true, false)))
        .define(key("header.converter", Kind::Class, Importance::Low, "Header converter class.").default_value("org.apache.kafka.connect.storage.SimpleHeaderConverter"))
        .define(key("header.converter.plugin.version", Kind::String, Importance::Low, "Which version of the header converter to load (4.1+).").optional())
        .define(key("config.providers", Kind::List, Importance::Low, "Names of config providers; each then has .class and .param.* keys.").default_value("").validator(Validator::distinct_list(true, false)))
        .define(key("connector.client.config.override.policy", Kind::String, Importance::Medium, "Policy class or alias: All, None, Principal (deprecated), Allowlist.").default_value("All"))
        .define(key("topic.creation.enable", Kind::Boolean, Importance::Low, "Whether source connectors may create topics by their topic.creation.* rules.").default_value(true))
        .define(key("topic.tracking.enable", Kind::Boolean, Importance::Low, "Record which topics each connector uses.").default_value(true))
        .define(key("topic.tracking.allow.reset", Kind::Boolean, Importance::Low, "Allow the reset endpoint.").default_value(true))
        .define(key("connector.client.config.override.allowlist", Kind::List, Importance::Medium, "The client settings that connectors may override under the policy Allowlist.").default_value("").validator(Validator::distinct_list(true, false)))
}

fn key(name: &str, kind: Kind, importance: Importance, documentation: &str) -> ConfigKey {
    ConfigKey::new(name, kind)
        .importance(importance)
        .documentation(documentation)
}
