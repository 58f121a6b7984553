//! Record batches: built and read back, exact bytes, corrupt and partial input.

use bytes::Bytes;
use proptest::prelude::*;
use windlass_wire::WireError;
use windlass_wire::batch::{
    Batch, BatchBuilder, BatchHeader, BatchOptions, Batches, HEADER_LEN, Producer, RecordCursor,
    TimestampType, no_headers, set_base_offset, set_leader_epoch, set_log_append_time,
    set_producer,
};
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

/// One record at time 1000 with value "ab", by hand from the format's description.
#[test]
fn golden_bytes() {
    let options = BatchOptions {
        producer: Producer {
            id: 258,
            epoch: 3,
            base_sequence: 4,
        },
        transactional: true,
        ..BatchOptions::default()
    };
    let mut builder = BatchBuilder::new();
    builder
        .append(
            1000,
            None,
            Some(b"ab"),
            [(&b"h"[..], None), (b"h", Some(&b"v"[..]))],
        )
        .unwrap();
    let batch = builder.finish(&options, &mut Codecs::new()).unwrap();
    let mut expected = vec![0, 0, 0, 0, 0, 0, 0, 0];
    expected.extend_from_slice(&65i32.to_be_bytes());
    expected.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 2]);
    let mut covered = vec![
        0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x03, 0xe8, 0, 0, 0, 0, 0, 0, 0x03, 0xe8,
    ];
    covered.extend_from_slice(&[0, 0, 0, 0, 0, 0, 1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1]);
    covered.extend_from_slice(&[
        30, 0, 0, 0, 1, 4, b'a', b'b', 4, 2, b'h', 1, 2, b'h', 2, b'v',
    ]);
    expected.extend_from_slice(&crc_bitwise(&covered).to_be_bytes());
    expected.extend_from_slice(&covered);
    assert_eq!(batch, expected);
}

