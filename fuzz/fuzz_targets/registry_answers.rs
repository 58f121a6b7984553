//! Any bytes as what a registry sends back.
#![no_main]

use std::io;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use windlass_api::{ConfigDef, Props};
use windlass_converters::avro::{AvroSchema, Options, Reader};
use windlass_converters::registry::net::{Dialer, Pending, Stream};
use windlass_converters::registry::{
    NewSchema, RegistryClient, RegistryConfig, RegistryUrl, SchemaFormat, config,
};

/// Each connection gets the same bytes, and their end.
#[derive(Debug)]
struct Recorded(Vec<u8>);

impl Dialer for Recorded {
    fn dial<'a>(&'a self, _url: &'a RegistryUrl) -> Pending<'a, io::Result<Box<dyn Stream>>> {
        let answer = io::Cursor::new(self.0.clone());
        Box::pin(async move {
            Ok(Box::new(tokio::io::join(answer, tokio::io::sink())) as Box<dyn Stream>)
        })
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((which, body)) = data.split_first() else {
        return;
    };
    let status = if which & 64 == 0 { "200 OK" } else { "404 Not Found" };
    let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    if which & 128 != 0 {
        answer = body.to_vec();
    }
    let props: Props = [
        ("schema.registry.url", "http://registry:8081"),
        ("max.retries", "0"),
        ("http.read.timeout.ms", "5"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), Some(value.to_owned())))
    .collect();
    let parsed = config::define(ConfigDef::new()).parse(&props).unwrap();
    let config = RegistryConfig::new(&parsed, &props).unwrap();
    let mut client = RegistryClient::with_dialer(config, Arc::new(Recorded(answer)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let schema = NewSchema {
        format: SchemaFormat::Avro,
        text: "\"int\"".to_owned(),
        references: Vec::new(),
    };
    runtime.block_on(async {
        match which & 7 {
            0 => drop(client.register("s", &schema).await),
            1 => drop(client.lookup("s", &schema).await),
            2 => drop(client.version("s", None).await),
            3 => drop(client.versions("s").await),
            4 => drop(client.places(1).await),
            5 => drop(client.is_compatible("s", &schema).await),
            _ => {
                if let Ok(stored) = client.schema(1).await
                    && let Ok(avro) = AvroSchema::parse(&stored.text, stored.references.iter().map(|r| &*r.text))
                {
                    let _ = Reader::new(&avro, None, &Options::default());
                }
            }
        }
    });
});
