//! Connect data through JSON Schema and back.

mod content;

use bytes::Bytes;
use proptest::prelude::*;
use windlass_api::{
    Decimal, MapValue, Result, Schema, Struct, Type, Value, date, decimal, time, timestamp,
};
use windlass_converters::json_schema::{
    Options, from_json_schema, read_json, to_json_schema, write_json,
};

proptest! {
    #[test]
    fn nothing_is_lost(content in content::content(), numeric in any::<bool>()) {
        let options = Options { numeric_decimals: numeric, ignore_default_for_nullables: true, ..Options::default() };
        let schema = content.schema.unwrap();
        prop_assume!(has_plain_keys(&schema));
        let text = to_json_schema(&schema, &options).unwrap();
        let read_schema = from_json_schema(&text, &[], None, &options).unwrap();
        prop_assert_eq!(&read_schema, &schema, "{}", text);
        if content.value.is_null() {
            return Ok(());
        }
        let mut out = Vec::new();
        write_json(&mut out, &schema, &content.value, &options).unwrap();
        let read = read_json(out.clone().into(), &read_schema).unwrap();
        // A null where the schema has a default reads as the default.
        let expected = filled(&content.value, &schema);
        prop_assert_eq!(read, expected, "{}", String::from_utf8_lossy(&out));
    }

    #[test]
    fn no_text_makes_it_panic(schema in "\\PC{0,60}", text in jsonish()) {
        let options = Options::default();
        let _ = from_json_schema(&schema, &[], None, &options);
        if let Ok(schema) = from_json_schema(&text, &[], Some(1), &options) {
            let _ = read_json(Bytes::from(text), &schema);
        }
    }
}

