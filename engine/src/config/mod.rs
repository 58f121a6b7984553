//! Configuration of workers and connectors: keys, typed values, validation.

pub mod clients;
mod connector;
pub mod definition;
mod distributed;
mod enrich;
mod exactly_once;
mod infos;
mod limits;
mod listener;
mod overrides;
mod plugin_keys;
pub(crate) mod providers;
mod rest_tls;
mod restart;
pub(crate) mod secrets;
mod standalone;
mod suggest;
pub mod topics;
mod validation;
mod worker;

pub use clients::Client;
pub use connector::{
    ConnectorConfig, ConverterChoice, ConverterRole, DeadLetterQueue, ErrorPolicy, PredicateStage,
    TopicSelection, TransactionBoundary, TransformStage,
};
pub use distributed::{DistributedConfig, InterWorkerConfig, StorageTopic};
pub use exactly_once::ExactlyOnce;
pub use infos::{ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo};
pub use limits::Limits;
pub use listener::{Listener, ListenerError};
pub use overrides::OverridePolicy;
pub use plugin_keys::plugin_keys;
pub use providers::{ConfigProviders, Resolved};
pub use rest_tls::RestTls;
pub use restart::RestartPolicy;
pub use standalone::StandaloneConfig;
pub(crate) use suggest::closest;
pub use validation::{ConnectorValidation, ValidationError};
pub use worker::{PluginChoice, RestConfig, UnknownKey, WorkerConfig};
