//! What a record costs in Avro, Protobuf and JSON Schema once its schema is known. `cargo bench -p windlass-converters`

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use windlass_api::{Schema, Value};
use windlass_converters::avro::{self, AvroSchema};
use windlass_converters::json_schema;
use windlass_converters::protobuf::{self, Decoder, Encoder, ProtoFile, to_proto};

use self::support::order;

mod support;

fn main() {
    divan::main();
}

fn protobuf_plans(schema: &Schema) -> (Encoder, Decoder) {
    let options = protobuf::Options::default();
    let proto = to_proto(schema, &options).unwrap();
    let file = ProtoFile::compile(&proto.text, &[]).unwrap();
    let (message, _) = file.message_named(&proto.message).unwrap();
    (
        Encoder::new(schema, &message, &options).unwrap(),
        Decoder::new(&message, None, &options).unwrap(),
    )
}

fn avro_plans(schema: &Schema) -> (avro::Writer, avro::Reader) {
    let options = avro::Options::default();
    let avro = AvroSchema::of(Some(schema), &options).unwrap();
    (
        avro::Writer::new(&avro, Some(schema), &options).unwrap(),
        avro::Reader::new(&avro, None, &options).unwrap(),
    )
}

#[divan::bench(sample_size = 1000)]
fn avro_write(bencher: Bencher<'_, '_>) {
    let order = order();
    let (writer, _) = avro_plans(&order.schema().clone());
    let value = Value::from(order);
    let mut out = Vec::with_capacity(1 << 12);
    writer.write(&value, &mut out).unwrap();
    bencher.counter(BytesCount::new(out.len())).bench_local(|| {
        out.clear();
        writer.write(black_box(&value), &mut out).unwrap();
        black_box(&out[..]).len()
    });
}

#[divan::bench(sample_size = 1000)]
fn avro_read(bencher: Bencher<'_, '_>) {
    let order = order();
    let (writer, reader) = avro_plans(&order.schema().clone());
    let mut out = Vec::new();
    writer.write(&order.into(), &mut out).unwrap();
    let bytes = Bytes::from(out);
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench_local(|| drop(black_box(reader.read(black_box(&bytes).clone()).unwrap())));
}

#[divan::bench(sample_size = 1000)]
fn protobuf_write(bencher: Bencher<'_, '_>) {
    let value = Value::from(order());
    let (encoder, _) = protobuf_plans(&order().schema().clone());
    let mut out = Vec::with_capacity(1 << 12);
    encoder.push(&mut out, &value).unwrap();
    bencher.counter(BytesCount::new(out.len())).bench_local(|| {
        out.clear();
        encoder.push(&mut out, black_box(&value)).unwrap();
        black_box(&out[..]).len()
    });
}

#[divan::bench(sample_size = 1000)]
fn protobuf_read(bencher: Bencher<'_, '_>) {
    let (encoder, decoder) = protobuf_plans(&order().schema().clone());
    let mut out = Vec::new();
    encoder.push(&mut out, &order().into()).unwrap();
    let bytes = Bytes::from(out);
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench_local(|| drop(black_box(decoder.read(black_box(&bytes)).unwrap())));
}

#[divan::bench(sample_size = 1000)]
fn json_schema_write(bencher: Bencher<'_, '_>) {
    let (schema, value) = (order().schema().clone(), Value::from(order()));
    let options = json_schema::Options::default();
    let mut out = Vec::with_capacity(1 << 12);
    json_schema::write_json(&mut out, &schema, &value, &options).unwrap();
    bencher.counter(BytesCount::new(out.len())).bench_local(|| {
        out.clear();
        json_schema::write_json(&mut out, &schema, black_box(&value), &options).unwrap();
        black_box(&out[..]).len()
    });
}

#[divan::bench(sample_size = 1000)]
fn json_schema_read(bencher: Bencher<'_, '_>) {
    let schema = order().schema().clone();
    let mut out = Vec::new();
    json_schema::write_json(
        &mut out,
        &schema,
        &order().into(),
        &json_schema::Options::default(),
    )
    .unwrap();
    let bytes = Bytes::from(out);
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench_local(|| {
            let read = json_schema::read_json(black_box(bytes.clone()), &schema);
            drop(black_box(read.unwrap()));
        });
}
