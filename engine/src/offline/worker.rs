//! The worker of a connector that runs nowhere.

use windlass_api::{Props, Result};

use crate::config::{StandaloneConfig, WorkerConfig};
use crate::plugins::Plugins;

/// The worker that these keys describe; JsonConverter and a broker that is never asked where they say nothing.
///
/// # Errors
/// When a value is wrong.
pub(super) fn worker(plugins: &Plugins, props: Option<&Props>) -> Result<WorkerConfig> {
    let mut all: Props = DEFAULTS
        .map(|(key, value)| (key.to_owned(), Some(value.to_owned())))
        .into();
    if let Some(props) = props {
        all.extend(props.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    Ok(StandaloneConfig::new(all, plugins)?.worker)
}

const DEFAULTS: [(&str, &str); 4] = [
    ("bootstrap.servers", "localhost:9092"),
    (
        "key.converter",
        "org.apache.kafka.connect.json.JsonConverter",
    ),
    (
        "value.converter",
        "org.apache.kafka.connect.json.JsonConverter",
    ),
    ("offset.storage.file.filename", "none"),
];
