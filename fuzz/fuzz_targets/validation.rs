//! A connector's configuration of any keys and values: answers or a refusal, both for REST and for the runtime.
#![no_main]

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use windlass_api::Props;
use windlass_engine::config::{ConnectorConfig, ConnectorValidation, StandaloneConfig};
use windlass_engine::herder::ConnectorType;
use windlass_engine::plugins::Plugins;
use windlass_engine::properties;

static PLUGINS: LazyLock<Arc<Plugins>> = LazyLock::new(|| Arc::new(Plugins::new(windlass_connectors::plugins())));

static VALIDATION: LazyLock<ConnectorValidation> = LazyLock::new(|| {
    let worker = b"bootstrap.servers=a:1\nkey.converter=Json\nvalue.converter=Json\noffset.storage.file.filename=f";
    let worker = StandaloneConfig::new(properties::parse(worker).unwrap(), &PLUGINS).unwrap().worker;
    ConnectorValidation::new(Arc::clone(&PLUGINS), Arc::new(worker))
});

fuzz_target!(|data: Vec<(&str, Option<&str>)>| {
    let props: Props = data.iter().map(|(key, value)| (key.to_string(), value.map(str::to_owned))).collect();
    let mut validate = pin!(VALIDATION.validate(&props));
    match validate.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(infos)) => {
            assert_eq!(infos.error_message().is_some(), infos.error_count > 0);
        }
        Poll::Ready(Err(_)) => {}
        Poll::Pending => panic!("the bundled connectors answer at once"),
    }
    for kind in [ConnectorType::Source, ConnectorType::Sink] {
        let _ = ConnectorConfig::new(&PLUGINS, kind, props.clone());
    }
    let _ = StandaloneConfig::new(props.clone(), &PLUGINS);
});
