//! Protobuf and JSON Schema messages exchanged with Confluent's Python client through the registry.
//!
//! `tests/confluent/fetch` installs it into `target/confluent`.

mod common;

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use common::{Running, props, read, write};
use serde_json::{Value as Json, json};
use windlass_api::{
    Converter, Decimal, MapValue, Schema, SchemaAndValue, Struct, Type, Value, date, decimal, time,
    timestamp,
};
use windlass_converters::{JsonSchemaConverter, ProtobufConverter};

#[tokio::test(flavor = "multi_thread")]
async fn python_reads_protobuf_of_every_type() {
    let mut world = World::new().await;
    let mut converter = world.configured(ProtobufConverter::default(), &[]);
    let topic = "protobuf-read";
    let (schema, value) = everything();
    let bytes = world.write(&mut converter, topic, &schema, &value).await;
    let read = world.ask(&json!({
        "do": "read-protobuf", "topic": topic, "bytes": hex(&bytes), "id": id(&bytes), "name": "acme.All",
    }));
    assert_eq!(
        read,
        json!({
            "i8": -8, "i16": 16, "i32": -32, "i64": "64", "f32": 0.5, "f64": -0.25, "flag": true, "text": "té",
            "bytes": "AQI=", "price": {"value": "BNI=", "precision": 4, "scale": 2},
            "day": {"year": 2024, "month": 2, "day": 29}, "time": {"hours": 1, "minutes": 2, "seconds": 3, "nanos": 4000000},
            "at": "2020-09-13T12:26:40.123Z", "inner": {"x": 7, "y": "in"}, "numbers": ["1", "0", "-1"],
            "texts": ["a", ""], "inners": [{"x": 7, "y": "in"}], "counts": [{"key": "k", "value": 1}],
            "by_id": [{"key": "9", "value": {"x": 7, "y": "in"}}],
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn protobuf_of_every_type_is_read_from_python() {
    let mut world = World::new().await;
    let mut converter = world.configured(ProtobufConverter::default(), &[]);
    let topic = "protobuf-write";
    let schema = r#"syntax = "proto3";
package acme;
import "confluent/meta.proto";
import "confluent/type/decimal.proto";
import "google/type/date.proto";
import "google/type/timeofday.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Before {}
message All {
  enum State { NEW = 0; PAID = 1; }
  message Inner { int32 x = 1; string y = 2; }
  int32 i8 = 1 [(confluent.field_meta) = { params: [{ key: "connect.type", value: "int8" }] }];
  sint32 i32 = 2; sfixed64 i64 = 3; uint32 u32 = 4; uint64 u64 = 5; float f32 = 6; double f64 = 7; bool flag = 8;
  string text = 9; bytes bytes = 10;
  confluent.type.Decimal price = 11 [(confluent.field_meta) = { params: [{ key: "scale", value: "2" }] }];
  google.type.Date day = 12; google.type.TimeOfDay time = 13; google.protobuf.Timestamp at = 14;
  Inner inner = 15; repeated int64 numbers = 16; repeated Inner inners = 17; map<string, int32> counts = 18;
  oneof choice { string this = 19; Inner that = 20; }
  State state = 21; google.protobuf.StringValue note = 22; optional int32 maybe = 23;
}
"#;
    let message = json!({
        "i8": -8, "i32": -32, "i64": "64", "u32": 4294967295u32, "u64": "5", "f32": 0.5, "f64": -0.25, "flag": true,
        "text": "té", "bytes": "AQI=", "price": {"value": "BNI=", "precision": 4, "scale": 2},
        "day": {"year": 2024, "month": 2, "day": 29}, "time": {"hours": 1, "minutes": 2, "seconds": 3, "nanos": 4000000},
        "at": "2020-09-13T12:26:40.123Z", "inner": {"x": 7, "y": "in"}, "numbers": ["1", "0", "-1"],
        "inners": [{"x": 7, "y": "in"}], "counts": {"k": 1}, "that": {"x": 7, "y": "in"}, "state": "PAID", "note": "n",
    });
    let bytes = world.ask(&json!({
        "do": "write-protobuf", "topic": topic, "schema": schema, "name": "acme.All", "message": message,
    }));
    let read = world.read(&mut converter, topic, &unhex(&bytes)).await;
    let all = read.value.as_struct().unwrap();
    all.validate().unwrap();
    let get = |name: &str| all.get(name).unwrap().clone();
    let inner = |value: &Value| value.as_struct().unwrap().values().to_vec();
    assert_eq!(
        (all.schema().name.as_deref(), all.schema().version),
        (Some("All"), Some(1))
    );
    assert_eq!(
        (get("i8"), get("i32"), get("i64")),
        (Value::Int8(-8), Value::Int32(-32), Value::Int64(64))
    );
    assert_eq!(
        (get("u32"), get("u64")),
        (Value::Int64(4_294_967_295), Value::Int64(5))
    );
    assert_eq!(
        (get("f32"), get("f64"), get("flag")),
        (
            Value::Float32(0.5),
            Value::Float64(-0.25),
            Value::Boolean(true)
        )
    );
    assert_eq!(
        (get("text"), get("bytes")),
        (Value::from("té"), Value::from(vec![1u8, 2]))
    );
    assert_eq!(
        (get("price"), get("day")),
        (price(), Value::Date(19_782 * DAY))
    );
    assert_eq!(
        (get("time"), get("at")),
        (Value::Date(3_723_004), Value::Date(1_600_000_000_123))
    );
    assert_eq!(inner(&get("inner")), [Value::Int32(7), Value::from("in")]);
    assert_eq!(
        get("numbers"),
        Value::Array(vec![Value::Int64(1), Value::Int64(0), Value::Int64(-1)])
    );
    assert_eq!(
        get("counts").as_map().unwrap().get_str("k"),
        Some(&Value::Int32(1))
    );
    assert_eq!(
        inner(&inner(&get("choice_0"))[1]),
        [Value::Int32(7), Value::from("in")]
    );
    assert_eq!(
        (get("state"), get("maybe")),
        (Value::from("PAID"), Value::Null)
    );
    assert_eq!(inner(&get("note")), [Value::from("n")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn protobuf_evolves_both_ways() {
    let mut world = World::new().await;
    let mut converter = world.configured(ProtobufConverter::default(), &[]);
    let topic = "protobuf-evolution";
    let narrow = Schema::structure()
        .name("acme.M")
        .field("a", Schema::INT32)
        .build()
        .unwrap();
    let value = Struct::from_values(narrow.clone(), vec![Value::Int32(5)])
        .unwrap()
        .into();
    let bytes = world.write(&mut converter, topic, &narrow, &value).await;
    let wide = "syntax = \"proto3\";\npackage acme;\nmessage M { int32 a = 1; string b = 2; }\n";
    let read = json!({"do": "read-protobuf", "topic": topic, "bytes": hex(&bytes), "schema": wide, "name": "acme.M"});
    assert_eq!(world.ask(&read), json!({"a": 5, "b": ""}));
    let written = world.ask(&json!({
        "do": "write-protobuf", "topic": topic, "schema": wide, "name": "acme.M", "message": {"a": 6, "b": "new"},
    }));
    let read = world.read(&mut converter, topic, &unhex(&written)).await;
    assert_eq!(
        read.value.as_struct().unwrap().values(),
        [Value::Int32(6), Value::from("new")]
    );
    // By the latest version, which has the field more.
    let latest = [
        ("auto.register.schemas", "false"),
        ("use.latest.version", "true"),
    ];
    let mut latest = world.configured(ProtobufConverter::default(), &latest);
    let again = world.write(&mut latest, topic, &narrow, &value).await;
    assert_eq!(id(&again), id(&unhex(&written)));
}

#[tokio::test(flavor = "multi_thread")]
async fn python_reads_json_of_every_type() {
    let mut world = World::new().await;
    let mut converter = world.configured(JsonSchemaConverter::default(), &[]);
    let topic = "json-read";
    let (schema, value) = everything();
    let bytes = world.write(&mut converter, topic, &schema, &value).await;
    let read = world.ask(&json!({"do": "read-json", "topic": topic, "bytes": hex(&bytes)}));
    assert_eq!(
        read,
        json!({
            "i8": -8, "i16": 16, "i32": -32, "i64": 64, "f32": 0.5, "f64": -0.25, "flag": true, "text": "té",
            "bytes": "AQI=", "price": "BNI=", "day": 19782, "time": 3723004, "at": 1600000000123i64,
            "inner": {"x": 7, "y": "in"}, "numbers": [1, 0, -1], "texts": ["a", ""], "inners": [{"x": 7, "y": "in"}],
            "counts": {"k": 1}, "by_id": [{"key": 9, "value": {"x": 7, "y": "in"}}],
        })
    );
    let back = world.read(&mut converter, topic, &bytes).await;
    assert_eq!(back, SchemaAndValue::new(schema, value));
}

#[tokio::test(flavor = "multi_thread")]
async fn json_of_every_type_is_read_from_python() {
    let mut world = World::new().await;
    let mut converter = world.configured(JsonSchemaConverter::default(), &[]);
    let topic = "json-write";
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "title": "All", "type": "object",
        "properties": {
            "i64": {"type": "integer"}, "f64": {"type": "number"}, "flag": {"type": "boolean"}, "text": {"type": "string"},
            "i8": {"type": "integer", "connect.type": "int8"}, "none": {"type": ["string", "null"]},
            "list": {"type": "array", "items": {"$ref": "#/definitions/inner"}},
            "map": {"type": "object", "connect.type": "map", "additionalProperties": {"type": "integer"}},
            "state": {"enum": ["new", "paid"]}, "choice": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
            "day": {"type": "integer", "title": date::NAME, "connect.type": "int32", "connect.version": 1},
            "price": {"type": "number", "title": decimal::NAME, "connect.type": "bytes", "connect.parameters": {"scale": "2"}}
        },
        "definitions": {"inner": {"type": "object", "title": "Inner", "properties": {"x": {"type": "integer"}}}}
    });
    let message = json!({
        "i64": 64, "f64": -0.25, "flag": true, "text": "té", "i8": -8, "none": null, "list": [{"x": 1}, {"x": 2}],
        "map": {"a": 1}, "state": "paid", "choice": "s", "day": 1, "price": 12.34,
    });
    let bytes = world.ask(&json!({
        "do": "write-json", "topic": topic, "schema": schema.to_string(), "message": message,
    }));
    let read = world.read(&mut converter, topic, &unhex(&bytes)).await;
    let all = read.value.as_struct().unwrap();
    all.validate().unwrap();
    let get = |name: &str| all.get(name).unwrap().clone();
    assert_eq!(
        (get("i64"), get("f64"), get("flag")),
        (
            Value::Int64(64),
            Value::Float64(-0.25),
            Value::Boolean(true)
        )
    );
    assert_eq!(
        (get("text"), get("i8"), get("none")),
        (Value::from("té"), Value::Int8(-8), Value::Null)
    );
    assert_eq!(
        get("map").as_map().unwrap().get_str("a"),
        Some(&Value::Int64(1))
    );
    assert_eq!(
        get("list").as_array().unwrap()[1]
            .as_struct()
            .unwrap()
            .values(),
        [Value::Int64(2)]
    );
    assert_eq!(
        (get("state"), get("day"), get("price")),
        (Value::from("paid"), Value::Date(DAY), price())
    );
    assert_eq!(
        get("choice").as_struct().unwrap().values(),
        [Value::Null, Value::from("s")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn json_evolves_both_ways() {
    let mut world = World::new().await;
    let mut converter = world.configured(JsonSchemaConverter::default(), &[]);
    let topic = "json-evolution";
    let narrow = Schema::structure()
        .name("M")
        .field("a", Schema::INT32)
        .build()
        .unwrap();
    let value = Struct::from_values(narrow.clone(), vec![Value::Int32(5)])
        .unwrap()
        .into();
    let bytes = world.write(&mut converter, topic, &narrow, &value).await;
    let wide = json!({"title": "M", "type": "object", "properties": {
        "a": {"type": "integer", "connect.index": 0}, "b": {"type": "string", "default": "-", "connect.index": 1},
    }});
    let read = json!({"do": "read-json", "topic": topic, "bytes": hex(&bytes), "schema": wide.to_string()});
    assert_eq!(world.ask(&read), json!({"a": 5}));
    let written = world.ask(&json!({
        "do": "write-json", "topic": topic, "schema": wide.to_string(), "message": {"a": 6},
    }));
    let read = world.read(&mut converter, topic, &unhex(&written)).await;
    assert_eq!(
        read.value.as_struct().unwrap().get("b").unwrap(),
        &Value::from("-")
    );
}

/// A struct of every type that Connect has.
fn everything() -> (Schema, Value) {
    let inner_schema = Schema::structure()
        .name("Inner")
        .field("x", Schema::INT16)
        .field("y", Schema::OPTIONAL_STRING);
    let inner_schema = inner_schema.build().unwrap();
    let inner = || {
        let values = vec![Value::Int16(7), Value::from("in")];
        Value::from(Struct::from_values(inner_schema.clone(), values).unwrap())
    };
    let of = |kind| Schema::builder(kind).build().unwrap();
    let fields = [
        ("i8", of(Type::Int8), Value::Int8(-8)),
        ("i16", Schema::OPTIONAL_INT16, Value::Int16(16)),
        ("i32", of(Type::Int32), Value::Int32(-32)),
        ("i64", of(Type::Int64), Value::Int64(64)),
        ("f32", of(Type::Float32), Value::Float32(0.5)),
        ("f64", of(Type::Float64), Value::Float64(-0.25)),
        ("flag", of(Type::Boolean), Value::Boolean(true)),
        ("text", of(Type::String), Value::from("té")),
        ("bytes", of(Type::Bytes), Value::from(vec![1u8, 2])),
        ("price", decimal::schema(2), price()),
        ("day", date::schema(), Value::Date(19_782 * DAY)),
        ("time", time::schema(), Value::Date(3_723_004)),
        ("at", timestamp::schema(), Value::Date(1_600_000_000_123)),
        ("inner", inner_schema.clone(), inner()),
        (
            "numbers",
            Schema::array(Schema::INT64).build().unwrap(),
            Value::Array([1, 0, -1].map(Value::Int64).to_vec()),
        ),
        (
            "texts",
            Schema::array(Schema::STRING).optional().build().unwrap(),
            Value::Array(["a", ""].map(Value::from).to_vec()),
        ),
        (
            "inners",
            Schema::array(inner_schema.clone()).build().unwrap(),
            Value::Array(vec![inner()]),
        ),
        (
            "counts",
            Schema::map(Schema::STRING, Schema::INT32).build().unwrap(),
            Value::Map(MapValue::from_iter([(Value::from("k"), Value::Int32(1))])),
        ),
        (
            "by_id",
            Schema::map(Schema::INT64, inner_schema.clone())
                .build()
                .unwrap(),
            Value::Map(MapValue::from_iter([(Value::Int64(9), inner())])),
        ),
    ];
    let builder = Schema::structure().name("acme.All").version(1);
    let builder = fields.iter().fold(builder, |b, (name, schema, _)| {
        b.field(*name, schema.clone())
    });
    let schema = builder.build().unwrap();
    let values = fields.into_iter().map(|(_, _, value)| value).collect();
    (
        schema.clone(),
        Struct::from_values(schema, values).unwrap().into(),
    )
}

fn price() -> Value {
    Decimal {
        unscaled: 1234.into(),
        scale: 2,
    }
    .into()
}

/// The registry, and Python beside it.
struct World {
    registry: Running,
    python: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl World {
    async fn new() -> Self {
        let registry = Running::start().await;
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let fetched = Command::new(root.join("tests/confluent/fetch")).status();
        assert!(fetched.expect("tests/confluent/fetch").success());
        let home = std::env::var_os("WINDLASS_CONFLUENT_HOME")
            .map_or_else(|| root.join("target/confluent"), PathBuf::from);
        let mut python = Command::new(home.join("bin/python"))
            .arg(root.join("tests/confluent/formats.py"))
            .arg(registry.url())
            .arg(root.join("converters/src/protobuf/known"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python");
        let input = python.stdin.take().expect("a pipe");
        let output = BufReader::new(python.stdout.take().expect("a pipe")).lines();
        World {
            registry,
            python,
            input,
            output,
        }
    }

    fn configured<C: Converter>(&self, mut converter: C, settings: &[(&str, &str)]) -> C {
        let mut props = props(settings);
        props.insert("schema.registry.url".to_owned(), Some(self.registry.url()));
        converter.configure(&props, false).expect("a configuration");
        converter
    }

    async fn write(
        &self,
        converter: &mut dyn Converter,
        topic: &str,
        schema: &Schema,
        value: &Value,
    ) -> Vec<u8> {
        let written = write(converter, topic, Some(schema), value).await;
        written.expect("bytes").expect("no null").to_vec()
    }

    async fn read(
        &self,
        converter: &mut dyn Converter,
        topic: &str,
        bytes: &[u8],
    ) -> SchemaAndValue {
        let bytes = bytes.to_vec().into();
        read(converter, topic, &bytes).await.expect("a value")
    }

    /// What Python answers.
    fn ask(&mut self, request: &Json) -> Json {
        writeln!(self.input, "{request}").unwrap();
        let line = self.output.next().expect("an answer").unwrap();
        let mut answer: Json = serde_json::from_str(&line).unwrap();
        assert!(answer["error"].is_null(), "{}", answer["error"]);
        answer["answer"].take()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &Json) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The id in a message's frame.
fn id(bytes: &[u8]) -> i32 {
    i32::from_be_bytes(bytes[1..5].try_into().unwrap())
}

const DAY: i64 = 86_400_000;
