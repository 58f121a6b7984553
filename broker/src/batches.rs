//! Batches for tests.

use bytes::Bytes;
use windlass_wire::batch::{
    BatchBuilder, BatchHeader, BatchOptions, Batches, Producer, no_headers,
};
use windlass_wire::compression::{Codecs, Compression};

/// A key and a value; `None` is null.
pub(crate) type KeyValue<'a> = (Option<&'a str>, Option<&'a str>);

/// A batch as a producer sends it.
pub(crate) fn batch(records: &[KeyValue<'_>], options: BatchOptions) -> Bytes {
    stamped(
        &records
            .iter()
            .map(|record| (1000, *record))
            .collect::<Vec<_>>(),
        options,
    )
}

/// As [`batch`], each record with its timestamp.
pub(crate) fn stamped(records: &[(i64, KeyValue<'_>)], options: BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::new();
    for (timestamp, (key, value)) in records {
        let (key, value) = (key.map(str::as_bytes), value.map(str::as_bytes));
        builder
            .append(*timestamp, key, value, no_headers())
            .unwrap();
    }
    builder
        .finish(&options, &mut Codecs::default())
        .unwrap()
        .into()
}

/// A batch of one record with this value.
pub(crate) fn one(value: &str) -> Bytes {
    batch(&[(Some("k"), Some(value))], BatchOptions::default())
}

pub(crate) fn idempotent(id: i64, epoch: i16, base_sequence: i32) -> BatchOptions {
    BatchOptions {
        producer: Producer {
            id,
            epoch,
            base_sequence,
        },
        ..BatchOptions::default()
    }
}

pub(crate) fn transactional(id: i64, epoch: i16, base_sequence: i32) -> BatchOptions {
    BatchOptions {
        transactional: true,
        ..idempotent(id, epoch, base_sequence)
    }
}

pub(crate) fn compressed(compression: Compression) -> BatchOptions {
    BatchOptions {
        compression,
        ..BatchOptions::default()
    }
}

/// Offset, key and value of every data record in a run of batches.
pub(crate) fn records(bytes: Bytes) -> Vec<(i64, Option<String>, Option<String>)> {
    let mut all = Vec::new();
    for batch in Batches::new(bytes) {
        let batch = batch.unwrap();
        if batch.header().attributes.is_control() {
            continue;
        }
        let set = batch.open(&mut Codecs::default(), 1 << 20).unwrap();
        for record in set.records() {
            let record = record.unwrap();
            let text =
                |part: Option<&[u8]>| part.map(|part| String::from_utf8(part.to_vec()).unwrap());
            all.push((record.offset, text(record.key), text(record.value)));
        }
    }
    all
}

/// The headers of a run of batches.
pub(crate) fn headers(bytes: Bytes) -> Vec<BatchHeader> {
    Batches::new(bytes)
        .map(|batch| *batch.unwrap().header())
        .collect()
}
