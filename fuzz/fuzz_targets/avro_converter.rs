//! Any text as an Avro schema, and any bytes as a value of it; what was read is written and read again.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use windlass_converters::avro::{AvroSchema, Options, Reader, Writer};

fuzz_target!(|data: &[u8]| {
    let Some((flags, rest)) = data.split_first() else {
        return;
    };
    // The schema ends with the first zero; without one all is a value of the schema of every type.
    let (text, message) = match rest.iter().position(|b| *b == 0) {
        Some(at) if flags & 128 != 0 => (String::from_utf8_lossy(&rest[..at]), &rest[at + 1..]),
        _ => (EVERY_TYPE.into(), rest),
    };
    let options = Options {
        generalized_sums: flags & 1 != 0,
        ignore_default_for_nullables: flags & 2 != 0,
        enhanced: flags & 4 != 0,
        scrub_names: flags & 8 != 0,
        meta_data: flags & 16 == 0,
        discard_type_doc_default: flags & 32 != 0,
        flatten_singletons: flags & 64 == 0,
        ..Options::default()
    };
    let Ok(avro) = AvroSchema::parse(&text, []) else {
        return;
    };
    let again = AvroSchema::parse(&avro.to_string(), []).unwrap();
    let _ = again.can_read(&avro);
    let Ok(reader) = Reader::new(&avro, None, &options) else {
        return;
    };
    let Ok(value) = reader.read(Bytes::copy_from_slice(message)) else {
        return;
    };
    let Ok(own) = AvroSchema::of(reader.schema(), &options) else {
        return;
    };
    let mut out = Vec::new();
    if let Ok(writer) = Writer::new(&own, reader.schema(), &options)
        && let Ok(true) = writer.write(&value, &mut out)
        && let Ok(reader) = Reader::new(&own, None, &options)
    {
        reader.read(out.into()).unwrap();
    }
});

const EVERY_TYPE: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"a","type":"int"},{"name":"b","type":"long"},{"name":"c","type":"float"},{"name":"d","type":"double"},
    {"name":"e","type":"boolean"},{"name":"f","type":"string"},{"name":"g","type":"bytes"},
    {"name":"h","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
    {"name":"i","type":{"type":"int","logicalType":"date"}},
    {"name":"j","type":{"type":"int","logicalType":"time-millis"}},
    {"name":"k","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"l","type":{"type":"array","items":{"type":"record","name":"E","fields":[]}}},
    {"name":"m","type":{"type":"map","values":["null","string"]}},
    {"name":"n","type":{"type":"enum","name":"N","symbols":["A","B"]}},
    {"name":"o","type":{"type":"fixed","name":"F","size":3}},
    {"name":"p","type":["int","string","N",{"type":"array","items":"F"}]},
    {"name":"q","type":{"type":"array","items":{"type":"record","name":"MapEntry","namespace":"io.confluent.connect.avro",
        "fields":[{"name":"key","type":"int"},{"name":"value","type":"string"}]}}}]}"#;
