//! The configuration of a distributed worker.

use std::time::Duration;

use windlass_api::{ConnectError, ParsedConfig, Props, Result, invalid_value};

use super::definition;
use super::exactly_once::ExactlyOnce;
use super::worker::WorkerConfig;
use crate::group::Protocol;
use crate::plugins::Plugins;

/// The configuration of a distributed worker (`DistributedConfig`).
#[derive(Clone, Debug)]
pub struct DistributedConfig {
    /// What workers of both modes have.
    pub worker: WorkerConfig,
    /// `group.id`
    pub group_id: String,
    /// `exactly.once.source.support`
    pub exactly_once: ExactlyOnce,
    /// `connect.protocol`
    pub protocol: Protocol,
    /// `session.timeout.ms`
    pub session_timeout: Duration,
    /// `rebalance.timeout.ms`
    pub rebalance_timeout: Duration,
    /// `heartbeat.interval.ms`
    pub heartbeat_interval: Duration,
    /// `worker.sync.timeout.ms`
    pub sync_timeout: Duration,
    /// `worker.unsync.backoff.ms`
    pub unsync_backoff: Duration,
    /// `scheduled.rebalance.max.delay.ms`
    pub max_rebalance_delay: Duration,
    /// `config.storage.topic`
    pub config_topic: StorageTopic,
    /// `offset.storage.topic`
    pub offset_topic: StorageTopic,
    /// `status.storage.topic`
    pub status_topic: StorageTopic,
    /// `connectors.directory`, a key of our own: files that connectors are made of.
    pub connectors_directory: Option<std::path::PathBuf>,
    /// The keys that begin with `inter.worker.`
    pub inter_worker: InterWorkerConfig,
}

/// A topic in which a cluster keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageTopic {
    /// The key that names it.
    pub key: &'static str,
    /// Its name.
    pub name: String,
    /// How many partitions it gets; `None` leaves them to the broker.
    pub partitions: Option<i32>,
    /// How many replicas it gets; `None` leaves them to the broker.
    pub replication_factor: Option<i16>,
    /// Other settings that it gets, as `segment.bytes`.
    pub settings: std::collections::BTreeMap<String, String>,
}

/// How workers trust each other's requests (KIP-507).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterWorkerConfig {
    /// `inter.worker.key.ttl.ms`; `None` uses a key for ever.
    pub key_ttl: Option<Duration>,
    /// `inter.worker.key.generation.algorithm`
    pub key_algorithm: String,
    /// `inter.worker.key.size` in bits.
    pub key_bits: Option<u32>,
    /// `inter.worker.signature.algorithm`
    pub signature_algorithm: String,
    /// `inter.worker.verification.algorithms`
    pub verification_algorithms: Vec<String>,
}

impl DistributedConfig {
    /// Reads a worker's keys.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config), naming key and value, when one is missing or wrong.
    pub fn new(props: Props, plugins: &Plugins) -> Result<Self> {
        let def = definition::distributed::keys();
        let worker = WorkerConfig::new(&def, props, plugins)?;
        let values = def.parse_with(worker.props(), plugins)?;
        Self::read(worker, &values)
    }

    fn read(worker: WorkerConfig, values: &ParsedConfig) -> Result<Self> {
        let millis = |key: &str| {
            let millis: i32 = values.get(key)?;
            let millis = u64::try_from(millis)
                .map_err(|_| invalid_value(key, millis, "Value must be at least 0"))?;
            Ok::<_, ConnectError>(Duration::from_millis(millis))
        };
        let protocol: &str = values.get("connect.protocol")?;
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "eager" => Protocol::Eager,
            "compatible" => Protocol::Compatible,
            _ => Protocol::Sessioned,
        };
        let (session_timeout, heartbeat) = (
            millis("session.timeout.ms")?,
            millis("heartbeat.interval.ms")?,
        );
        // Members learn of a rebalance by their next heartbeat: more of them where nobody said how many.
        let unset = worker
            .props()
            .get("heartbeat.interval.ms")
            .is_none_or(Option::is_none);
        let heartbeat_interval = if unset {
            heartbeat.min(session_timeout / 20)
        } else {
            heartbeat
        };
        Ok(DistributedConfig {
            group_id: values.get("group.id")?,
            exactly_once: ExactlyOnce::parse(values.get("exactly.once.source.support")?),
            protocol,
            session_timeout,
            rebalance_timeout: millis("rebalance.timeout.ms")?,
            heartbeat_interval,
            sync_timeout: millis("worker.sync.timeout.ms")?,
            unsync_backoff: millis("worker.unsync.backoff.ms")?,
            max_rebalance_delay: millis("scheduled.rebalance.max.delay.ms")?,
            config_topic: storage_topic(&worker, values, "config.storage.")?,
            offset_topic: storage_topic(&worker, values, "offset.storage.")?,
            status_topic: storage_topic(&worker, values, "status.storage.")?,
            connectors_directory: values
                .get::<Option<String>>("connectors.directory")?
                .filter(|path| !path.is_empty())
                .map(Into::into),
            inter_worker: InterWorkerConfig::new(values)?,
            worker,
        })
    }
}

impl InterWorkerConfig {
    fn new(values: &ParsedConfig) -> Result<Self> {
        let ttl: i32 = values.get("inter.worker.key.ttl.ms")?;
        let bits: Option<i32> = values.get("inter.worker.key.size")?;
        let bits = bits.map(|bits| {
            let good = u32::try_from(bits).ok().filter(|bits| *bits >= 40);
            good.ok_or_else(|| {
                invalid_value(
                    "inter.worker.key.size",
                    bits,
                    "Key size must be at least 40 bits",
                )
            })
        });
        let config = InterWorkerConfig {
            key_ttl: u64::try_from(ttl)
                .ok()
                .filter(|ttl| *ttl > 0)
                .map(Duration::from_millis),
            key_algorithm: values.get("inter.worker.key.generation.algorithm")?,
            key_bits: bits.transpose()?,
            signature_algorithm: values.get("inter.worker.signature.algorithm")?,
            verification_algorithms: values.get("inter.worker.verification.algorithms")?,
        };
        if !config
            .verification_algorithms
            .contains(&config.signature_algorithm)
        {
            let text =
                "Signature algorithm must be present in inter.worker.verification.algorithms list";
            let algorithm = config.signature_algorithm.as_str();
            return Err(invalid_value(
                "inter.worker.signature.algorithm",
                algorithm,
                text,
            ));
        }
        Ok(config)
    }
}

fn storage_topic(
    worker: &WorkerConfig,
    values: &ParsedConfig,
    prefix: &'static str,
) -> Result<StorageTopic> {
    let key = match prefix {
        "config.storage." => "config.storage.topic",
        "offset.storage." => "offset.storage.topic",
        _ => "status.storage.topic",
    };
    let partitions = if prefix == "config.storage." {
        1
    } else {
        values.get(&format!("{prefix}partitions"))?
    };
    let replicas: i16 = values.get(&format!("{prefix}replication.factor"))?;
    let mut settings = worker.with_prefix(prefix);
    for own in ["topic", "partitions", "replication.factor"] {
        settings.remove(own);
    }
    if let Some(policy) = settings.remove("cleanup.policy")
        && policy != "compact"
    {
        tracing::warn!("{prefix}cleanup.policy={policy} is ignored: these topics are compacted");
    }
    Ok(StorageTopic {
        key,
        name: values.get(key)?,
        partitions: (partitions >= 1).then_some(partitions),
        replication_factor: (replicas >= 1).then_some(replicas),
        settings,
    })
}
