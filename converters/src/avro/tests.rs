//! Schemas and values there and back, without a registry.

use bytes::Bytes;
use windlass_api::{
    Decimal, MapValue, Result, Schema, Struct, Type, Value, date, decimal, time, timestamp,
};

use super::config::Options;
use super::schema::AvroSchema;
use super::{encode, from_connect, to_connect};

/// The Avro schema, the bytes, and what is read from them.
fn round_trip(
    config: &Options,
    schema: Option<&Schema>,
    value: &Value,
) -> Result<(String, Vec<u8>, Option<Schema>, Value)> {
    let avro = from_connect::from_connect(config, schema)?;
    let text = avro.to_string();
    let parsed = AvroSchema::parse(&text, [])?;
    parsed.check_names()?;
    assert!(parsed.can_read(&avro).is_ok(), "{text}");
    let mut bytes = Vec::new();
    encode::compile(&avro, config, schema)?.write_message(value, &mut bytes)?;
    let (read_schema, decoder) = to_connect::to_connect(&parsed, config, None)?;
    let read = decoder.read_message(Bytes::from(bytes.clone()))?;
    Ok((text, bytes, read_schema, read))
}

fn assert_same(config: &Options, schema: &Schema, value: &Value) -> String {
    let (text, _, read_schema, read) = round_trip(config, Some(schema), value).unwrap();
    assert_eq!(read_schema.as_ref(), Some(schema), "{text}");
    assert_eq!(&read, value, "{text}");
    text
}

fn decimal_of(unscaled: i64, scale: i32) -> Value {
    Value::from(Decimal {
        unscaled: unscaled.into(),
        scale,
    })
}

