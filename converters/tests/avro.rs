//! Connect data through Avro and back, and beside Apache Avro.

#![expect(deprecated, reason = "its plain functions say what is compared")]

mod content;

use apache_avro::{Schema as Oracle, from_avro_datum, to_avro_datum};
use bytes::Bytes;
use proptest::prelude::*;
use windlass_api::{Result, Schema, Value};
use windlass_converters::avro::{AvroSchema, Options, Reader, Writer};

/// What a value becomes: its schema, as text and in Connect, its bytes, and what is read from these.
struct Trip {
    text: String,
    schema: Schema,
    bytes: Vec<u8>,
    value: Value,
}

fn trip(schema: &Schema, value: &Value, options: &Options) -> Result<Trip> {
    let avro = AvroSchema::of(Some(schema), options)?;
    let text = avro.to_string();
    let parsed = AvroSchema::parse(&text, [])?;
    parsed.check_names()?;
    let mut bytes = Vec::new();
    assert!(Writer::new(&avro, Some(schema), options)?.write(value, &mut bytes)?);
    let reader = Reader::new(&parsed, None, options)?;
    Ok(Trip {
        value: reader.read(Bytes::from(bytes.clone()))?,
        schema: reader.schema().expect("a schema").clone(),
        text,
        bytes,
    })
}

proptest! {
    /// Names are made Avro's on the first trip; from then on nothing changes.
    #[test]
    fn nothing_is_lost(content in content::content()) {
        let schema = content.schema.unwrap();
        prop_assume!(!content.value.is_null());
        let options = Options { scrub_names: true, ..Options::default() };
        // Two maps with other keys than text are two records of one name, as in Java.
        let first = match trip(&schema, &content.value, &options) {
            Err(e) if e.message().starts_with("Can't redefine") => return Ok(()),
            first => first.unwrap(),
        };
        prop_assert_eq!(schema.kind, first.schema.kind);
        let plain = Options::default();
        let second = trip(&first.schema, &first.value, &plain).unwrap();
        prop_assert_eq!(&second.text, &first.text);
        prop_assert_eq!(&second.schema, &first.schema);
        prop_assert_eq!(&second.bytes, &first.bytes);
        prop_assert_eq!(&second.value, &first.value);
    }

    /// Apache Avro reads what was written, and writes what is read.
    #[test]
    fn apache_avro_agrees(content in content::content()) {
        let schema = content.schema.unwrap();
        prop_assume!(!content.value.is_null() && schema.kind != windlass_api::Type::Bytes);
        let options = Options { scrub_names: true, ..Options::default() };
        let ours = match trip(&schema, &content.value, &options) {
            Err(e) if e.message().starts_with("Can't redefine") => return Ok(()),
            ours => ours.unwrap(),
        };
        // It does not know decimals with a negative scale.
        prop_assume!(!ours.text.contains("\"scale\":-"));
        let oracle = Oracle::parse_str(&ours.text).unwrap();
        let datum = from_avro_datum(&oracle, &mut &ours.bytes[..], None).unwrap();
        let theirs = to_avro_datum(&oracle, datum).unwrap();
        // The order of maps is not kept there.
        prop_assert_eq!(theirs.len(), ours.bytes.len());
        let parsed = AvroSchema::parse(&ours.text, []).unwrap();
        let reader = Reader::new(&parsed, None, &options).unwrap();
        prop_assert_eq!(reader.read(theirs.into()).unwrap(), ours.value);
    }

    #[test]
    fn no_bytes_make_it_panic(content in content::content(), bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let options = Options { scrub_names: true, ..Options::default() };
        if let Ok(avro) = AvroSchema::of(content.schema.as_ref(), &options)
            && let Ok(reader) = Reader::new(&avro, None, &options)
        {
            let _ = reader.read(bytes.into());
        }
    }
}
