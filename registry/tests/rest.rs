//! The registry as our own client and any HTTP client see it.

mod common;

use common::{Running, props};
use serde_json::json;
use windlass_api::Props;
use windlass_converters::registry::{
    NewSchema, RegistryClient, RegistryConfig, RegistryError, SchemaFormat, SchemaReference, config,
};
use windlass_testkit::Rest;

fn client(url: &str) -> RegistryClient {
    let props: Props = props(&[("schema.registry.url", url), ("retries.wait.ms", "1")]);
    let parsed = config::define(Default::default()).parse(&props).unwrap();
    RegistryClient::new(RegistryConfig::new(&parsed, &props).unwrap())
}

fn avro(text: &str) -> NewSchema {
    NewSchema {
        format: SchemaFormat::Avro,
        text: text.to_owned(),
        references: Vec::new(),
    }
}

fn code(error: &RegistryError) -> i32 {
    match error {
        RegistryError::Refused { code, .. } => *code,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn schemas_survive_a_restart() {
    let running = Running::start().await;
    let mut client_before = client(&running.url());
    let address = avro(r#"{"type":"record","name":"A","namespace":"x","fields":[]}"#);
    let mut person = avro(
        r#"{"type":"record","name":"P","fields":[{"name":"a","type":"x.A"},{"name":"b","type":"x.A"}]}"#,
    );
    person.references = vec![SchemaReference {
        name: "x.A".to_owned(),
        subject: "address".to_owned(),
        version: 1,
    }];
    let proto = NewSchema {
        format: SchemaFormat::Protobuf,
        text: "syntax = \"proto3\"; message M {}".to_owned(),
        references: Vec::new(),
    };
    assert_eq!(
        client_before.register("address", &address).await.unwrap(),
        1
    );
    assert_eq!(client_before.register("a/b ü", &person).await.unwrap(), 2);
    assert_eq!(client_before.register("proto", &proto).await.unwrap(), 3);
    let running = running.restart().await;
    let mut client = client(&running.url());
    assert_eq!(client.register("address", &address).await.unwrap(), 1);
    assert_eq!(client.version("a/b ü", None).await.unwrap().schema, person);
    let stored = client.schema(2).await.unwrap();
    assert_eq!(stored.references.len(), 1);
    assert_eq!(stored.references[0].text, address.text);
    assert_eq!(
        client.schema(3).await.unwrap().format,
        SchemaFormat::Protobuf
    );
    assert_eq!(client.places(2).await.unwrap(), [("a/b ü".to_owned(), 1)]);
    let found = client.lookup("a/b ü", &person).await.unwrap();
    assert_eq!((found.id, found.version), (2, 1));
}

#[tokio::test]
async fn versions_must_be_compatible() {
    let running = Running::start().await;
    let mut client = client(&running.url());
    let one = avro(r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#);
    let two = avro(
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}"#,
    );
    client.register("s", &one).await.unwrap();
    assert!(!client.is_compatible("s", &two).await.unwrap());
    let error = client.register("s", &two).await.unwrap_err();
    assert_eq!(code(&error), 409);
    let text = error.to_string();
    assert!(
        text.contains("\"s\"") && text.contains(&running.url()) && text.contains("no default"),
        "{text}"
    );
    let rest = Rest::new(running.registry.address());
    let put = move || {
        let answer = rest
            .send("PUT", "/config/s", &json!({ "compatibility": "none" }))
            .unwrap();
        let wrong = rest
            .send("PUT", "/config/s", &json!({ "compatibility": "x" }))
            .unwrap();
        (answer.json(), wrong.json()["error_code"].clone())
    };
    let (answer, wrong) = tokio::task::spawn_blocking(put).await.unwrap();
    assert_eq!(answer, json!({ "compatibility": "NONE" }));
    assert_eq!(wrong, json!(42203));
    client.register("s", &two).await.unwrap();
    assert_eq!(client.versions("s").await.unwrap(), [1, 2]);
}

#[tokio::test]
async fn refusals_have_confluents_codes() {
    let running = Running::start().await;
    let mut client = client(&running.url());
    assert_eq!(code(&client.versions("s").await.unwrap_err()), 40401);
    assert_eq!(code(&client.schema(9).await.unwrap_err()), 40403);
    assert_eq!(
        code(&client.register("s", &avro("{")).await.unwrap_err()),
        42201
    );
    let dashed = avro(r#"{"type":"record","name":"a-b","fields":[]}"#);
    assert_eq!(
        code(&client.register("s", &dashed).await.unwrap_err()),
        42201
    );
    client.register("s", &avro("\"int\"")).await.unwrap();
    assert_eq!(
        code(&client.version("s", Some(2)).await.unwrap_err()),
        40402
    );
    assert_eq!(
        code(&client.lookup("s", &avro("\"long\"")).await.unwrap_err()),
        40403
    );
    let rest = Rest::new(running.registry.address());
    let calls = move || {
        let call = |method: &str, path: &str| {
            let answer = rest.request(method, path, &[], b"").unwrap();
            (answer.status, answer.json())
        };
        assert_eq!(
            call("DELETE", "/subjects/s?permanent=true").1["error_code"],
            40405
        );
        assert_eq!(call("DELETE", "/subjects/s"), (200, json!([1])));
        assert_eq!(call("DELETE", "/subjects/s").1["error_code"], 40404);
        assert_eq!(call("GET", "/subjects?deleted=true"), (200, json!(["s"])));
        assert_eq!(call("GET", "/subjects"), (200, json!([])));
        assert_eq!(
            call("DELETE", "/subjects/s?permanent=true"),
            (200, json!([1]))
        );
        assert_eq!(call("GET", "/subjects?deleted=true"), (200, json!([])));
        assert_eq!(
            call("GET", "/config"),
            (200, json!({ "compatibilityLevel": "BACKWARD" }))
        );
        assert_eq!(call("GET", "/config/s").1["error_code"], 40408);
        assert_eq!(call("GET", "/nowhere").0, 404);
        assert_eq!(call("PATCH", "/subjects").0, 405);
        assert_eq!(call("POST", "/subjects/s/versions").0, 422);
    };
    tokio::task::spawn_blocking(calls).await.unwrap();
}

#[tokio::test]
async fn another_url_is_tried_and_an_end_is_told() {
    let running = Running::start().await;
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let urls = format!("http://{closed},{}", running.url());
    let mut both = client(&urls);
    assert_eq!(both.register("s", &avro("\"int\"")).await.unwrap(), 1);
    let mut none = client(&format!("http://user:secret@{closed}"));
    let error = none
        .register("orders-value", &avro("\"int\""))
        .await
        .unwrap_err();
    let text = format!("{error} {error:?} {none:?}");
    assert!(
        matches!(error, RegistryError::Unreachable { .. }) && error.is_retriable(),
        "{text}"
    );
    assert!(
        text.contains("orders-value") && text.contains(&format!("http://{closed}")),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}