#[test]
fn primitives_and_logical_types() {
    let config = Options::default();
    for (schema, value, text) in [
        (
            Schema::INT8,
            Value::Int8(-1),
            r#"{"type":"int","connect.type":"int8"}"#,
        ),
        (
            Schema::INT16,
            Value::Int16(300),
            r#"{"type":"int","connect.type":"int16"}"#,
        ),
        (Schema::INT32, Value::Int32(i32::MIN), r#""int""#),
        (Schema::INT64, Value::Int64(i64::MAX), r#""long""#),
        (Schema::FLOAT32, Value::Float32(1.5), r#""float""#),
        (Schema::FLOAT64, Value::Float64(f64::NAN), r#""double""#),
        (Schema::BOOLEAN, Value::Boolean(true), r#""boolean""#),
        (Schema::STRING, Value::from("ü"), r#""string""#),
        (
            Schema::BYTES,
            Value::Bytes(Bytes::from_static(b"\0\xff")),
            r#""bytes""#,
        ),
        (
            Schema::OPTIONAL_STRING,
            Value::from("x"),
            r#"["null","string"]"#,
        ),
        (
            decimal::schema(2),
            decimal_of(-12345, 2),
            r#"{"type":"bytes","scale":2,"precision":64,"connect.version":1,"connect.parameters":{"scale":"2"},"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}"#,
        ),
        (
            date::schema(),
            Value::Date(-86_400_000),
            r#"{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Date","logicalType":"date"}"#,
        ),
        (
            time::schema(),
            Value::Date(1),
            r#"{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Time","logicalType":"time-millis"}"#,
        ),
        (
            timestamp::schema(),
            Value::Date(1_700_000_000_123),
            r#"{"type":"long","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Timestamp","logicalType":"timestamp-millis"}"#,
        ),
    ] {
        assert_eq!(assert_same(&config, &schema, &value), text);
    }
}

#[test]
fn bytes_alone_are_written_as_they_are() {
    let value = Value::Bytes(Bytes::from_static(b"abc"));
    let config = Options::default();
    let (_, bytes, ..) = round_trip(&config, Some(&Schema::BYTES), &value).unwrap();
    assert_eq!(bytes, b"abc");
    let (_, bytes, ..) = round_trip(&config, Some(&Schema::OPTIONAL_BYTES), &value).unwrap();
    assert_eq!(bytes, b"\x02\x06abc");
}

#[test]
fn structs_with_defaults_and_names() {
    let inner = Schema::structure()
        .name("acme.Inner")
        .field("x", Schema::INT32)
        .build()
        .unwrap();
    let optional_inner = Schema::structure()
        .name("acme.Inner")
        .field("x", Schema::INT32)
        .optional()
        .build()
        .unwrap();
    let count = Schema::builder(Type::Int32)
        .default_value(7)
        .build()
        .unwrap();
    let schema = Schema::structure()
        .name("acme.Outer")
        .version(3)
        .doc("the doc")
        .field("inner", inner.clone())
        .field("again", optional_inner)
        .field("count", count)
        .field(
            "tags",
            Schema::map(Schema::STRING, Schema::OPTIONAL_INT64)
                .build()
                .unwrap(),
        )
        .field(
            "pairs",
            Schema::map(Schema::INT32, Schema::STRING).build().unwrap(),
        )
        .field(
            "list",
            Schema::array(inner.clone()).optional().build().unwrap(),
        )
        .build()
        .unwrap();
    let mut one = Struct::new(inner).unwrap();
    one.put("x", 1).unwrap();
    let mut value = Struct::new(schema.clone()).unwrap();
    value.put("inner", one.clone()).unwrap();
    value
        .put(
            "tags",
            MapValue::from_iter([("a", Value::Null), ("b", Value::Int64(5))]),
        )
        .unwrap();
    value
        .put("pairs", MapValue::from_iter([(1, "x"), (2, "y")]))
        .unwrap();
    value.put("list", vec![Value::Struct(one)]).unwrap();
    let (text, _, read_schema, read) =
        round_trip(&Options::default(), Some(&schema), &value.clone().into()).unwrap();
    assert_eq!(
        text,
        r#"{"type":"record","name":"Outer","namespace":"acme","fields":[{"name":"inner","type":{"type":"record","name":"Inner","fields":[{"name":"x","type":"int"}],"connect.name":"acme.Inner"}},{"name":"again","type":["null","Inner"],"default":null},{"name":"count","type":{"type":"int","connect.default":7},"default":7},{"name":"tags","type":{"type":"map","values":["null","long"]}},{"name":"pairs","type":{"type":"array","items":{"type":"record","name":"MapEntry","namespace":"io.confluent.connect.avro","fields":[{"name":"key","type":"int"},{"name":"value","type":"string"}]}}},{"name":"list","type":["null",{"type":"array","items":"Inner"}],"default":null}],"connect.doc":"the doc","connect.version":3,"connect.name":"acme.Outer"}"#
    );
    assert_eq!(read_schema, Some(schema));
    // The default was written out.
    value.put("count", 7).unwrap();
    assert_eq!(read, Value::Struct(value));
}

#[test]
fn schemaless_values() {
    let config = Options::default();
    let value = Value::Array(vec![
        Value::Map(MapValue::from_iter([(Value::Int64(1), Value::from("x"))])),
        Value::Null,
        Value::Boolean(false),
        Value::Bytes(Bytes::from_static(b"b")),
        Value::Float32(0.5),
        Value::Float64(0.25),
        Value::Int32(-3),
    ]);
    let (_, _, schema, read) = round_trip(&config, None, &value).unwrap();
    assert_eq!((schema, read), (None, value));
}

#[test]
fn unions_and_enums() {
    let text = r#"{"type":"record","name":"R","namespace":"a","fields":[{"name":"u","type":["null","int",{"type":"enum","name":"E","symbols":["X","Y"]},{"type":"fixed","name":"F","size":2}]},{"name":"e","type":"E"}]}"#;
    for (enhanced, generalized) in [(false, false), (true, false), (false, true)] {
        let config = Options {
            enhanced,
            generalized_sums: generalized,
            ..Options::default()
        };
        let avro = AvroSchema::parse(text, []).unwrap();
        let (schema, decoder) = to_connect::to_connect(&avro, &config, Some(4)).unwrap();
        let schema = schema.unwrap();
        assert_eq!(schema.version, Some(4));
        let union = &schema.fields[0].schema;
        let names: Vec<_> = union.fields.iter().map(|f| f.name.as_str()).collect();
        let expected = match (enhanced, generalized) {
            (true, _) => ["int", "a.E", "a.F"],
            (_, true) => [
                "connect_union_field_1",
                "connect_union_field_2",
                "connect_union_field_3",
            ],
            _ => ["int", "E", "F"],
        };
        assert_eq!(names, expected);
        assert!(union.optional);
        for bytes in [
            &b"\x00\x02"[..],
            b"\x02\x08\x00",
            b"\x04\x02\x02",
            b"\x06ab\x00",
        ] {
            let value = decoder.read_message(Bytes::copy_from_slice(bytes)).unwrap();
            let own = from_connect::from_connect(&config, Some(&schema));
            if !enhanced && !generalized {
                // Without them enums are text: two branches of it would be one.
                continue;
            }
            let mut out = Vec::new();
            let encoder = encode::compile(&own.unwrap(), &config, Some(&schema)).unwrap();
            encoder.write_message(&value, &mut out).unwrap();
            assert_eq!(out, bytes);
        }
    }
}

#[test]
fn evolution_by_the_schema_of_the_registry() {
    let own = Schema::structure()
        .name("R")
        .field("b", Schema::INT32)
        .field("gone", Schema::STRING)
        .build()
        .unwrap();
    let target = r#"{"type":"record","name":"R","fields":[{"name":"new","type":["string","null"],"default":"d"},{"name":"b","type":["null","long"]}]}"#;
    let target = AvroSchema::parse(target, []).unwrap();
    let config = Options::default();
    assert!(
        target
            .can_read(&from_connect::from_connect(&config, Some(&own)).unwrap())
            .is_ok()
    );
    let mut value = Struct::new(own.clone()).unwrap();
    value.put("b", 3).unwrap().put("gone", "x").unwrap();
    let mut out = Vec::new();
    let encoder = encode::compile(&target, &config, Some(&own)).unwrap();
    encoder.write_message(&value.into(), &mut out).unwrap();
    assert_eq!(out, b"\x00\x02d\x02\x06");
}

#[test]
fn names_are_scrubbed_or_refused() {
    let schema = Schema::structure()
        .name("a-b.1c")
        .field("x y", Schema::INT8)
        .build()
        .unwrap();
    let mut value = Struct::new(schema.clone()).unwrap();
    value.put("x y", 1i8).unwrap();
    let config = Options::default();
    assert!(round_trip(&config, Some(&schema), &value.clone().into()).is_err());
    let config = Options {
        scrub_names: true,
        ..config
    };
    let (text, ..) = round_trip(&config, Some(&schema), &value.into()).unwrap();
    assert!(
        text.starts_with(
            r#"{"type":"record","name":"x1c","namespace":"a_b","fields":[{"name":"x_y""#
        ),
        "{text}"
    );
}

#[test]
fn types_of_one_name_must_mean_the_same() {
    // Maps with other keys than text are arrays of records, all of one name.
    let both = |second: Schema| {
        let first = Schema::map(Schema::INT32, time::schema()).build().unwrap();
        Schema::structure()
            .field("first", first)
            .field(
                "second",
                Schema::map(Schema::INT32, second).build().unwrap(),
            )
            .build()
            .unwrap()
    };
    let config = Options::default();
    assert!(AvroSchema::of(Some(&both(time::schema())), &config).is_ok());
    for other in [Schema::INT32, date::schema(), Schema::INT16] {
        let refused = AvroSchema::of(Some(&both(other)), &config).unwrap_err();
        assert!(refused.message().starts_with("Can't redefine"), "{refused}");
    }
}

#[test]
fn hostile_input_ends() {
    let config = Options::default();
    let convert = |text: &str| {
        let avro = AvroSchema::parse(text, []).unwrap();
        to_connect::to_connect(&avro, &config, None)
    };
    let list = r#"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#;
    assert!(convert(list).is_err());
    // Each record has the one before twice.
    let bomb: Vec<_> = (0..40)
        .map(|i| match i {
            0 => r#"{"type":"record","name":"R0","fields":[]}"#.to_owned(),
            i => format!(r#"{{"type":"record","name":"R{i}","fields":[{{"name":"a","type":"R{p}"}},{{"name":"b","type":"R{p}"}}]}}"#, p = i - 1),
        })
        .collect();
    let avro = AvroSchema::parse(&bomb[39], bomb[..39].iter().map(String::as_str)).unwrap();
    assert!(to_connect::to_connect(&avro, &config, None).is_err());
    let (_, decoder) =
        convert(r#"{"type":"array","items":{"type":"record","name":"E","fields":[]}}"#).unwrap();
    for bytes in [
        &b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"[..],
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"",
    ] {
        assert!(decoder.read_message(Bytes::copy_from_slice(bytes)).is_err());
    }
}

#[test]
fn the_deepest_schemas_fit_the_stack() {
    let config = Options::default();
    let record = |i: usize| match i {
        0 => r#"{"type":"record","name":"R0","fields":[{"name":"x","type":"int"}]}"#.to_owned(),
        i => format!(
            r#"{{"type":"record","name":"R{i}","fields":[{{"name":"f","type":"R{}"}}]}}"#,
            i - 1
        ),
    };
    for (depth, fits) in [(62, true), (5000, false)] {
        let texts: Vec<_> = (0..=depth).map(record).collect();
        let references = texts[..depth].iter().map(String::as_str);
        let avro = AvroSchema::parse(&texts[depth], references).unwrap();
        let _ = avro.can_read(&avro);
        let converted = to_connect::to_connect(&avro, &config, None);
        assert_eq!(converted.is_ok(), fits);
        let Ok((schema, decoder)) = converted else {
            continue;
        };
        let value = decoder.read_message(Bytes::from_static(b"\x02")).unwrap();
        let own = from_connect::from_connect(&config, schema.as_ref()).unwrap();
        let mut out = Vec::new();
        let encoder = encode::compile(&own, &config, schema.as_ref()).unwrap();
        encoder.write_message(&value, &mut out).unwrap();
        assert_eq!(out, b"\x02");
        assert!(own.to_string().contains("\"R0\""));
    }
    let (_, decoder) = to_connect::to_connect(super::anything::schema(), &config, None).unwrap();
    let nested: Vec<u8> = [0, 0, 0, 0, 0, 0, 0, 2, 2].repeat(5000);
    assert!(decoder.read_message(nested.into()).is_err());
}
