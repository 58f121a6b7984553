//! Connect data through Protobuf and back.

mod content;

use bytes::Bytes;
use proptest::prelude::*;
use windlass_api::{
    Decimal, MapValue, Schema, SchemaBuilder, Struct, Value, date, decimal, time, timestamp,
};
use windlass_converters::protobuf::{Decoder, Encoder, Options, ProtoFile, ProtoText, to_proto};

proptest! {
    #[test]
    fn nothing_is_lost(values in proptest::collection::vec(any::<(i64, f64, bool, String, Vec<u8>)>(), 1..5),
                       strict in any::<bool>()) {
        let options = Options { optional_for_nullables: strict, ..Options::default() };
        let schema = everything();
        let coder = Coder::new(&schema, &options);
        for seed in values {
            let value = everything_of(&schema, &seed);
            let bytes = coder.write(&value);
            let read = coder.decoder.read(&bytes).unwrap();
            prop_assert_eq!(plain(&read), plain(&value));
            // What was read is written as it was, by its own schema.
            let again = Coder::new(coder.decoder.schema(), &options);
            prop_assert_eq!(again.decoder.read(&again.write(&read)).unwrap(), read);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in 0usize..200) {
        let schema = everything();
        let coder = Coder::new(&schema, &Options::default());
        let _ = coder.decoder.read(&Bytes::from(bytes.clone()));
        let mut whole = coder.write(&everything_of(&schema, &(7, 0.5, true, "text".into(), bytes.clone()))).to_vec();
        let at = cut.min(whole.len());
        whole.splice(at..at, bytes);
        let _ = coder.decoder.read(&Bytes::from(whole));
    }

    #[test]
    fn no_schema_makes_it_panic(content in content::content()) {
        let schema = content.schema.unwrap();
        let options = Options { scrub_invalid_names: true, ..Options::default() };
        if let Ok(proto) = to_proto(&schema, &options) {
            let file = ProtoFile::compile(&proto.text, &[]);
            if let Ok((message, _)) = file.and_then(|file| file.message_named(&proto.message)) {
                let encoder = Encoder::new(&schema, &message, &options);
                if let Ok(encoder) = encoder {
                    let _ = encoder.push(&mut Vec::new(), &content.value);
                }
            }
        }
    }
}

#[test]
fn schemas_stand_in_the_registry_as_confluent_writes_them() {
    let line = Schema::structure()
        .name("acme.Line")
        .field("sku", Schema::STRING)
        .build()
        .unwrap();
    let schema = Schema::structure()
        .name("acme.shop.Order")
        .field("id", Schema::INT64)
        .field("small", Schema::INT8)
        .field("price", decimal::schema(2))
        .field("day", date::schema())
        .field("at", timestamp::schema())
        .field("lines", Schema::array(line).build().unwrap())
        .field(
            "counts",
            Schema::map(Schema::STRING, Schema::INT32).build().unwrap(),
        )
        .build()
        .unwrap();
    let proto = to_proto(&schema, &Options::default()).unwrap();
    assert_eq!(proto.message, "acme.shop.Order");
    assert_eq!(
        proto.text,
        r#"syntax = "proto3";
package acme.shop;

import "confluent/type/decimal.proto";
import "google/type/date.proto";
import "google/protobuf/timestamp.proto";

message Order {
  int64 id = 1;
  int32 small = 2 [(confluent.field_meta) = {
    params: [
      {
        key: "connect.type",
        value: "int8"
      }
    ]
  }];
  confluent.type.Decimal price = 3 [(confluent.field_meta) = {
    params: [
      {
        value: "2",
        key: "scale"
      }
    ]
  }];
  google.type.Date day = 4;
  google.protobuf.Timestamp at = 5;
  repeated Line lines = 6;
  repeated ConnectDefault1Entry counts = 7;

  message Line {
    string sku = 1;
  }
  message ConnectDefault1Entry {
    string key = 1;
    int32 value = 2;
  }
}
"#
    );
}

#[test]
fn every_type_reads_back_with_its_schema() {
    let options = Options::default();
    let coder = Coder::new(&everything(), &options);
    let schema = coder.decoder.schema();
    assert_eq!(schema.name.as_deref(), Some("All"));
    for (field, read) in everything().fields.iter().zip(&schema.fields) {
        let (expected, found) = (&field.schema, &read.schema);
        assert_eq!((&field.name, expected.kind), (&read.name, found.kind));
        assert!(found.optional);
        let tag = found
            .parameter("io.confluent.connect.protobuf.Tag")
            .unwrap();
        assert_eq!(tag.as_str(), (field.index + 1).to_string());
        if expected.kind.is_primitive() {
            assert_eq!(expected.name, found.name);
        }
    }
    assert_eq!(
        schema
            .field("price")
            .unwrap()
            .schema
            .parameter("scale")
            .unwrap()
            .as_str(),
        "2"
    );
}

#[test]
fn roots_that_are_no_structs_are_wrapped() {
    for (schema, value, read) in [
        (Schema::STRING, Value::from("x"), Value::from("x")),
        (Schema::INT8, Value::Int8(-3), Value::Int32(-3)),
        (Schema::INT64, Value::Int64(0), Value::Int64(0)),
        (
            Schema::BYTES,
            Value::from(vec![1u8, 0]),
            Value::from(vec![1u8, 0]),
        ),
        (Schema::BOOLEAN, Value::Boolean(true), Value::Boolean(true)),
        (Schema::FLOAT32, Value::Float32(-0.0), Value::Float32(-0.0)),
    ] {
        let coder = Coder::new(&schema, &Options::default());
        assert_eq!(coder.decoder.read(&coder.write(&value)).unwrap(), read);
        assert!(coder.decoder.schema().kind.is_primitive());
    }
    let proto = to_proto(&Schema::STRING, &Options::default()).unwrap();
    let file = ProtoFile::compile(&proto.text, &[]).unwrap();
    assert_eq!(
        file.message_named("google.protobuf.StringValue").unwrap().1,
        [7]
    );
    assert!(
        to_proto(
            &Schema::array(Schema::INT8).build().unwrap(),
            &Options::default()
        )
        .is_err()
    );
}

#[test]
fn foreign_messages_are_read() {
    let text = r#"syntax = "proto3";
        package acme;
        import "google/protobuf/wrappers.proto";
        import "item.proto";
        enum State { NEW = 0; PAID = 1; }
        message Other {}
        message Order {
          message Inner { optional int32 maybe = 1; sint64 sure = 2; fixed32 big = 3; uint64 huge = 4; }
          oneof pay { string card = 10; int32 cash = 11; Inner inner = 12; }
          State state = 1; repeated sint32 numbers = 2; map<int32, Item> items = 3;
          google.protobuf.StringValue note = 4; Inner in = 5; repeated State states = 6; map<string, State> by = 7;
        }"#;
    let item = r#"syntax = "proto3"; package acme; message Item { string sku = 1; }"#;
    let file = ProtoFile::compile(text, &[("item.proto".to_owned(), item.to_owned())]).unwrap();
    let message = file.message_at(&[1]).unwrap();
    let decoder = Decoder::new(&message, Some(4), &Options::default()).unwrap();
    let schema = decoder.schema();
    let names: Vec<_> = schema.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "pay_0", "state", "numbers", "items", "note", "in", "states", "by"
        ]
    );
    assert_eq!(
        (schema.name.as_deref(), schema.version),
        (Some("Order"), Some(4))
    );
    let union = &schema.fields[0].schema;
    assert_eq!(
        union.name.as_deref(),
        Some("io.confluent.connect.protobuf.Union.pay")
    );
    assert_eq!(schema.fields[3].schema.name.as_deref(), Some("items"));
    assert_eq!(
        schema.fields[1]
            .schema
            .parameter("io.confluent.connect.protobuf.Enum.PAID")
            .unwrap()
            .as_str(),
        "1"
    );

    let none = decoder.read(&Bytes::new()).unwrap();
    let none = none.as_struct().unwrap();
    assert_eq!(none.get("pay_0").unwrap(), &Value::Null);
    assert_eq!(none.get("state").unwrap(), &Value::from("NEW"));
    assert_eq!(none.get("numbers").unwrap(), &Value::Array(vec![]));
    assert_eq!(none.get("note").unwrap(), &Value::Null);

    // State 1 and then 9; numbers packed and not; two parts of one message; cash, then card, then both parts of inner.
    let bytes = [
        &[0x08, 1, 0x08, 9][..],
        &[0x12, 2, 1, 4, 0x10, 3],
        &[0x1A, 5, 0x08, 7, 0x12, 1, 0x0A],
        &[
            0x2A, 2, 0x10, 3, 0x2A, 7, 0x08, 0, 0x1D, 0xFF, 0xFF, 0xFF, 0xFF,
        ],
        &[0x58, 5, 0x52, 1, b'v', 0x62, 2, 0x10, 1, 0x62, 2, 0x08, 5],
        &[0xF8, 0x7F, 1, 0x22, 0],
    ];
    let broken = Bytes::from(bytes.concat());
    assert!(decoder.read(&broken).is_err());
    let bytes = broken.iter().copied().collect::<Vec<_>>();
    let entry = [0x1A, 7, 0x08, 7, 0x12, 3, 0x0A, 1, b's'];
    let at = 10;
    let bytes = [&bytes[..at], &entry[..], &bytes[at + 7..]].concat();
    let order = decoder.read(&Bytes::from(bytes)).unwrap();
    let order = order.as_struct().unwrap();
    order.validate().unwrap();
    assert_eq!(
        order.get("state").unwrap(),
        &Value::from("UNKNOWN_ENUM_VALUE_State_9")
    );
    let numbers = order.array("numbers").unwrap().unwrap();
    assert_eq!(
        numbers,
        [Value::Int32(-1), Value::Int32(2), Value::Int32(-2)]
    );
    let items = order.map("items").unwrap().unwrap();
    let item = items.get(&Value::Int32(7)).unwrap().as_struct().unwrap();
    assert_eq!(item.string("sku").unwrap().unwrap().as_str(), "s");
    let inner = order.structure("in").unwrap().unwrap();
    assert_eq!(
        inner.values()[..3],
        [Value::Int32(0), Value::Int64(-2), Value::Int64(0xFFFF_FFFF)]
    );
    let pay = order.structure("pay_0").unwrap().unwrap();
    assert_eq!(pay.values()[..2], [Value::Null, Value::Null]);
    let chosen = pay.structure("inner").unwrap().unwrap();
    assert_eq!(chosen.values()[..2], [Value::Int32(5), Value::Int64(-1)]);
    let note = order.structure("note").unwrap().unwrap();
    assert_eq!(note.values(), [Value::from("")]);
}

