//! References to config providers: any value is resolved, and what is no reference stays.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use windlass_api::Props;
use windlass_engine::config::ConfigProviders;

static PROVIDERS: LazyLock<ConfigProviders> = LazyLock::new(|| {
    let pairs = [
        ("config.providers", "env,dir"),
        ("config.providers.env.class", "org.apache.kafka.common.config.provider.EnvVarConfigProvider"),
        ("config.providers.dir.class", "org.apache.kafka.common.config.provider.DirectoryConfigProvider"),
        ("config.providers.dir.param.allowed.paths", "/usr/share"),
    ];
    let props: Props = pairs.map(|(key, value)| (key.to_owned(), Some(value.to_owned()))).into_iter().collect();
    ConfigProviders::new(&props).expect("providers")
});

fuzz_target!(|value: &str| {
    let props: Props = [("k".to_owned(), Some(value.to_owned()))].into_iter().collect();
    if let Ok(resolved) = PROVIDERS.resolve(&props) {
        let text = resolved.props["k"].as_deref().expect("a value");
        if !PROVIDERS.concern(&props) {
            assert_eq!(text, value);
        }
    }
});
