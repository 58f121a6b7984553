//! Messages exchanged with Confluent's Python client through the registry.
//!
//! `tests/confluent/fetch` installs it into `target/confluent`.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use common::{Running, converter, read, write};
use serde_json::{Value as Json, json};
use windlass_api::{
    Decimal, MapValue, Schema, Struct, Type, Value, date, decimal, time, timestamp,
};

/// Confluent's serializers in a process of their own.
struct Confluent {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Confluent {
    fn start(url: &str) -> Self {
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let fetched = Command::new(root.join("tests/confluent/fetch")).status();
        assert!(fetched.expect("tests/confluent/fetch").success());
        let home = std::env::var_os("WINDLASS_CONFLUENT_HOME")
            .map_or_else(|| root.join("target/confluent"), PathBuf::from);
        let mut process = Command::new(home.join("bin/python"))
            .arg(root.join("tests/confluent/avro.py"))
            .arg(url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python");
        Confluent {
            commands: process.stdin.take().expect("a pipe"),
            answers: BufReader::new(process.stdout.take().expect("a pipe")),
            process,
        }
    }

    fn ask(&mut self, command: &Json) -> Json {
        writeln!(self.commands, "{command}").expect("a command");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        let answer: Json = serde_json::from_str(&line).expect("JSON");
        assert!(answer.get("error").is_none(), "{command}: {answer}");
        answer
    }

    /// Reads a message, by a schema of the reader if one is given.
    fn read(&mut self, topic: &str, bytes: &[u8], schema: Option<&str>) -> Json {
        let bytes = STANDARD.encode(bytes);
        let command = json!({ "do": "read", "topic": topic, "bytes": bytes, "schema": schema });
        self.ask(&command)["value"].take()
    }

    fn write(&mut self, topic: &str, schema: &str, value: &Json) -> Bytes {
        let command = json!({ "do": "write", "topic": topic, "schema": schema, "value": value });
        let answer = self.ask(&command);
        let text = answer["bytes"].as_str().expect("bytes");
        STANDARD.decode(text).expect("base64").into()
    }
}

impl Drop for Confluent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn schema_of(running: &Running, id: i32) -> String {
    let address = running.registry.address();
    let path = format!("/schemas/ids/{id}");
    let get = move || {
        windlass_testkit::Rest::new(address)
            .get(&path)
            .unwrap()
            .json()
    };
    let answer = std::thread::spawn(get).join().unwrap();
    answer["schema"].as_str().expect("a schema").to_owned()
}

fn enum_schema() -> Schema {
    let name = "io.confluent.connect.avro.Enum";
    Schema::builder(Type::String)
        .name("acme.Color")
        .parameter(name, "acme.Color")
        .parameter(format!("{name}.RED"), "RED")
        .parameter(format!("{name}.BLUE"), "BLUE")
        .build()
        .unwrap()
}

fn fixed_schema() -> Schema {
    Schema::builder(Type::Bytes)
        .name("acme.Pair")
        .parameter("connect.fixed.size", "2")
        .build()
        .unwrap()
}

fn union_schema() -> Schema {
    Schema::structure()
        .name("io.confluent.connect.avro.Union")
        // A field of a union has null as its default; as in Java that leaves this mark.
        .parameter("io.confluent.connect.avro.field.default", "true")
        .optional()
        .field("int", Schema::OPTIONAL_INT32)
        .field("string", Schema::OPTIONAL_STRING)
        .build()
        .unwrap()
}

fn decimal_of(unscaled: i64) -> Value {
    Value::from(Decimal {
        unscaled: unscaled.into(),
        scale: 2,
    })
}

/// Each Connect type: its schema, a value, and what Confluent's client calls it.
fn all_types() -> Vec<(&'static str, Schema, Value, Json)> {
    let inner = Schema::structure()
        .name("acme.Inner")
        .field("x", Schema::INT64)
        .build()
        .unwrap();
    let mut nested = Struct::new(inner.clone()).unwrap();
    nested.put("x", i64::MIN).unwrap();
    let mut union = Struct::new(union_schema()).unwrap();
    union.put("string", "branch").unwrap();
    let bytes = Bytes::from_static(b"\0\x7f\xff");
    let pairs = MapValue::from_iter([(1, "one"), (-2, "two")]);
    let strings = Schema::array(Schema::STRING).build().unwrap();
    let counts = Schema::map(Schema::STRING, Schema::OPTIONAL_INT64)
        .build()
        .unwrap();
    let numbered = Schema::map(Schema::INT32, Schema::STRING).build().unwrap();
    let with_default = Schema::builder(Type::Int32)
        .default_value(42)
        .build()
        .unwrap();
    let list = |items: &[&str]| Value::Array(items.iter().map(|s| Value::from(*s)).collect());
    vec![
        ("int8", Schema::INT8, Value::Int8(i8::MIN), json!(-128)),
        ("int16", Schema::INT16, Value::Int16(i16::MAX), json!(32767)),
        (
            "int32",
            Schema::INT32,
            Value::Int32(i32::MIN),
            json!(i32::MIN),
        ),
        (
            "int64",
            Schema::INT64,
            Value::Int64(i64::MAX),
            json!(i64::MAX),
        ),
        ("float32", Schema::FLOAT32, Value::Float32(1.5), json!(1.5)),
        ("float64", Schema::FLOAT64, Value::Float64(0.1), json!(0.1)),
        (
            "boolean",
            Schema::BOOLEAN,
            Value::Boolean(true),
            json!(true),
        ),
        (
            "string",
            Schema::STRING,
            Value::from("grün ✓"),
            json!("grün ✓"),
        ),
        (
            "bytes",
            Schema::BYTES,
            Value::Bytes(bytes),
            json!({ "$bytes": "007fff" }),
        ),
        (
            "decimal",
            decimal::schema(2),
            decimal_of(-12_345),
            json!({ "$decimal": "-123.45" }),
        ),
        (
            "date",
            date::schema(),
            Value::Date(19_000 * 86_400_000),
            json!({ "$date": "2022-01-08" }),
        ),
        (
            "time",
            time::schema(),
            Value::Date(3_723_004),
            json!({ "$time": "01:02:03.004" }),
        ),
        (
            "timestamp",
            timestamp::schema(),
            Value::Date(1_700_000_000_123),
            json!({ "$timestamp": 1_700_000_000_123_i64 }),
        ),
        ("array", strings, list(&["a", "b"]), json!(["a", "b"])),
        (
            "map",
            counts,
            MapValue::from_iter([("k", Value::Int64(1)), ("n", Value::Null)]).into(),
            json!({ "k": 1, "n": null }),
        ),
        (
            "pairs",
            numbered,
            pairs.into(),
            json!([{ "key": 1, "value": "one" }, { "key": -2, "value": "two" }]),
        ),
        ("struct", inner, nested.into(), json!({ "x": i64::MIN })),
        ("set", Schema::OPTIONAL_STRING, Value::from("x"), json!("x")),
        ("unset", Schema::OPTIONAL_STRING, Value::Null, json!(null)),
        ("default", with_default, Value::Int32(7), json!(7)),
        ("enum", enum_schema(), Value::from("BLUE"), json!("BLUE")),
        (
            "fixed",
            fixed_schema(),
            Value::Bytes(Bytes::from_static(b"ab")),
            json!({ "$bytes": "6162" }),
        ),
        ("union", union_schema(), union.into(), json!("branch")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_type_goes_both_ways() {
    let running = Running::start().await;
    let mut confluent = Confluent::start(&running.url());
    let mut ours = converter(&running.url(), &[("enhanced.avro.schema.support", "true")]);
    let types = all_types();
    let mut schema = Schema::structure().name("acme.All").version(1);
    for (name, field, ..) in &types {
        schema = schema.field(*name, field.clone());
    }
    let schema = schema.build().unwrap();
    let mut value = Struct::new(schema.clone()).unwrap();
    let mut expected = serde_json::Map::new();
    for (name, _, field, json) in types {
        value.put(name, field).unwrap();
        expected.insert(name.to_owned(), json);
    }
    let (value, expected) = (Value::Struct(value), Json::Object(expected));

    let bytes = write(&mut ours, "all", Some(&schema), &value)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(confluent.read("all", &bytes, None), expected);

    let theirs = confluent.write("all-again", &schema_of(&running, 1), &expected);
    assert_eq!(
        &theirs[1..5],
        &bytes[1..5],
        "the same schema has the same id"
    );
    let back = read(&mut ours, "all-again", &theirs).await.unwrap();
    assert_eq!(back.schema, Some(schema));
    assert_eq!(back.value, value);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_alone_go_both_ways() {
    let running = Running::start().await;
    let mut confluent = Confluent::start(&running.url());
    let mut ours = converter(&running.url(), &[]);
    for (name, schema, value, json) in all_types() {
        // Alone, bytes have no length in Confluent's Java client, and one in its Python client; the others are told
        // by parameters that need enhanced.avro.schema.support, or are no type of their own.
        if [
            "bytes", "decimal", "enum", "fixed", "union", "unset", "pairs",
        ]
        .contains(&name)
        {
            continue;
        }
        let topic = format!("alone-{name}");
        let bytes = write(&mut ours, &topic, Some(&schema), &value)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(confluent.read(&topic, &bytes, None), json, "{name}");
        if !matches!(schema.kind, Type::Struct) {
            continue;
        }
        let id = i32::from_be_bytes(bytes[1..5].try_into().unwrap());
        let theirs = confluent.write(&topic, &schema_of(&running, id), &json);
        assert_eq!(theirs, bytes, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemas_evolve_both_ways() {
    let running = Running::start().await;
    let mut confluent = Confluent::start(&running.url());
    let one = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;
    let two = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":"new"}]}"#;
    let schema_one = Schema::structure()
        .name("R")
        .field("a", Schema::INT32)
        .build()
        .unwrap();
    let b = Schema::builder(Type::String)
        .default_value("new")
        .build()
        .unwrap();
    let schema_two = Schema::structure()
        .name("R")
        .field("a", Schema::INT32)
        .field("b", b)
        .build()
        .unwrap();
    let mut ours = converter(&running.url(), &[]);

    // They write the first version, then the second; both are read by what wrote them.
    let first = confluent.write("theirs", one, &json!({ "a": 1 }));
    let second = confluent.write("theirs", two, &json!({ "a": 2, "b": "x" }));
    let read_first = read(&mut ours, "theirs", &first).await.unwrap();
    assert_eq!(read_first.schema.as_ref().unwrap().version, Some(1));
    let read_second = read(&mut ours, "theirs", &second).await.unwrap();
    let read_second = read_second.value.as_struct().unwrap().clone();
    assert_eq!(read_second.schema().version, Some(2));
    assert_eq!(read_second.get("b").unwrap(), &Value::from("x"));

    // We write both, and they read each by the other.
    let mut value = Struct::new(schema_one.clone()).unwrap();
    value.put("a", 3).unwrap();
    let old = write(&mut ours, "ours", Some(&schema_one), &value.clone().into())
        .await
        .unwrap()
        .unwrap();
    let mut later = Struct::new(schema_two.clone()).unwrap();
    later.put("a", 4).unwrap().put("b", "y").unwrap();
    let new = write(&mut ours, "ours", Some(&schema_two), &later.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        confluent.read("ours", &old, Some(two)),
        json!({ "a": 3, "b": "new" })
    );
    assert_eq!(confluent.read("ours", &new, Some(one)), json!({ "a": 4 }));

    // We have the first version only and write by the latest: its default is in the message.
    let latest = [
        ("auto.register.schemas", "false"),
        ("use.latest.version", "true"),
    ];
    let mut latest = converter(&running.url(), &latest);
    let bytes = write(&mut latest, "ours", Some(&schema_one), &value.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        confluent.read("ours", &bytes, None),
        json!({ "a": 3, "b": "new" })
    );
}
