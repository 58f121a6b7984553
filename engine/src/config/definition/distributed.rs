//! Keys of a distributed worker (`DistributedConfig`).

use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, Importance, Kind, Result, Validator, invalid_value,
};

/// All keys that a distributed worker takes.
pub(crate) fn keys() -> ConfigDef {
    let def = super::rest::keys(super::tls::keys(super::worker::keys()));
    requests(storage(group(def)))
}

fn group(def: ConfigDef) -> ConfigDef {
    def
        .define(key("group.id", Kind::String, Importance::High, "The name of the Connect cluster: workers with the same name divide its connectors among themselves."))
        .define(key("session.timeout.ms", Kind::Int, Importance::High, "A worker that is not heard of for this long is taken for gone.").default_value(10_000))
        .define(key("heartbeat.interval.ms", Kind::Int, Importance::High, "The time between two signs of life.").default_value(3_000))
        .define(key("rebalance.timeout.ms", Kind::Int, Importance::High, "The longest time a worker has to join a rebalance.").default_value(60_000))
        .define(key("exactly.once.source.support", Kind::String, Importance::High, "Whether source connectors write records and offsets in transactions.").default_value("disabled").validator(Validator::one_of_ignore_case(&["DISABLED", "ENABLED", "PREPARING"])))
        .define(key("worker.sync.timeout.ms", Kind::Int, Importance::Medium, "How long a worker tries to catch up with the config topic before it leaves the group.").default_value(3_000))
        .define(key("worker.unsync.backoff.ms", Kind::Int, Importance::Medium, "How long a worker that could not catch up stays out of the group.").default_value(300_000))
        .define(key("connect.protocol", Kind::String, Importance::Low, "The protocol that workers divide their work by.").default_value("sessioned").validator(Validator::one_of_ignore_case(&["EAGER", "COMPATIBLE", "SESSIONED"])))
        .define(key("connectors.directory", Kind::String, Importance::Low, "A directory of connector files, which are applied when the worker starts and when they change.").optional())
        .define(key("scheduled.rebalance.max.delay.ms", Kind::Int, Importance::Low, "The longest time to wait for a lost worker before its work goes to others.").default_value(300_000).validator(Validator::between(0i32, i32::MAX)))
}

fn storage(def: ConfigDef) -> ConfigDef {
    def.define(key(
        "offset.storage.topic",
        Kind::String,
        Importance::High,
        "The topic of source offsets.",
    ))
    .define(
        key(
            "offset.storage.partitions",
            Kind::Int,
            Importance::Low,
            "Its partitions when it is created; -1 leaves them to the broker.",
        )
        .default_value(25)
        .validator(positive_or_minus_one()),
    )
    .define(
        key(
            "offset.storage.replication.factor",
            Kind::Short,
            Importance::Low,
            "Its replicas when it is created; -1 leaves them to the broker.",
        )
        .default_value(3i16)
        .validator(positive_or_minus_one()),
    )
    .define(key(
        "config.storage.topic",
        Kind::String,
        Importance::High,
        "The topic of configurations; it has one partition.",
    ))
    .define(
        key(
            "config.storage.replication.factor",
            Kind::Short,
            Importance::Low,
            "Its replicas when it is created; -1 leaves them to the broker.",
        )
        .default_value(3i16)
        .validator(positive_or_minus_one()),
    )
    .define(key(
        "status.storage.topic",
        Kind::String,
        Importance::High,
        "The topic of states and of the topics that connectors use.",
    ))
    .define(
        key(
            "status.storage.partitions",
            Kind::Int,
            Importance::Low,
            "Its partitions when it is created; -1 leaves them to the broker.",
        )
        .default_value(5)
        .validator(positive_or_minus_one()),
    )
    .define(
        key(
            "status.storage.replication.factor",
            Kind::Short,
            Importance::Low,
            "Its replicas when it is created; -1 leaves them to the broker.",
        )
        .default_value(3i16)
        .validator(positive_or_minus_one()),
    )
}

fn requests(def: ConfigDef) -> ConfigDef {
    def.define(
        key(
            "inter.worker.key.ttl.ms",
            Kind::Int,
            Importance::Low,
            "How long a key for requests between workers is used; 0 uses it for ever.",
        )
        .default_value(3_600_000)
        .validator(Validator::between(0i32, i32::MAX)),
    )
    .define(
        key(
            "inter.worker.key.generation.algorithm",
            Kind::String,
            Importance::Low,
            "What keys are made for.",
        )
        .default_value("HmacSHA256")
        .validator(macs()),
    )
    .define(
        key(
            "inter.worker.key.size",
            Kind::Int,
            Importance::Low,
            "The size of keys in bits; that of the algorithm when not set.",
        )
        .optional(),
    )
    .define(
        key(
            "inter.worker.signature.algorithm",
            Kind::String,
            Importance::Low,
            "What requests between workers are signed with.",
        )
        .default_value("HmacSHA256")
        .validator(macs()),
    )
    .define(
        key(
            "inter.worker.verification.algorithms",
            Kind::List,
            Importance::Low,
            "The signatures that are accepted.",
        )
        .default_value("HmacSHA256")
        .validator(macs()),
    )
}

fn key(name: &str, kind: Kind, importance: Importance, documentation: &str) -> ConfigKey {
    ConfigKey::new(name, kind)
        .importance(importance)
        .documentation(documentation)
}

fn positive_or_minus_one() -> Validator {
    Validator::new("at least 1, or -1", |name, value| {
        let number = match value {
            ConfigData::Int(number) => *number,
            ConfigData::Short(number) => i32::from(*number),
            _ => return Ok(()),
        };
        if number >= 1 || number == -1 {
            return Ok(());
        }
        let text = "Value must be at least 1, or -1 to use the default of the broker";
        Err(invalid_value(name, value, text))
    })
}

fn macs() -> Validator {
    Validator::new(
        "HmacSHA1, HmacSHA256, HmacSHA384 or HmacSHA512",
        |name, value| {
            let check = |algorithm: &str| -> Result<()> {
                if MACS.contains(&algorithm) {
                    return Ok(());
                }
                let text = format!("expected one of {}", MACS.join(", "));
                Err(invalid_value(name, algorithm, text))
            };
            match value {
                ConfigData::String(algorithm) => check(algorithm),
                ConfigData::List(algorithms) if algorithms.is_empty() => {
                    Err(invalid_value(name, value, "expected at least one"))
                }
                ConfigData::List(algorithms) => algorithms.iter().try_for_each(|a| check(a)),
                _ => Ok(()),
            }
        },
    )
}

/// The signatures there are.
const MACS: [&str; 4] = ["HmacSHA1", "HmacSHA256", "HmacSHA384", "HmacSHA512"];