#[test]
fn schemas_stand_in_the_registry_as_confluent_writes_them() {
    let plain = |kind| Schema::builder(kind).build().unwrap();
    for (schema, text) in [
        (
            plain(Type::Int8),
            r#"{"type":"integer","connect.type":"int8"}"#,
        ),
        (
            plain(Type::Float64),
            r#"{"type":"number","connect.type":"float64"}"#,
        ),
        (plain(Type::Boolean), r#"{"type":"boolean"}"#),
        (plain(Type::String), r#"{"type":"string"}"#),
        (
            plain(Type::Bytes),
            r#"{"type":"string","connect.type":"bytes"}"#,
        ),
        (
            Schema::OPTIONAL_STRING,
            r#"{"oneOf":[{"type":"null"},{"type":"string"}]}"#,
        ),
        (
            decimal::schema(2),
            r#"{"type":"string","title":"org.apache.kafka.connect.data.Decimal","connect.version":1,"connect.type":"bytes","connect.parameters":{"scale":"2"}}"#,
        ),
        (
            timestamp::schema(),
            r#"{"type":"integer","title":"org.apache.kafka.connect.data.Timestamp","connect.version":1,"connect.type":"int64"}"#,
        ),
        (
            Schema::array(Schema::INT32).build().unwrap(),
            r#"{"type":"array","items":{"type":"integer","connect.type":"int32"}}"#,
        ),
        (
            Schema::map(Schema::STRING, Schema::INT32).build().unwrap(),
            r#"{"type":"object","connect.type":"map","additionalProperties":{"type":"integer","connect.type":"int32"}}"#,
        ),
        (
            Schema::map(Schema::INT32, Schema::STRING).build().unwrap(),
            r#"{"type":"array","connect.type":"map","items":{"type":"object","properties":{"value":{"type":"string","connect.index":1},"key":{"type":"integer","connect.index":0,"connect.type":"int32"}}}}"#,
        ),
        (
            order(),
            r#"{"type":"object","title":"acme.Order","properties":{"note":{"connect.index":1,"oneOf":[{"type":"null"},{"type":"string","default":"-"}]},"id":{"type":"integer","connect.index":0,"connect.type":"int64"}}}"#,
        ),
    ] {
        assert_eq!(to_json_schema(&schema, &Options::default()).unwrap(), text);
        assert_eq!(read(text, &Options::default()).unwrap(), schema, "{text}");
    }
    let closed = Options {
        additional_properties: false,
        ..Options::default()
    };
    let text = to_json_schema(&order(), &closed).unwrap();
    assert!(
        text.starts_with(r#"{"type":"object","additionalProperties":false,"title":"#),
        "{text}"
    );
}

#[test]
fn foreign_schemas_are_read() {
    let text = r##"{
        "$schema": "http://json-schema.org/draft-07/schema#", "$id": "http://acme.org/order.json",
        "title": "Order", "description": "what was bought", "type": "object", "required": ["id", "item"],
        "properties": {
            "id": {"type": "integer"}, "price": {"type": "number", "minimum": 0},
            "tags": {"type": "array", "items": {"type": "string"}},
            "note": {"type": ["null", "string"]}, "state": {"type": "string", "enum": ["new", "paid"]},
            "item": {"$ref": "item.json"}, "site": {"$ref": "#/$defs/site"},
            "sum": {"anyOf": [{"type": "integer"}, {"type": "string"}]}
        },
        "$defs": {"site": {"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"y": {"type": "boolean"}}}]},
                  "base": {"type": "object", "properties": {"x": {"type": "integer"}}}}
    }"##;
    let item = r#"{"title":"Item","type":"object","properties":{"sku":{"type":"string"}}}"#;
    let references = [("item.json".to_owned(), item.to_owned())];
    let options = Options {
        optional_for_nonrequired: true,
        ..Options::default()
    };
    let schema = from_json_schema(text, &references, Some(3), &options).unwrap();
    let (name, doc) = (schema.name.as_deref(), schema.doc.as_deref());
    assert_eq!(
        (name, doc, schema.version),
        (Some("Order"), Some("what was bought"), Some(3))
    );
    let field = |name: &str| schema.field(name).unwrap().schema.clone();
    assert_eq!(field("id"), Schema::INT64);
    assert_eq!(field("price"), Schema::OPTIONAL_FLOAT64);
    assert_eq!(
        field("tags"),
        Schema::array(Schema::STRING).optional().build().unwrap()
    );
    assert_eq!(field("note"), Schema::OPTIONAL_STRING);
    let state = field("state");
    assert_eq!(state.kind, Type::String);
    assert_eq!(
        state
            .parameter("io.confluent.connect.json.Enum.paid")
            .unwrap()
            .as_str(),
        "paid"
    );
    assert_eq!(
        field("item").field("sku").unwrap().schema,
        Schema::OPTIONAL_STRING
    );
    let site = field("site");
    let names: Vec<_> = site.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!((names, site.optional), (vec!["x", "y"], true));
    let sum = field("sum");
    assert_eq!(sum.name.as_deref(), Some("io.confluent.connect.json.OneOf"));
    assert_eq!(
        sum.fields[1].name,
        "io.confluent.connect.json.OneOf.field.1"
    );

    let message = r#"{"id":7,"price":1,"tags":["a"],"state":"paid","item":{"sku":"s"},"site":{"y":true},"sum":"x","z":0}"#;
    let value = read_json(Bytes::from_static(message.as_bytes()), &schema).unwrap();
    let order = value.as_struct().unwrap();
    order.validate().unwrap();
    assert_eq!(order.int64("id").unwrap(), Some(7));
    assert_eq!(order.float64("price").unwrap(), Some(1.0));
    assert_eq!(order.get("note").unwrap(), &Value::Null);
    let sum = order.structure("sum").unwrap().unwrap();
    assert_eq!(sum.values(), [Value::Null, Value::from("x")]);
}

#[test]
fn unions_pick_the_member_that_fits() {
    let text = r#"{"oneOf":[{"type":"null"},{"type":"integer"},{"type":"boolean"},
        {"title":"a","type":"object","properties":{"x":{"type":"integer"},"y":{"type":"string"}}},
        {"title":"b","type":"object","properties":{"x":{"type":"integer"},"z":{"type":"object","properties":{"u":{"type":"string"}}}}}]}"#;
    for generalized in [false, true] {
        let options = Options {
            generalized_sum_types: generalized,
            ..Options::default()
        };
        let schema = read(text, &options).unwrap();
        assert!(schema.optional);
        let expected = if generalized {
            "connect_union_field_0"
        } else {
            "io.confluent.connect.json.OneOf.field.0"
        };
        assert_eq!(schema.fields[0].name, expected);
        for (message, member) in [
            ("7", 0),
            ("true", 1),
            (r#"{"x":1,"y":"s"}"#, 2),
            (r#"{"x":1,"z":{"u":"s"}}"#, 3),
        ] {
            let value = read_json(Bytes::from_static(message.as_bytes()), &schema).unwrap();
            let set: Vec<_> = value
                .as_struct()
                .unwrap()
                .values()
                .iter()
                .map(|v| !v.is_null())
                .collect();
            assert_eq!(set.iter().position(|set| *set), Some(member), "{message}");
            let mut out = Vec::new();
            write_json(&mut out, &schema, &value, &options).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), message);
        }
        let lost = read_json(Bytes::from_static(b"\"s\""), &schema).unwrap_err();
        assert!(lost.to_string().contains("matching oneof"), "{lost}");
        assert_eq!(
            read_json(Bytes::from_static(b"null"), &schema).unwrap(),
            Value::Null
        );
        let back = read(&to_json_schema(&schema, &options).unwrap(), &options).unwrap();
        assert_eq!(back, schema);
    }
}

#[test]
fn evolution_fills_what_is_not_there() {
    let old = order();
    let mut value = Struct::new(old.clone()).unwrap();
    value.put("id", 7i64).unwrap();
    let mut out = Vec::new();
    write_json(&mut out, &old, &value.into(), &Options::default()).unwrap();
    let wider = Schema::structure()
        .name("acme.Order")
        .field("id", Schema::INT64)
        .field("note", Schema::OPTIONAL_STRING)
        .field(
            "count",
            Schema::builder(Type::Int32)
                .default_value(5)
                .build()
                .unwrap(),
        )
        .build()
        .unwrap();
    let read = read_json(out.into(), &wider).unwrap();
    assert_eq!(
        read.as_struct().unwrap().get("count").unwrap(),
        &Value::Int32(5)
    );
    let narrower = Schema::structure()
        .field("id", Schema::INT64)
        .build()
        .unwrap();
    let message = Bytes::from_static(br#"{"new":{"x":[1,2]},"id":8}"#);
    let read = read_json(message, &narrower).unwrap();
    assert_eq!(read.as_struct().unwrap().values(), [Value::Int64(8)]);
}

#[test]
fn recursive_and_exploding_schemas_are_refused() {
    for text in [
        r##"{"type":"object","properties":{"next":{"$ref":"#"}}}"##,
        r##"{"$ref":"#"}"##,
        r##"{"allOf":[{"$ref":"#"}]}"##,
        r##"{"allOf":[{"$ref":"#/a"}],"a":{"allOf":[{"$ref":"#"}]}}"##,
    ] {
        let error = read(text, &Options::default()).unwrap_err();
        assert!(
            error.to_string().contains("recursive or too large"),
            "{text}: {error}"
        );
    }
    let level = |i: usize| {
        format!(
            r##""l{i}":{{"type":"object","properties":{{"a":{{"$ref":"#/l{0}"}},"b":{{"$ref":"#/l{0}"}}}}}}"##,
            i + 1
        )
    };
    let levels: Vec<_> = (0..40).map(level).collect();
    let text = format!(
        r##"{{"$ref":"#/l0",{},"l40":{{"type":"null"}}}}"##,
        levels.join(",")
    );
    assert!(read(&text, &Options::default()).is_err());
}

#[test]
fn deep_schemas_fit_the_stack() {
    let options = Options::default();
    let inner = |schema| Schema::structure().field("a", schema).build().unwrap();
    let deep = (0..120).fold(Schema::INT32, |schema, _| inner(schema));
    let text = to_json_schema(&deep, &options).unwrap();
    assert_eq!(read(&text, &options).unwrap(), deep);
    let mut value = Value::Int32(7);
    let mut schema = Schema::INT32;
    for _ in 0..120 {
        schema = inner(schema);
        value = Struct::from_values(schema.clone(), vec![value])
            .unwrap()
            .into();
    }
    let mut out = Vec::new();
    write_json(&mut out, &schema, &value, &options).unwrap();
    assert_eq!(read_json(out.into(), &schema).unwrap(), value);
    let deeper = to_json_schema(&(0..20).fold(deep, |schema, _| inner(schema)), &options);
    assert!(read(&deeper.unwrap(), &options).is_err());
}

#[test]
fn nulls_and_defaults() {
    let options = Options::default();
    let mut value = Struct::new(order()).unwrap();
    let write = |value: &Struct, options: &Options| {
        let mut out = Vec::new();
        write_json(&mut out, &order(), &value.clone().into(), options).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(write(&value, &options), r#"{"note":"-"}"#);
    value.put("id", 1i64).unwrap();
    let keep = Options {
        ignore_default_for_nullables: true,
        ..options
    };
    assert_eq!(write(&value, &keep), r#"{"id":1,"note":null}"#);
    let missing = read_json(Bytes::from_static(b"{}"), &order()).unwrap();
    assert_eq!(
        missing.as_struct().unwrap().values(),
        [Value::Null, Value::from("-")]
    );
    let null = read_json(Bytes::from_static(br#"{"id":null}"#), &order()).unwrap_err();
    assert!(null.to_string().contains("required INT64"), "{null}");
    assert!(read_json(Bytes::new(), &Schema::INT32).is_err());
}

#[test]
fn logical_types_have_both_forms() {
    let day = Value::Date(86_400_000);
    let price = || {
        Value::from(Decimal {
            unscaled: 1234.into(),
            scale: 2,
        })
    };
    for (schema, value, base64, numeric) in [
        (date::schema(), day.clone(), "1", "1"),
        (time::schema(), Value::Date(5), "5", "5"),
        (timestamp::schema(), day, "86400000", "86400000"),
        (decimal::schema(2), price(), "\"BNI=\"", "12.34"),
    ] {
        for (text, numeric_decimals) in [(base64, false), (numeric, true)] {
            let options = Options {
                numeric_decimals,
                ..Options::default()
            };
            let mut out = Vec::new();
            write_json(&mut out, &schema, &value, &options).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
            let back = read_json(Bytes::from_static(text.as_bytes()), &schema).unwrap();
            assert_eq!(back, value);
        }
    }
}

fn order() -> Schema {
    let note = Schema::builder(Type::String)
        .optional()
        .default_value("-")
        .build()
        .unwrap();
    Schema::structure()
        .name("acme.Order")
        .field("id", Schema::INT64)
        .field("note", note)
        .build()
        .unwrap()
}

fn read(text: &str, options: &Options) -> Result<Schema> {
    from_json_schema(text, &[], None, options)
}

/// Whether no map has string keys of which more is said: JSON Schema has no place for it.
fn has_plain_keys(schema: &Schema) -> bool {
    let key = schema.key_schema.as_ref();
    let is_lost =
        key.is_some_and(|k| k.kind == Type::String && !k.optional && *k != Schema::STRING);
    let fields = schema.fields.iter().map(|field| &field.schema);
    !is_lost
        && fields
            .chain(key)
            .chain(&schema.value_schema)
            .all(has_plain_keys)
}

/// The value with each null replaced by the default of its schema.
fn filled(value: &Value, schema: &Schema) -> Value {
    let fill = |value: &Value, schema: &Option<Schema>| filled(value, schema.as_ref().unwrap());
    match value {
        Value::Null => schema.default.clone().unwrap_or(Value::Null),
        Value::Array(elements) => Value::Array(
            elements
                .iter()
                .map(|e| fill(e, &schema.value_schema))
                .collect(),
        ),
        Value::Map(map) => {
            let entry = |(k, v): &(Value, Value)| {
                (fill(k, &schema.key_schema), fill(v, &schema.value_schema))
            };
            Value::Map(MapValue::from_iter(map.iter().map(entry)))
        }
        Value::Struct(structure) => {
            let values = structure
                .iter()
                .map(|(field, value)| filled(value, &field.schema));
            Struct::from_values(schema.clone(), values.collect())
                .unwrap()
                .into()
        }
        other => other.clone(),
    }
}

/// Texts that get somewhere.
fn jsonish() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(&PIECES[..]);
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

const PIECES: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"type\":",
    "\"object\"",
    "\"array\"",
    "\"string\"",
    "\"integer\"",
    "\"null\"",
    "\"properties\":",
    "\"items\":",
    "\"oneOf\":",
    "\"allOf\":",
    "\"$ref\":",
    "\"#\"",
    "\"enum\":",
    "\"a\"",
    "\"default\":",
    "\"connect.type\":",
    "\"map\"",
    "\"bytes\"",
    "\"connect.index\":",
    "1",
    "null",
    "true",
];