/// CRC-32C a bit at a time: another way to the same number.
fn crc_bitwise(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[test]
fn a_partial_last_batch_ends_the_run_without_an_error() {
    let one = build(
        &[record(1, "one"), record(2, "two")],
        &BatchOptions::default(),
    );
    let two = build(&[record(3, "three")], &BatchOptions::default());
    let both = [&one[..], &two[..]].concat();
    for cut in one.len()..both.len() {
        let mut batches = Batches::new(Bytes::copy_from_slice(&both[..cut]));
        assert_eq!(batches.next().unwrap().unwrap().bytes(), &one);
        assert!(batches.next().is_none());
        assert_eq!(
            (batches.position(), batches.rest()),
            (one.len(), cut - one.len())
        );
    }
    assert_eq!(read(both.into()).unwrap().len(), 3);
}

#[test]
fn limits_hold_to_the_byte() {
    let mut builder = BatchBuilder::new();
    assert!(
        builder
            .append_within(10, 5, None, Some(&[0; 100]), no_headers())
            .unwrap(),
        "the first record always fits"
    );
    for value in [&[1; 100][..], &[1; 3], &[1; 9000]] {
        let exact = builder.len() + builder.record_len(5, None, Some(value.len()), no_headers());
        assert!(
            !builder
                .append_within(exact - 1, 5, None, Some(value), no_headers())
                .unwrap()
        );
        assert!(
            builder
                .append_within(exact, 5, None, Some(value), no_headers())
                .unwrap()
        );
        assert_eq!(builder.len(), exact);
    }
    assert_eq!(
        (
            builder.count(),
            builder.first_timestamp(),
            builder.max_timestamp()
        ),
        (4, Some(5), Some(5))
    );
    builder.clear();
    assert!(builder.is_empty() && builder.first_timestamp().is_none());
    assert!(
        builder
            .finish(&BatchOptions::default(), &mut Codecs::new())
            .is_err(),
        "a batch needs a record"
    );
}

#[test]
fn buffers_go_round_without_leaving_traces() {
    let mut builder = BatchBuilder::new();
    let mut codecs = Codecs::new();
    let large: Vec<_> = (0..200).map(|i| record(i, &"x".repeat(100))).collect();
    let small = [record(7, "y")];
    for compression in Compression::ALL {
        for records in [&large[..], &small, &large] {
            records
                .iter()
                .for_each(|record| append(&mut builder, record));
            let batch = builder
                .finish(
                    &BatchOptions {
                        compression,
                        ..BatchOptions::default()
                    },
                    &mut codecs,
                )
                .unwrap();
            assert_eq!(
                batch,
                build(
                    records,
                    &BatchOptions {
                        compression,
                        ..BatchOptions::default()
                    }
                )
            );
            builder.reuse(batch);
        }
    }
}

#[test]
fn patches_change_what_they_say_and_keep_the_crc_right() {
    let mut batch = build(
        &[record(1000, "a"), record(900, "b")],
        &BatchOptions::default(),
    )
    .to_vec();
    set_base_offset(&mut batch, 77).unwrap();
    set_leader_epoch(&mut batch, 6).unwrap();
    set_producer(
        &mut batch,
        Producer {
            id: 9,
            epoch: 1,
            base_sequence: i32::MAX,
        },
    )
    .unwrap();
    let header = *Batch::parse(batch.clone().into()).unwrap().header();
    assert_eq!(
        (
            header.base_offset,
            header.leader_epoch,
            header.last_offset(),
            header.next_offset()
        ),
        (77, 6, 78, 79)
    );
    assert_eq!(
        (
            header.producer.id,
            header.producer.epoch,
            header.last_sequence()
        ),
        (9, 1, 0)
    );
    assert_eq!((header.base_timestamp, header.max_timestamp), (1000, 1000));

    let records = read(batch.clone().into()).unwrap();
    assert_eq!(
        records
            .iter()
            .map(|(offset, record)| (*offset, record.timestamp))
            .collect::<Vec<_>>(),
        [(77, 1000), (78, 900)]
    );

    set_log_append_time(&mut batch, 5555).unwrap();
    let set = Batch::parse(batch.into())
        .unwrap()
        .open(&mut Codecs::new(), 1000)
        .unwrap();
    assert_eq!(
        set.header().attributes.timestamp_type(),
        TimestampType::LogAppendTime
    );
    assert!(
        set.records()
            .all(|record| record.unwrap().timestamp == 5555)
    );
    assert!(set_base_offset(&mut [0; HEADER_LEN - 1], 1).is_err());
}

#[test]
fn a_cursor_reads_on_where_it_stopped_and_lends_bytes_without_copying() {
    let batch = Batch::parse(build(
        &[record(1, "one"), record(2, "two")],
        &BatchOptions::default(),
    ))
    .unwrap();
    let set = batch.open(&mut Codecs::new(), 1000).unwrap();
    let mut cursor = RecordCursor::default();
    assert_eq!(cursor.next(&set).unwrap().unwrap().value, Some(&b"one"[..]));
    let moved = set;
    let second = cursor.next(&moved).unwrap().unwrap();
    let kept = moved.bytes_of(second.value.unwrap());
    assert_eq!(kept, "two");
    assert!(batch.bytes().as_ptr_range().contains(&kept.as_ptr()));
    assert!(cursor.next(&moved).is_none() && cursor.next(&moved).is_none());
}

/// Writes `edit` into an otherwise right batch and makes the CRC right again.
fn edited(edit: impl Fn(&mut Vec<u8>)) -> Bytes {
    let mut batch = build(
        &[record(1, "one"), record(2, "two")],
        &BatchOptions::default(),
    )
    .to_vec();
    edit(&mut batch);
    let crc = crc_bitwise(&batch[21..]).to_be_bytes();
    batch[17..21].copy_from_slice(&crc);
    batch.into()
}

#[test]
fn corrupt_batches_are_errors_that_say_where() {
    let flipped = {
        let mut batch = build(&[record(1, "one")], &BatchOptions::default()).to_vec();
        set_base_offset(&mut batch, 40).unwrap();
        *batch.last_mut().unwrap() ^= 1;
        Bytes::from(batch)
    };
    let error = read(flipped).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("record batch at byte 0, base offset 40: expected crc 0x"),
        "{error}"
    );

    let cases: [(Bytes, &str); 10] = [
        (
            edited(|b| b[16] = 1),
            "record batch at byte 0 has magic 1, expected 2 (message formats 0 and 1 ended with Kafka 4.0)",
        ),
        (
            edited(|b| b[8..12].copy_from_slice(&48i32.to_be_bytes())),
            "record batch length at byte 8: expected at least 49, found 48",
        ),
        (
            edited(|b| b[8..12].copy_from_slice(&(-1i32).to_be_bytes())),
            "record batch length at byte 8: expected at least 49, found -1",
        ),
        (
            edited(|b| b[22] = 5),
            "compression codec at byte 21: expected 0 to 4, found 5",
        ),
        (
            edited(|b| b[57..61].copy_from_slice(&3i32.to_be_bytes())),
            "record length at byte 20 is cut off: expected 1 bytes, found 0",
        ),
        (
            edited(|b| b[57..61].copy_from_slice(&1i32.to_be_bytes())),
            "record batch at byte 10: expected no bytes behind its last record, found 10",
        ),
        (
            edited(|b| b[57..61].copy_from_slice(&i32::MIN.to_be_bytes())),
            "record count at byte 0: expected 0 or more, found -2147483648",
        ),
        (
            edited(|b| b[61] = 100),
            "record at byte 0 is cut off: expected 50 bytes, found 19",
        ),
        (
            edited(|b| b[61] = 1),
            "record length at byte 0: expected 0 or more, found -1",
        ),
        (
            edited(|b| b[66] = 3),
            "record value at byte 5: expected a length of -1 or more, found -2",
        ),
    ];
    for (bytes, message) in cases {
        assert_eq!(read(bytes).unwrap_err().to_string(), message);
    }
}

