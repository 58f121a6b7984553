//! What holds for all values: nothing is lost on the way through bytes, and nothing makes a converter panic.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use windlass_api::{
    Converter, Encoded, ErrorKind, HeaderConverter, MapValue, Props, SchemaAndValue, Text, Value,
    values,
};
use windlass_converters::{JsonConverter, SimpleHeaderConverter, plugins};

mod content;

use content::{content, finite, text};

proptest! {
    #[test]
    fn json_with_schemas_loses_nothing(contents in vec(content(), 1..4), numeric in any::<bool>()) {
        let format = if numeric { "NUMERIC" } else { "BASE64" };
        let mut converter = json(&[("replace.null.with.default", "false"), ("decimal.format", format)]);
        // Twice: the second time schemas come from the caches.
        for content in contents.iter().chain(&contents) {
            let bytes = write(&mut converter, content).unwrap();
            let read = converter.to_connect_data("t", Some(bytes.clone())).unwrap();
            prop_assert_eq!(&read, content, "{}", String::from_utf8_lossy(&bytes));
            read.schema.unwrap().validate(&read.value).unwrap();
        }
    }

    #[test]
    fn schemaless_json_loses_nothing(value in plain_value()) {
        let mut converter = json(&[("schemas.enable", "false")]);
        let content = SchemaAndValue { schema: None, value };
        let bytes = write(&mut converter, &content).unwrap();
        prop_assert_eq!(converter.to_connect_data("t", Some(bytes)).unwrap(), content);
    }

    #[test]
    fn json_reads_what_serde_json_reads(value in plain_value(), pretty in any::<bool>()) {
        let tree = tree(&value);
        let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) };
        let mut converter = json(&[("schemas.enable", "false")]);
        let read = converter.to_connect_data("t", Some(text.unwrap().into())).unwrap();
        prop_assert_eq!(read.value, value);
    }

    #[test]
    fn no_bytes_make_a_converter_panic(bytes in jsonish(), plain in any::<bool>()) {
        let bytes = Bytes::from(bytes);
        let mut converter = json(&[("schemas.enable", if plain { "false" } else { "true" })]);
        let _ = converter.to_connect_data("t", Some(bytes.clone()));
        for plugin in plugins() {
            if let Some(new) = plugin.new {
                let _ = new().to_connect_data("t", Some(bytes.clone()));
            }
        }
        let _ = SimpleHeaderConverter.to_connect_header("t", "h", Some(bytes));
    }

    #[test]
    fn a_cut_message_is_an_error(content in content(), cut in 1usize..40) {
        let mut converter = json(&[]);
        let bytes = match write(&mut converter, &content) {
            Some(bytes) => bytes,
            None => return Ok(()),
        };
        let _ = converter.to_connect_data("t", Some(bytes.clone()));
        let cut = bytes.slice(..bytes.len().saturating_sub(cut));
        prop_assert!(converter.to_connect_data("t", Some(cut)).is_err());
    }

    #[test]
    fn headers_of_numbers_and_lists_read_back(value in header_value()) {
        let mut out = Vec::new();
        let bytes = match SimpleHeaderConverter.from_connect_header("t", "h", None, &value, &mut out).unwrap() {
            Encoded::Borrowed(bytes) => bytes.to_vec(),
            _ => out.clone(),
        };
        let read = SimpleHeaderConverter.to_connect_header("t", "h", Some(bytes.into())).unwrap();
        prop_assert_eq!(read.value.to_string(), value.to_string());
    }
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let mut converter = json(&[("schemas.enable", "false")]);
    let nested = |depth: usize, open: &str, close: &str| {
        Bytes::from(open.repeat(depth) + "1" + &close.repeat(depth))
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = converter
            .to_connect_data("t", Some(nested(1000, open, close)))
            .unwrap();
        let again = write(&mut converter, &deep).unwrap();
        assert_eq!(again, nested(1000, open, close));
        // Whoever walks a value must get to its end.
        let _ = (
            deep.value.to_string(),
            values::to_text(&deep.value),
            values::infer_schema(&deep.value),
        );
        assert_eq!(deep.value.clone(), deep.value);
        assert!(
            converter
                .to_connect_data("t", Some(nested(1000, open, close)))
                .is_ok()
        );
        assert!(
            converter
                .to_connect_data("t", Some(nested(1001, open, close)))
                .is_err()
        );
        assert!(
            converter
                .to_connect_data("t", Some(nested(1_000_000, open, "")))
                .is_err()
        );
    }
    let mut enveloped = json(&[]);
    let schema = "{\"type\":\"array\",\"items\":".repeat(100_000);
    assert!(
        enveloped
            .to_connect_data("t", Some(format!("{{\"schema\":{schema}").into()))
            .is_err()
    );
    let text = nested(100_000, "[", "]");
    let read = SimpleHeaderConverter
        .to_connect_header("t", "h", Some(text.clone()))
        .unwrap();
    assert_eq!(read.value.as_str().map(str::len), Some(text.len()));
}

#[test]
fn deep_schemas_are_read_up_to_a_bound() {
    deep_schema(128).unwrap();
    assert_eq!(deep_schema(129).unwrap_err().kind(), ErrorKind::Data);
}

fn deep_schema(depth: usize) -> windlass_api::Result<()> {
    let nested = |leaf: &str| {
        let open = "{\"type\":\"array\",\"items\":".repeat(depth);
        open + leaf + &"}".repeat(depth)
    };
    let payload = "[".repeat(depth) + &"]".repeat(depth);
    let message = format!(
        "{{\"schema\":{},\"payload\":{payload}}}",
        nested("{\"type\":\"string\"}")
    );
    let mut converter = json(&[]);
    for _ in 0..2 {
        let read = converter.to_connect_data("t", Some(message.clone().into()))?;
        let mut fresh = json(&[]);
        let again = fresh
            .to_connect_data("t", write(&mut converter, &read))
            .unwrap();
        assert_eq!(again, read);
        read.schema.unwrap().validate(&read.value)?;
    }
    Ok(())
}