#[test]
fn options_change_the_mapping() {
    let text = r#"syntax = "proto3";
        package acme;
        import "google/protobuf/wrappers.proto";
        enum E { A = 0; B = 1; }
        message M { oneof u { int32 a = 1; google.protobuf.Int64Value w = 2; } google.protobuf.BoolValue flag = 3; E e = 4; optional string s = 5; M2 m = 6; int32 p = 7; }
        message M2 { int32 x = 1; }"#;
    let read = |options: Options, bytes: &'static [u8]| {
        let message = ProtoFile::compile(text, &[])
            .unwrap()
            .message_at(&[0])
            .unwrap();
        let decoder = Decoder::new(&message, None, &options).unwrap();
        let value = decoder.read(&Bytes::from_static(bytes)).unwrap();
        let value = value.as_struct().unwrap().clone();
        value.validate().unwrap();
        value
    };
    let base = Options::default();
    let names = |value: &Struct| {
        let names = value
            .schema()
            .fields
            .iter()
            .map(|f| f.name.as_str().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    let flat = read(
        Options {
            flatten_unions: true,
            ..base
        },
        &[8, 5, 0x12, 0],
    );
    assert_eq!(names(&flat), "a w flag e s m p");
    assert_eq!(flat.get("a").unwrap(), &Value::Null);
    assert!(flat.structure("w").unwrap().is_some());
    let unnumbered = read(
        Options {
            generate_index_for_unions: false,
            ..base
        },
        &[],
    );
    assert_eq!(names(&unnumbered), "u flag e s m p");
    let wrappers = read(
        Options {
            wrapper_for_nullables: true,
            ..base
        },
        &[0x1A, 2, 8, 1, 0x12, 2, 8, 3, 0x2A, 0],
    );
    assert_eq!(wrappers.get("flag").unwrap(), &Value::Boolean(true));
    assert!(!wrappers.schema().field("p").unwrap().schema.optional);
    let union = wrappers.structure("u_0").unwrap().unwrap();
    assert_eq!(union.values(), [Value::Null, Value::Int64(3)]);
    let ints = read(
        Options {
            int_for_enums: true,
            ..base
        },
        &[0x20, 1],
    );
    assert_eq!(ints.get("e").unwrap(), &Value::Int32(1));
    let full = read(
        Options {
            enhanced_schemas: true,
            ..base
        },
        &[],
    );
    assert_eq!(full.schema().name.as_deref(), Some("acme.M"));
    let strict = read(
        Options {
            optional_for_nullables: true,
            ..base
        },
        &[],
    );
    let optional = |value: &Struct, name: &str| value.schema().field(name).unwrap().schema.optional;
    assert_eq!(
        (optional(&strict, "s"), optional(&strict, "p")),
        (true, false)
    );
    assert_eq!(strict.get("s").unwrap(), &Value::Null);
    let filled = read(
        Options {
            generate_struct_for_nulls: true,
            ..base
        },
        &[],
    );
    assert_eq!(
        filled.structure("m").unwrap().unwrap().values(),
        [Value::Int32(0)]
    );
    let general = read(
        Options {
            generalized_sum_types: true,
            ..base
        },
        &[8, 1],
    );
    let union = general.schema().field("u_0").unwrap().schema.clone();
    assert_eq!(
        union
            .parameter("org.apache.kafka.connect.data.Union")
            .unwrap()
            .as_str(),
        "u"
    );
    for options in [
        base,
        Options {
            generalized_sum_types: true,
            ..base
        },
        Options {
            wrapper_for_nullables: true,
            ..base
        },
        Options {
            optional_for_nullables: true,
            ..base
        },
        Options {
            int_for_enums: true,
            ..base
        },
    ] {
        let value = read(
            options,
            &[
                8, 5, 0x1A, 2, 8, 1, 0x20, 1, 0x2A, 1, b's', 0x32, 2, 8, 7, 0x38, 9,
            ],
        );
        let coder = Coder::new(value.schema(), &options);
        let bytes = coder.write(&value.clone().into());
        let again = coder.decoder.read(&bytes).unwrap();
        assert_eq!(
            again.as_struct().unwrap().values().len(),
            value.values().len()
        );
        assert_eq!(plain(&again), plain(&value.into()), "{options:?}");
    }
}

#[test]
fn evolution_goes_both_ways() {
    let narrow = r#"syntax = "proto3"; message M { int32 a = 1; }"#;
    let wide =
        r#"syntax = "proto3"; message M { int32 a = 1; string b = 2; repeated int32 c = 3; }"#;
    let decoder = |text: &str| {
        let message = ProtoFile::compile(text, &[])
            .unwrap()
            .message_at(&[0])
            .unwrap();
        Decoder::new(&message, None, &Options::default()).unwrap()
    };
    let bytes = Bytes::from_static(&[8, 1, 0x12, 1, b'x', 0x1A, 1, 7]);
    let value = decoder(narrow).read(&bytes).unwrap();
    assert_eq!(value.as_struct().unwrap().values(), [Value::Int32(1)]);
    let value = decoder(wide).read(&Bytes::from_static(&[8, 1])).unwrap();
    let expected = [Value::Int32(1), Value::from(""), Value::Array(vec![])];
    assert_eq!(value.as_struct().unwrap().values(), expected);
    // Written by the latest version, which has a field more.
    let schema = decoder(narrow).schema().clone();
    let (message, _) = ProtoFile::compile(wide, &[])
        .unwrap()
        .message_named("M")
        .unwrap();
    let encoder = Encoder::new(&schema, &message, &Options::default()).unwrap();
    let mut out = Vec::new();
    let value = Struct::from_values(schema, vec![Value::Int32(5)]).unwrap();
    encoder.push(&mut out, &value.into()).unwrap();
    assert_eq!(out, [8, 5]);
}

#[test]
fn what_connect_cannot_say_is_refused() {
    let read = |text: &str| {
        let message = ProtoFile::compile(text, &[])?.message_at(&[0])?;
        Decoder::new(&message, None, &Options::default())
    };
    for (text, part) in [
        (
            r#"syntax = "proto3"; message M { M next = 1; }"#,
            "contains itself",
        ),
        (
            r#"syntax = "proto2"; message M { optional group G = 1 { optional int32 a = 1; } }"#,
            "GROUP",
        ),
        (
            r#"syntax = "proto3"; import "gone.proto"; message M {}"#,
            "cannot be compiled",
        ),
        ("no schema", "cannot be compiled"),
        (r#"syntax = "proto3"; enum E { A = 0; }"#, "positions"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
    let levels = |i: usize| format!("message M{i} {{ M{0} a = 1; M{0} b = 2; }}", i + 1);
    let text: String = (0..40).map(levels).collect();
    assert!(read(&format!("syntax = \"proto3\"; {text} message M40 {{}}")).is_err());
    assert!(
        read(&format!(
            "syntax = \"proto3\"; {}",
            "message A {".repeat(5000)
        ))
        .is_err()
    );
    assert!(read(&format!("option (a) = {}", "{a:".repeat(50_000))).is_err());
}

#[test]
fn deep_messages_fit_the_stack() {
    let levels = |i: usize| format!("message M{i} {{ M{} a = 1; }}", i + 1);
    let text: String = (0..39).map(levels).collect();
    let text = format!("syntax = \"proto3\"; {text} message M39 {{ int32 a = 1; }}");
    let message = ProtoFile::compile(&text, &[])
        .unwrap()
        .message_at(&[0])
        .unwrap();
    let options = Options::default();
    let decoder = Decoder::new(&message, None, &options).unwrap();
    let bytes = (0..39).fold(vec![8, 7], |inner: Vec<u8>, _| {
        let mut length = Vec::new();
        let mut rest = inner.len();
        while rest >= 0x80 {
            length.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        length.push(rest as u8);
        [&[0x0A][..], &length, &inner].concat()
    });
    let value = decoder.read(&Bytes::from(bytes.clone())).unwrap();
    let encoder = Encoder::new(decoder.schema(), &message, &options).unwrap();
    let mut out = Vec::new();
    encoder.push(&mut out, &value).unwrap();
    assert_eq!(out, bytes);
    let proto = to_proto(decoder.schema(), &options).unwrap();
    assert!(
        ProtoFile::compile(&proto.text, &[]).is_err(),
        "Protobuf nests up to 100 levels"
    );
}

#[test]
fn a_descriptor_is_as_good_as_its_text() {
    let proto = to_proto(&everything(), &Options::default()).unwrap();
    let decoder = |text: &str| {
        let file = ProtoFile::compile(text, &[]).unwrap();
        let (message, _) = file.message_named("All").unwrap();
        let decoder = Decoder::new(&message, None, &Options::default()).unwrap();
        (decoder.schema().clone(), file.serialized())
    };
    let (of_text, serialized) = decoder(&proto.text);
    let (of_descriptor, again) = decoder(&serialized);
    assert_eq!(of_descriptor, of_text);
    assert_eq!(decoder(&again).0, of_text);
}

#[test]
fn groups_of_unknown_fields_are_read_over() {
    let message = ProtoFile::compile(r#"syntax = "proto3"; message M { int32 a = 1; }"#, &[]);
    let message = message.unwrap().message_at(&[0]).unwrap();
    let decoder = Decoder::new(&message, None, &Options::default()).unwrap();
    let read = |bytes: &[u8]| decoder.read(&Bytes::copy_from_slice(bytes));
    let value = read(&[0x53, 0x08, 1, 0x5B, 0x5C, 0x54, 0x08, 3]).unwrap();
    assert_eq!(value.as_struct().unwrap().values(), [Value::Int32(3)]);
    assert!(read(&[0x53, 0x08, 1]).is_err());
    assert!(read(&[0x53, 0x5C]).is_err());
    assert!(read(&[0x54]).is_err());
    assert!(read(&vec![0x53; 100_000]).is_err());
}

#[test]
fn defaults_and_proto2() {
    let text = r#"syntax = "proto2";
        message M { required int32 a = 1; optional string b = 2 [default = "x"]; optional E e = 3 [default = B]; repeated int32 c = 4; }
        enum E { A = 0; B = 1; }"#;
    let message = ProtoFile::compile(text, &[])
        .unwrap()
        .message_at(&[0])
        .unwrap();
    let decoder = |optional_for_proto2| {
        let options = Options {
            optional_for_proto2,
            ..Options::default()
        };
        Decoder::new(&message, None, &options).unwrap()
    };
    let read = |optional, bytes: &'static [u8]| {
        let value = decoder(optional).read(&Bytes::from_static(bytes)).unwrap();
        value.as_struct().unwrap().values().to_vec()
    };
    assert_eq!(read(true, &[8, 1])[1..3], [Value::Null, Value::Null]);
    assert_eq!(
        read(false, &[8, 1])[1..3],
        [Value::from("x"), Value::from("B")]
    );
    // An unknown number of a closed enum is as if not there.
    assert_eq!(read(true, &[8, 1, 0x18, 7])[2], Value::Null);
}

/// Writes values of a schema and reads them as the schema of the message says.
struct Coder {
    encoder: Encoder,
    decoder: Decoder,
}

impl Coder {
    fn new(schema: &Schema, options: &Options) -> Self {
        let ProtoText { text, message } = to_proto(schema, options).unwrap();
        let file = ProtoFile::compile(&text, &[]).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        let (message, path) = file.message_named(&message).unwrap();
        assert_eq!(file.message_at(&path).unwrap(), message);
        Coder {
            encoder: Encoder::new(schema, &message, options).unwrap(),
            decoder: Decoder::new(&message, None, options).unwrap(),
        }
    }

    fn write(&self, value: &Value) -> Bytes {
        let mut out = Vec::new();
        self.encoder.push(&mut out, value).unwrap();
        out.into()
    }
}

/// A struct of every type that Connect has.
fn everything() -> Schema {
    let inner = Schema::structure()
        .name("Inner")
        .field("x", Schema::INT16)
        .field("y", Schema::OPTIONAL_STRING);
    let inner = inner.build().unwrap();
    let optional = |builder: SchemaBuilder| builder.optional().build().unwrap();
    Schema::structure()
        .name("All")
        .field("i8", Schema::INT8)
        .field("i16", Schema::OPTIONAL_INT16)
        .field("i32", Schema::INT32)
        .field("i64", Schema::INT64)
        .field("f32", Schema::FLOAT32)
        .field("f64", Schema::FLOAT64)
        .field("flag", Schema::BOOLEAN)
        .field("text", Schema::STRING)
        .field("bytes", Schema::OPTIONAL_BYTES)
        .field("price", decimal::schema(2))
        .field("day", date::schema())
        .field("time", time::schema())
        .field("at", timestamp::schema())
        .field("inner", inner.clone())
        .field("numbers", Schema::array(Schema::INT64).build().unwrap())
        .field("texts", optional(Schema::array(Schema::STRING)))
        .field("inners", Schema::array(inner.clone()).build().unwrap())
        .field(
            "counts",
            Schema::map(Schema::STRING, Schema::INT32).build().unwrap(),
        )
        .field("by_id", Schema::map(Schema::INT64, inner).build().unwrap())
        .field("days", Schema::array(date::schema()).build().unwrap())
        .build()
        .unwrap()
}

fn everything_of(
    schema: &Schema,
    (n, f, flag, text, bytes): &(i64, f64, bool, String, Vec<u8>),
) -> Value {
    let inner_schema = schema.field("inner").unwrap().schema.clone();
    let day = Value::Date(n % 100_000 * 86_400_000);
    let inner = || {
        let values = vec![Value::Int16(*n as i16), Value::from(text.as_str())];
        Value::from(Struct::from_values(inner_schema.clone(), values).unwrap())
    };
    let price = Decimal {
        unscaled: (*n).into(),
        scale: 2,
    };
    let counts = MapValue::from_iter([
        (Value::from(text.as_str()), Value::Int32(*n as i32)),
        (Value::from("k"), Value::Int32(0)),
    ]);
    let by_id = MapValue::from_iter([(Value::Int64(*n), inner()), (Value::Int64(0), inner())]);
    let values = vec![
        Value::Int8(*n as i8),
        Value::Int16(*n as i16),
        Value::Int32(*n as i32),
        Value::Int64(*n),
        Value::Float32(*f as f32),
        Value::Float64(*f),
        Value::Boolean(*flag),
        Value::from(text.as_str()),
        Value::from(bytes.clone()),
        price.into(),
        day.clone(),
        Value::Date(n.rem_euclid(86_400_000)),
        Value::Date(n % 60_000_000_000_000),
        inner(),
        Value::Array(vec![Value::Int64(*n), Value::Int64(0)]),
        Value::Array(vec![Value::from(text.as_str()), Value::from("")]),
        Value::Array(vec![inner(), inner()]),
        Value::Map(counts),
        Value::Map(by_id),
        Value::Array(vec![day]),
    ];
    Struct::from_values(schema.clone(), values).unwrap().into()
}

/// The value without the schemas of its structs: those that are read say more.
fn plain(value: &Value) -> Value {
    match value {
        Value::Struct(structure) => Value::Array(structure.values().iter().map(plain).collect()),
        Value::Array(elements) => Value::Array(elements.iter().map(plain).collect()),
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), plain(value)));
            Value::Map(MapValue::from_iter(entries))
        }
        other => other.clone(),
    }
}
