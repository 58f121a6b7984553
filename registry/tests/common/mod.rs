//! A registry on an embedded broker, and a converter driven as the runtime drives it.

#![allow(dead_code, reason = "each test uses a part")]

use bytes::Bytes;
use windlass_api::{Converter, Encoded, ErrorKind, Props, Result, Schema, SchemaAndValue, Value};
use windlass_broker::{Broker, BrokerConfig, Storage};
use windlass_converters::AvroConverter;
use windlass_registry::Registry;

/// A broker in memory with a registry on it.
pub(crate) struct Running {
    pub(crate) broker: Broker,
    pub(crate) registry: Registry,
}

impl Running {
    pub(crate) async fn start() -> Self {
        let config = BrokerConfig {
            storage: Storage::Memory,
            ..BrokerConfig::default()
        };
        let broker = Broker::start(config).await.expect("a broker");
        let registry = start_registry(&broker).await;
        Running { broker, registry }
    }

    /// Ends the registry and starts another on the same broker.
    pub(crate) async fn restart(self) -> Self {
        self.registry.stop().await;
        let registry = start_registry(&self.broker).await;
        Running {
            broker: self.broker,
            registry,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.registry.address())
    }
}

async fn start_registry(broker: &Broker) -> Registry {
    let servers = broker.address().to_string();
    let any = ([127, 0, 0, 1], 0).into();
    Registry::start(&servers, any).await.expect("a registry")
}

pub(crate) fn props(pairs: &[(&str, &str)]) -> Props {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())))
        .collect()
}

/// A converter of values.
pub(crate) fn converter(url: &str, pairs: &[(&str, &str)]) -> AvroConverter {
    let mut converter = AvroConverter::new();
    let mut props = props(pairs);
    props.insert("schema.registry.url".to_owned(), Some(url.to_owned()));
    props.insert("retries.wait.ms".to_owned(), Some("1".to_owned()));
    converter.configure(&props, false).expect("a configuration");
    converter
}

/// Converts to bytes, preparing as often as it is asked for.
pub(crate) async fn write(
    converter: &mut dyn Converter,
    topic: &str,
    schema: Option<&Schema>,
    value: &Value,
) -> Result<Option<Bytes>> {
    for _ in 0..PREPARATIONS {
        let mut out = Vec::new();
        match converter.from_connect_data(topic, schema, value, &mut out) {
            Ok(Encoded::Null) => return Ok(None),
            Ok(Encoded::Borrowed(bytes)) => return Ok(Some(Bytes::copy_from_slice(bytes))),
            Ok(Encoded::Appended) => return Ok(Some(Bytes::from(out))),
            Err(e) if e.kind() == ErrorKind::NeedsPreparation => converter.prepare().await?,
            Err(e) => return Err(e),
        }
    }
    panic!("preparation does not end");
}

/// Converts from bytes, preparing as often as it is asked for.
pub(crate) async fn read(
    converter: &mut dyn Converter,
    topic: &str,
    bytes: &Bytes,
) -> Result<SchemaAndValue> {
    for _ in 0..PREPARATIONS {
        match converter.to_connect_data(topic, Some(bytes.clone())) {
            Err(e) if e.kind() == ErrorKind::NeedsPreparation => converter.prepare().await?,
            done => return done,
        }
    }
    panic!("preparation does not end");
}

/// The messages of an error and its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

const PREPARATIONS: usize = 5;