/// Eighty bytes that claim two billion headers, or records, take no more memory than eighty bytes.
#[test]
fn hostile_counts_are_only_counted_down() {
    let mut batch = build(&[record(1, "")], &BatchOptions::default()).to_vec();
    // The record of 7 bytes becomes one of 11 whose header count is i32::MAX.
    batch.truncate(HEADER_LEN);
    batch.extend_from_slice(&[20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f]);
    batch[8..12].copy_from_slice(&60i32.to_be_bytes());
    batch[57..61].copy_from_slice(&i32::MAX.to_be_bytes());
    let crc = crc_bitwise(&batch[21..]).to_be_bytes();
    batch[17..21].copy_from_slice(&crc);
    let error = read(batch.into()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "header key at byte 11 is cut off: expected 1 bytes, found 0"
    );
}

#[test]
fn a_batch_without_records_is_what_compaction_may_leave() {
    let mut bytes = [0; HEADER_LEN];
    let header = BatchHeader {
        length: 49,
        records_count: 0,
        last_offset_delta: 5,
        base_offset: 10,
        ..*Batch::parse(edited(|_| {})).unwrap().header()
    };
    header.write(&mut bytes);
    let crc = crc_bitwise(&bytes[21..]).to_be_bytes();
    bytes[17..21].copy_from_slice(&crc);
    let set = Batch::parse(Bytes::copy_from_slice(&bytes))
        .unwrap()
        .open(&mut Codecs::new(), 0)
        .unwrap();
    assert_eq!((set.records().count(), set.header().next_offset()), (0, 16));
}

#[test]
fn decompression_stops_at_the_limit() {
    let records: Vec<_> = (0..50).map(|i| record(i, &"z".repeat(10_000))).collect();
    for compression in Compression::ALL.into_iter().skip(1) {
        let batch = Batch::parse(build(
            &records,
            &BatchOptions {
                compression,
                ..BatchOptions::default()
            },
        ))
        .unwrap();
        let mut codecs = Codecs::new();
        let len = batch.open(&mut codecs, 1 << 20).unwrap().payload().len();
        batch.open(&mut codecs, len).unwrap();
        let error = batch.open(&mut codecs, len - 1).unwrap_err();
        assert!(
            matches!(error, WireError::DecompressedTooLarge { limit, .. } if limit == len - 1),
            "{compression}: {error}"
        );
        batch
            .open(&mut codecs, len)
            .expect("a context is usable after an error");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any damage gives records or an error; with the CRC in place it gives the error.
    #[test]
    fn damage_is_found(compression in any_codec(), at in 21usize.., bit in 0u32..8, cut in 0usize..50) {
        let records: Vec<_> = (0..20).map(|i| record(i, "some text, some text")).collect();
        let mut batch = build(&records, &BatchOptions { compression, ..BatchOptions::default() }).to_vec();
        let at = 21 + at % (batch.len() - 21);
        batch[at] ^= 1 << bit;
        let damaged = Batch::parse(Bytes::from(batch.clone())).unwrap();
        let crc_error = matches!(damaged.open(&mut Codecs::new(), 1 << 20), Err(WireError::Crc { .. }));
        prop_assert!(crc_error);
        if let Ok(set) = damaged.open_unchecked(&mut Codecs::new(), 1 << 20) {
            set.records().for_each(drop);
        }
        batch.truncate(batch.len() - cut);
        let _ = read(batch.into());
    }
}
