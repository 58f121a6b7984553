//! Record batches: built and read back, exact bytes, corrupt and partial input.

use bytes::Bytes;
use proptest::prelude::*;
use windlass_wire::WireError;
use windlass_wire::batch::{BatchBuilder, BatchOptions, Batches};
use windlass_wire::compression::{Codecs, Compression};

type OwnedHeader = (Vec<u8>, Option<Vec<u8>>);

#[derive(Debug, Clone, PartialEq)]
struct Owned {
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<OwnedHeader>,
}

fn append(builder: &mut BatchBuilder, record: &Owned) {
    let headers = record
        .headers
        .iter()
        .map(|(key, value)| (&key[..], value.as_deref()));
    builder
        .append(
            record.timestamp,
            record.key.as_deref(),
            record.value.as_deref(),
            headers,
        )
        .unwrap();
}

fn build(records: &[Owned], options: &BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::new();
    for record in records {
        let headers = record
            .headers
            .iter()
            .map(|(key, value)| (&key[..], value.as_deref()));
        let expected = builder.len()
            + builder.record_len(
                record.timestamp,
                record.key.as_ref().map(Vec::len),
                record.value.as_ref().map(Vec::len),
                headers,
            );
        append(&mut builder, record);
        assert_eq!(
            builder.len(),
            expected,
            "the announced size of a record is its size"
        );
    }
    Bytes::from(builder.finish(options, &mut Codecs::new()).unwrap())
}

fn read(bytes: Bytes) -> Result<Vec<(i64, Owned)>, WireError> {
    let mut codecs = Codecs::new();
    let mut out = Vec::new();
    for batch in Batches::new(bytes) {
        let set = batch?.open(&mut codecs, 1 << 26)?;
        for record in set.records() {
            let record = record?;
            out.push((
                record.offset,
                Owned {
                    timestamp: record.timestamp,
                    key: record.key.map(<[u8]>::to_vec),
                    value: record.value.map(<[u8]>::to_vec),
                    headers: record
                        .headers
                        .map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)))
                        .collect(),
                },
            ));
        }
    }
    Ok(out)
}

fn record(timestamp: i64, value: &str) -> Owned {
    Owned {
        timestamp,
        key: None,
        value: Some(value.as_bytes().to_vec()),
        headers: Vec::new(),
    }
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        prop::collection::vec(any::<u8>(), 60..140),
        prop::collection::vec(Just(7u8), 200..600)
    ]
}

fn any_record() -> impl Strategy<Value = Owned> {
    let header = (
        prop::collection::vec(any::<u8>(), 0..6),
        prop::option::of(any_bytes()),
    );
    (
        prop_oneof![0..2_000_000_000_000i64, any::<i64>()],
        prop::option::of(any_bytes()),
        prop::option::of(any_bytes()),
        prop::collection::vec(header, 0..4),
    )
        .prop_map(|(timestamp, key, value, headers)| Owned {
            timestamp,
            key,
            value,
            headers,
        })
}

fn any_codec() -> impl Strategy<Value = Compression> {
    prop::sample::select(Compression::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_built_is_read(records in prop::collection::vec(any_record(), 1..40), compression in any_codec()) {
        let bytes = build(&records, &BatchOptions { compression, ..BatchOptions::default() });
        let found = read(bytes).unwrap();
        let expected: Vec<_> = records.into_iter().enumerate().map(|(i, record)| (i as i64, record)).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn codecs_all_round_trip() {
    let records: Vec<_> = (0..1000)
        .map(|i| {
            record(
                i,
                &format!("line {i} of a file that compresses rather well"),
            )
        })
        .collect();
    for compression in Compression::ALL {
        let bytes = build(
            &records,
            &BatchOptions {
                compression,
                ..BatchOptions::default()
            },
        );
        assert_eq!(read(bytes).unwrap().len(), 1000, "{compression}");
    }
}
