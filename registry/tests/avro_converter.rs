//! The Avro converter with a registry.

mod common;

use bytes::Bytes;
use common::{Running, chain, converter, read, write};
use windlass_api::{ErrorKind, Schema, Struct, Value};

fn record(name: &str, fields: &[(&str, Schema)]) -> Schema {
    let builder = Schema::structure().name(name);
    let builder = fields
        .iter()
        .fold(builder, |b, (name, schema)| b.field(*name, schema.clone()));
    builder.build().unwrap()
}

fn one(schema: &Schema, a: i32) -> Value {
    let mut value = Struct::new(schema.clone()).unwrap();
    value.put("a", a).unwrap();
    value.into()
}

#[tokio::test]
async fn what_is_written_is_read_back() {
    let running = Running::start().await;
    let mut ours = converter(&running.url(), &[]);
    let schema = record("R", &[("a", Schema::INT32), ("b", Schema::OPTIONAL_STRING)]);
    let bytes = write(&mut ours, "t", Some(&schema), &one(&schema, 7))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&bytes[..], b"\0\0\0\0\x01\x0e\0");
    let back = read(&mut ours, "t", &bytes).await.unwrap();
    let found = back.schema.unwrap();
    // The version under the subject is that of the schema, as in Java.
    assert_eq!((found.version, &found.fields), (Some(1), &schema.fields));
    assert_eq!(
        read(&mut ours, "other", &bytes)
            .await
            .unwrap()
            .schema
            .unwrap()
            .version,
        None
    );
    assert_eq!(
        write(&mut ours, "t", None, &Value::Null).await.unwrap(),
        None
    );
    let schemaless = Value::Array(vec![Value::Int32(1), Value::from("x"), Value::Null]);
    let bytes = write(&mut ours, "free", None, &schemaless)
        .await
        .unwrap()
        .unwrap();
    let back = read(&mut ours, "free", &bytes).await.unwrap();
    assert_eq!((back.schema, back.value), (None, schemaless));
}

#[tokio::test]
async fn refusals_are_the_records_failure() {
    let running = Running::start().await;
    let mut ours = converter(&running.url(), &[]);
    let text = write(&mut ours, "t", Some(&Schema::STRING), &Value::from("x")).await;
    assert!(text.is_ok());
    let error = write(&mut ours, "t", Some(&Schema::INT32), &Value::Int32(1))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(chain(&error).contains("\"t-value\""), "{}", chain(&error));
    for wrong in [&b"{}"[..], b"", b"\0\0\0\0\x63x", b"\0\0\0\0\x01\x08x"] {
        let error = read(&mut ours, "t", &Bytes::copy_from_slice(wrong))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{}", chain(&error));
        assert!(error.message().contains("topic t"), "{error}");
    }
    assert!(
        read(&mut ours, "t", &Bytes::from_static(b"\0\0\0\0\x01\x02x"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_registry_that_is_down_is_worth_another_try() {
    let running = Running::start().await;
    let url = running.url();
    let mut ours = converter(&url, &[("max.retries", "1")]);
    running.registry.stop().await;
    let error = write(&mut ours, "t", Some(&Schema::STRING), &Value::from("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Retriable);
    let text = chain(&error);
    assert!(
        text.contains("\"t-value\"") && text.contains(&url),
        "{text}"
    );
}

#[tokio::test]
async fn the_latest_version_is_written_by() {
    let running = Running::start().await;
    let own = record("R", &[("a", Schema::INT32)]);
    let later = {
        let b = Schema::builder(windlass_api::Type::String)
            .default_value("d")
            .build()
            .unwrap();
        record("R", &[("b", b), ("a", Schema::INT32)])
    };
    let mut first = converter(&running.url(), &[]);
    write(&mut first, "t", Some(&own), &one(&own, 1))
        .await
        .unwrap();
    let mut value = Struct::new(later.clone()).unwrap();
    value.put("a", 1).unwrap().put("b", "x").unwrap();
    write(&mut first, "t", Some(&later), &value.into())
        .await
        .unwrap();
    for ttl in ["-1", "0"] {
        let mut latest = converter(
            &running.url(),
            &[
                ("auto.register.schemas", "false"),
                ("use.latest.version", "true"),
                ("latest.cache.ttl.sec", ttl),
            ],
        );
        for _ in 0..2 {
            let bytes = write(&mut latest, "t", Some(&own), &one(&own, 5))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(&bytes[..], b"\0\0\0\0\x02\x02d\x0a");
        }
        let other = record("R", &[("c", Schema::INT32)]);
        let mut value = Struct::new(other.clone()).unwrap();
        value.put("c", 1).unwrap();
        let error = write(&mut latest, "t", Some(&other), &value.into())
            .await
            .unwrap_err();
        assert!(
            chain(&error).contains("latest.compatibility.strict"),
            "{}",
            chain(&error)
        );
    }
    let not_registered = [("auto.register.schemas", "false")];
    let mut lookup = converter(&running.url(), &not_registered);
    assert!(
        write(&mut lookup, "t", Some(&own), &one(&own, 1))
            .await
            .is_ok()
    );
    let unknown = write(&mut lookup, "t", Some(&Schema::INT32), &Value::Int32(1)).await;
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::Data);
    let by_id = [("auto.register.schemas", "false"), ("use.schema.id", "2")];
    let mut by_id = converter(&running.url(), &by_id);
    let bytes = write(&mut by_id, "elsewhere", Some(&own), &one(&own, 5))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&bytes[..], b"\0\0\0\0\x02\x02d\x0a");
}

#[tokio::test]
async fn subjects_follow_their_strategy() {
    let running = Running::start().await;
    let schema = record("acme.R", &[("a", Schema::INT32)]);
    for (strategy, subject) in [
        (
            "io.confluent.kafka.serializers.subject.RecordNameStrategy",
            "acme.R",
        ),
        (
            "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy",
            "t-acme.R",
        ),
    ] {
        let mut ours = converter(&running.url(), &[("value.subject.name.strategy", strategy)]);
        write(&mut ours, "t", Some(&schema), &one(&schema, 1))
            .await
            .unwrap();
        let mut asked = converter(&running.url(), &[]);
        let _ = write(&mut asked, "t", Some(&schema), &one(&schema, 1)).await;
        let address = running.registry.address();
        let path = format!("/subjects/{subject}/versions");
        let get = move || {
            windlass_testkit::Rest::new(address)
                .get(&path)
                .unwrap()
                .json()
        };
        let versions = tokio::task::spawn_blocking(get).await.unwrap();
        assert_eq!(versions, serde_json::json!([1]));
    }
}
