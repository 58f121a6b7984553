//! What a record costs in a converter, each way. `cargo bench -p windlass-converters`

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use windlass_api::{Converter, Encoded, MapValue, Props, Schema, SchemaAndValue, Text, Value};
use windlass_converters::{JsonConverter, StringConverter};

use self::support::order;

mod support;

fn main() {
    divan::main();
}

/// A line of 100 bytes.
fn line() -> Value {
    Value::String(Text::from(
        "2026-01-01T00:00:00Z INFO request served path=/api/v1/orders status=200 took=12ms bytes=5120 id=7f3a9c",
    ))
}

fn of_string() -> SchemaAndValue {
    SchemaAndValue {
        schema: Some(Schema::STRING),
        value: line(),
    }
}

fn of_struct() -> SchemaAndValue {
    let order = order();
    SchemaAndValue {
        schema: Some(order.schema().clone()),
        value: order.into(),
    }
}

/// The same without a schema.
fn plain_order() -> Value {
    let order = order();
    let entries = order.iter().map(|(field, value)| match value {
        Value::Date(millis) => (field.name.clone(), Value::Int64(*millis)),
        value => (field.name.clone(), value.clone()),
    });
    Value::Map(entries.collect::<MapValue>())
}

fn json(envelopes: bool) -> JsonConverter {
    let mut converter = JsonConverter::new();
    let props = Props::from_iter([("schemas.enable".to_owned(), Some(envelopes.to_string()))]);
    Converter::configure(&mut converter, &props, false).unwrap();
    converter
}

fn write(bencher: Bencher<'_, '_>, converter: &mut dyn Converter, content: &SchemaAndValue) {
    let mut out = Vec::with_capacity(1 << 16);
    let length = encode(converter, content, &mut out).len();
    let converter = std::cell::RefCell::new(converter);
    let out = std::cell::RefCell::new(out);
    bencher.counter(BytesCount::new(length)).bench_local(|| {
        let mut out = out.borrow_mut();
        out.clear();
        let schema = black_box(content.schema.as_ref());
        let encoded = converter.borrow_mut().from_connect_data(
            "t",
            schema,
            black_box(&content.value),
            &mut out,
        );
        black_box(encoded).unwrap();
        black_box(&out[..]).len()
    });
}

fn read(bencher: Bencher<'_, '_>, converter: &mut dyn Converter, content: &SchemaAndValue) {
    let bytes = Bytes::from(encode(converter, content, &mut Vec::new()));
    let converter = std::cell::RefCell::new(converter);
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench_local(|| {
            let content = converter
                .borrow_mut()
                .to_connect_data("t", Some(black_box(&bytes).clone()));
            drop(black_box(content.unwrap()));
        });
}

fn encode(converter: &mut dyn Converter, content: &SchemaAndValue, out: &mut Vec<u8>) -> Vec<u8> {
    match converter
        .from_connect_data("t", content.schema.as_ref(), &content.value, out)
        .unwrap()
    {
        Encoded::Borrowed(bytes) => bytes.to_vec(),
        _ => out.clone(),
    }
}

macro_rules! benches {
    ($($name:ident: $converter:expr, $content:expr;)*) => {$(
        mod $name {
            use super::*;

            #[divan::bench(sample_size = 1000)]
            fn write(bencher: Bencher<'_, '_>) {
                let content = $content;
                super::write(bencher, &mut $converter, &content);
            }

            #[divan::bench(sample_size = 1000)]
            fn read(bencher: Bencher<'_, '_>) {
                let content = $content;
                super::read(bencher, &mut $converter, &content);
            }
        }
    )*};
}

benches! {
    string: StringConverter::default(), of_string();
    json_string_envelope: json(true), of_string();
    json_string_plain: json(false), of_string();
    json_struct_envelope: json(true), of_struct();
    json_struct_plain: json(false), of_struct();
    json_schemaless: json(false), SchemaAndValue { schema: None, value: plain_order() };
}
