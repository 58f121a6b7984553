//! The records of one uncompressed batch: the input is the payload, so that every byte of it counts. What can be read can
//! be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_wire::batch::{Batch, BatchBuilder, BatchOptions, HEADER_LEN, no_headers};
use windlass_wire::compression::Codecs;

fuzz_target!(|data: &[u8]| {
    let mut codecs = Codecs::new();
    let mut builder = BatchBuilder::new();
    builder.append(0, None, None, no_headers()).unwrap();
    let mut bytes = builder.finish(&BatchOptions::default(), &mut codecs).unwrap();
    bytes.truncate(HEADER_LEN);
    bytes.extend_from_slice(data);
    let length = (bytes.len() - 12) as i32;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[57..61].copy_from_slice(&i32::MAX.to_be_bytes());
    let set = Batch::parse(bytes.into()).unwrap().open_unchecked(&mut codecs, 0).unwrap();
    let records: Vec<_> = set.records().map_while(Result::ok).collect();
    if records.is_empty() {
        return;
    }
    for record in &records {
        builder.append(record.timestamp, record.key, record.value, record.headers).unwrap();
    }
    let again = builder.finish(&BatchOptions::default(), &mut codecs).unwrap();
    let again = Batch::parse(again.into()).unwrap().open(&mut codecs, 0).unwrap();
    assert_eq!(again.records().count(), records.len());
    for (found, record) in again.records().zip(&records) {
        let found = found.unwrap();
        assert_eq!((found.timestamp, found.key, found.value), (record.timestamp, record.key, record.value));
        assert!(found.headers.eq(record.headers));
    }
});