#[test]
fn a_field_name_that_looks_like_json_is_only_a_name() {
    let mut converter = json(&[]);
    let schema =
        r#"{"type":"struct","fields":[{"field":"a\":1,\"b","type":"int32","optional":true}]}"#;
    let read = |converter: &mut JsonConverter, payload: &str| {
        let message = format!("{{\"schema\":{schema},\"payload\":{payload}}}");
        let read = converter
            .to_connect_data("t", Some(message.into()))
            .unwrap();
        read.value.as_struct().unwrap().values()[0].clone()
    };
    for _ in 0..2 {
        assert_eq!(read(&mut converter, r#"{"a":1,"b":2}"#), Value::Null);
        assert_eq!(read(&mut converter, r#"{"a\":1,\"b":2}"#), Value::Int32(2));
    }
}

#[test]
fn maps_of_many_keys_are_read_in_linear_time() {
    let entries: Vec<String> = (0..200_000).map(|i| format!("\"key{i}\":{i}")).collect();
    let text = Bytes::from(format!("{{{}}}", entries.join(",")));
    let mut converter = json(&[("schemas.enable", "false")]);
    let read = converter.to_connect_data("t", Some(text)).unwrap();
    let map = read.value.as_map().unwrap();
    assert_eq!(map.len(), 200_000);
    assert_eq!(map.get_str("key199999"), Some(&Value::Int64(199_999)));
}

#[test]
fn the_cache_is_bounded_and_changes_nothing() {
    for size in ["0", "1", "2", "1000"] {
        let mut converter = json(&[("schemas.cache.size", size)]);
        for round in 0..3 {
            for name in 0..5 {
                let text = format!(
                    r#"{{"schema":{{"type":"int32","name":"n{name}"}},"payload":{round}}}"#
                );
                let read = converter.to_connect_data("t", Some(text.into())).unwrap();
                assert_eq!(
                    read.schema.as_ref().unwrap().name.as_deref(),
                    Some(&*format!("n{name}"))
                );
                assert_eq!(read.value, Value::Int32(round));
                let bytes = write(&mut converter, &read).unwrap();
                assert!(String::from_utf8_lossy(&bytes).contains(&format!("\"n{name}\"")));
            }
        }
    }
}

fn json(config: &[(&str, &str)]) -> JsonConverter {
    let props: Props = config
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())))
        .collect();
    let mut converter = JsonConverter::new();
    Converter::configure(&mut converter, &props, false).unwrap();
    converter
}

fn write(converter: &mut JsonConverter, content: &SchemaAndValue) -> Option<Bytes> {
    let mut out = Vec::new();
    match converter
        .from_connect_data("t", content.schema.as_ref(), &content.value, &mut out)
        .unwrap()
    {
        Encoded::Null => None,
        Encoded::Borrowed(bytes) => Some(Bytes::copy_from_slice(bytes)),
        Encoded::Appended => Some(out.into()),
    }
}

/// A value of what schemaless JSON knows.
fn plain_value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        finite().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 20, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec((text(), inner), 0..30)
                .prop_map(|entries| Value::Map(MapValue::from_iter(entries))),
        ]
    })
    // Null without a schema is no bytes at all.
    .prop_filter("null", |value| !value.is_null())
    .boxed()
}

fn header_value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from)
    ];
    prop_oneof![number.clone(), vec(number, 1..5).prop_map(Value::Array)]
}

fn tree(value: &Value) -> serde_json::Value {
    match value {
        Value::Boolean(v) => (*v).into(),
        Value::Int64(v) => (*v).into(),
        Value::Float64(v) => (*v).into(),
        Value::String(v) => v.as_str().into(),
        Value::Array(v) => v.iter().map(tree).collect::<Vec<_>>().into(),
        Value::Map(v) => {
            let entries = v
                .iter()
                .map(|(key, value)| (key.as_str().unwrap().to_owned(), tree(value)));
            entries.collect::<serde_json::Map<_, _>>().into()
        }
        _ => serde_json::Value::Null,
    }
}

/// Bytes that get somewhere.
fn jsonish() -> impl Strategy<Value = Vec<u8>> {
    let piece = proptest::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec());
    let pieces = vec(prop_oneof![6 => piece, 1 => vec(any::<u8>(), 0..4)], 0..30);
    prop_oneof![
        pieces.prop_map(|pieces| pieces.concat()),
        vec(any::<u8>(), 0..50)
    ]
}

const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\"schema\":",
    "\"payload\":",
    "\"type\":",
    "\"int32\"",
    "\"struct\"",
    "\"array\"",
    "\"map\"",
    "\"items\":",
    "\"keys\":",
    "\"values\":",
    "\"fields\":",
    "\"field\":",
    "\"default\":",
    "\"name\":\"org.apache.kafka.connect.data.Decimal\"",
    "null",
    "true",
    "1",
    "-",
    "1e99999999999",
    "0.5",
    "\\u",
    " ",
];

#[test]
fn text_is_a_slice_of_the_message() {
    let mut converter = json(&[]);
    let message = Bytes::from_static(br#"{"schema":{"type":"string"},"payload":"some text"}"#);
    for _ in 0..2 {
        let read = converter
            .to_connect_data("t", Some(message.clone()))
            .unwrap();
        let Value::String(text) = read.value else {
            panic!("no string")
        };
        assert_eq!(text, Text::from("some text"));
        assert!(message.as_ptr_range().contains(&text.as_bytes().as_ptr()));
    }
}
