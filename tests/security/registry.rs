//! A schema registry behind TLS.

use windlass_api::Props;
use windlass_converters::registry::{
    NewSchema, RegistryClient, RegistryConfig, SchemaFormat, config,
};

use crate::https;
use crate::stores::Stores;

pub(crate) async fn cases(stores: &Stores) -> Vec<String> {
    let address = https::serve(stores, "}", |request| {
        let asked = request.starts_with("post /subjects/orders/versions");
        let status = if asked { "200 OK" } else { "404 Not Found" };
        (status, "{\"id\":7}".to_owned())
    })
    .await;
    let mut wrong = Vec::new();
    for (store, expected) in [("ca.pem", "Ok(7)"), ("other-ca.pem", "unknown CA")] {
        let pairs = [
            (
                "schema.registry.url",
                format!("https://localhost:{}", address.port()),
            ),
            ("schema.registry.ssl.truststore.type", "PEM".to_owned()),
            ("schema.registry.ssl.truststore.location", stores.at(store)),
            ("max.retries", "0".to_owned()),
        ];
        let props: Props = pairs
            .map(|(key, value)| (key.to_owned(), Some(value)))
            .into();
        let parsed = config::define(Default::default())
            .parse(&props)
            .expect("settings");
        let config = RegistryConfig::new(&parsed, &props).expect("settings");
        let schema = NewSchema {
            format: SchemaFormat::Avro,
            text: "\"string\"".to_owned(),
            references: Vec::new(),
        };
        let seen = RegistryClient::new(config)
            .register("orders", &schema)
            .await;
        let seen = format!("{:?}", seen.map_err(|error| error.to_string()));
        if !seen.contains(expected) {
            wrong.push(format!(
                "registry, {store}: expected {expected}, found {seen}"
            ));
        }
    }
    wrong
}
