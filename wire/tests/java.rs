//! Bytes of Kafka's Java client, 4.3.1 (`fixtures/README.md` says how they were made).

mod common;

use bytes::Bytes;
use common::{Expected, records};
use windlass_wire::ErrorCode;
use windlass_wire::batch::{
    Batch, BatchBuilder, BatchOptions, ControlMarker, Producer, RecordSet, TimestampType,
    control_batch, set_base_offset, set_leader_epoch,
};
use windlass_wire::compression::{Codecs, Compression};
use windlass_wire::murmur2::{murmur2, partition_for_key};

fn fixture(name: &str) -> Bytes {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .into()
}

fn open(name: &str) -> RecordSet {
    Batch::parse(fixture(name))
        .unwrap()
        .open(&mut Codecs::new(), 1 << 20)
        .unwrap()
}

fn assert_holds(set: &RecordSet, expected: &[Expected], timestamp: Option<i64>) {
    let mut count = 0;
    for (i, (found, expected)) in set.records().zip(expected).enumerate() {
        let found = found.unwrap();
        assert_eq!(found.offset, 1000 + i as i64);
        assert_eq!(found.timestamp, timestamp.unwrap_or(expected.timestamp));
        assert_eq!(found.key, expected.key.as_deref());
        assert_eq!(found.value, expected.value.as_deref());
        let headers: Vec<_> = found
            .headers
            .map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)))
            .collect();
        assert_eq!(headers, expected.headers);
        count += 1;
    }
    assert_eq!(
        (count, set.records().count()),
        (expected.len(), expected.len())
    );
}

#[test]
fn reads_what_java_compressed() {
    for codec in Compression::ALL {
        for kind in ["small", "large"] {
            if codec == Compression::None && kind == "large" {
                continue;
            }
            let set = open(&format!("{kind}.{codec}.batch"));
            assert_eq!(set.header().attributes.compression(), Some(codec));
            assert_eq!(set.header().leader_epoch, 5);
            assert_holds(&set, &records(kind), None);
        }
    }
}

#[test]
fn log_append_time_holds_for_every_record() {
    let set = open("log-append-time.batch");
    assert_eq!(
        set.header().attributes.timestamp_type(),
        TimestampType::LogAppendTime
    );
    assert_holds(&set, &records("small"), Some(1_700_000_009_999));
}

/// Without compression there is one way to write a batch.
#[test]
fn writes_the_bytes_java_writes() {
    let transactional = Producer {
        id: 4711,
        epoch: 3,
        base_sequence: 17,
    };
    for (name, producer) in [
        ("small.none.batch", Producer::NONE),
        ("transactional.batch", transactional),
    ] {
        let mut builder = BatchBuilder::new();
        for record in records("small") {
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
        let options = BatchOptions {
            producer,
            transactional: producer.id >= 0,
            ..BatchOptions::default()
        };
        let mut batch = builder.finish(&options, &mut Codecs::new()).unwrap();
        set_base_offset(&mut batch, 1000).unwrap();
        set_leader_epoch(&mut batch, 5).unwrap();
        assert_eq!(batch, fixture(name), "{name}");
    }
}

#[test]
fn transaction_markers_are_javas() {
    for (name, marker) in [
        ("commit.batch", ControlMarker::Commit),
        ("abort.batch", ControlMarker::Abort),
    ] {
        assert_eq!(
            control_batch(marker, 4711, 3, 9, 1_700_000_000_000),
            fixture(name),
            "{name}"
        );
        let set = open(name);
        assert!(set.header().attributes.is_control() && set.header().attributes.is_transactional());
        let record = set.records().next().unwrap().unwrap();
        assert_eq!(ControlMarker::parse(&record).unwrap(), marker);
    }
}

#[test]
fn error_codes_have_javas_names_and_retriability() {
    let mut wrong = Vec::new();
    for line in String::from_utf8(fixture("errors.txt").to_vec())
        .unwrap()
        .lines()
    {
        let [code, name, retriable] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let Some(error) = ErrorCode::new(code.parse().unwrap()) else {
            assert_eq!(name, "NONE");
            continue;
        };
        if (error.to_string(), error.is_retriable()) != (name.to_owned(), retriable == "true") {
            wrong.push(format!("{line}, ours {error:?} {}", error.is_retriable()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn keys_hash_as_in_java() {
    for line in String::from_utf8(fixture("murmur2.txt").to_vec())
        .unwrap()
        .lines()
    {
        let [key, hash, partition] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let key: Vec<u8> = key
            .as_bytes()
            .chunks(2)
            .map(|hex| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap())
            .collect();
        assert_eq!(murmur2(&key), hash.parse::<i32>().unwrap(), "{line}");
        assert_eq!(
            partition_for_key(&key, 12),
            partition.parse::<u32>().unwrap(),
            "{line}"
        );
    }
}
