//! Encoding and decoding of record batches, CRC and compression included: `cargo bench -p windlass-wire`.
//!
//! Each iteration handles 1,000 records of 100 bytes without key and headers, so that microseconds read as nanoseconds per
//! record. The floor by hand on the reference machine, uncompressed: 18 to 21 ns to split, encode and checksum a
//! record, 10 ns to check and decode one.

use bytes::Bytes;
use divan::Bencher;
use divan::counter::BytesCount;
use windlass_wire::batch::{Batch, BatchBuilder, BatchOptions, no_headers};
use windlass_wire::compression::{Codecs, Compression};
use windlass_wire::crc::crc32c;

fn main() {
    divan::main();
}

#[divan::bench]
fn crc(bencher: Bencher<'_, '_>) {
    let batch = batch(Compression::None);
    bencher
        .counter(BytesCount::of_slice(&batch[..]))
        .bench(|| crc32c(divan::black_box(&batch)));
}

#[divan::bench(args = Compression::ALL)]
fn encode(bencher: Bencher<'_, '_>, compression: Compression) {
    let lines = lines();
    let mut codecs = Codecs::new();
    let mut builder = BatchBuilder::new();
    let options = BatchOptions {
        compression,
        ..BatchOptions::default()
    };
    bencher
        .counter(BytesCount::new(RECORDS * LINE))
        .bench_local(|| {
            for line in lines.chunks(LINE) {
                builder
                    .append(1_700_000_000_000, None, Some(line), no_headers())
                    .expect("100 KB are no 2 GiB");
            }
            let batch = builder
                .finish(&options, &mut codecs)
                .expect("there are records");
            let crc = batch[17];
            if compression == Compression::None {
                builder.reuse(batch);
            } else {
                codecs.recycle(Bytes::from(batch));
            }
            crc
        });
}

#[divan::bench]
fn encode_with_key_and_two_headers(bencher: Bencher<'_, '_>) {
    let lines = lines();
    let mut codecs = Codecs::new();
    let mut builder = BatchBuilder::new();
    let headers = [
        (&b"trace"[..], Some(&b"0123456789abcdef"[..])),
        (b"source", Some(b"file")),
    ];
    bencher
        .counter(BytesCount::new(RECORDS * LINE))
        .bench_local(|| {
            for line in lines.chunks(LINE) {
                builder
                    .append(1_700_000_000_000, Some(&line[..10]), Some(line), headers)
                    .expect("100 KB are no 2 GiB");
            }
            let batch = builder
                .finish(&BatchOptions::default(), &mut codecs)
                .expect("there are records");
            builder.reuse(batch);
        });
}

#[divan::bench(args = Compression::ALL)]
fn decode(bencher: Bencher<'_, '_>, compression: Compression) {
    let batch = Batch::parse(batch(compression)).expect("just built");
    let mut codecs = Codecs::new();
    bencher
        .counter(BytesCount::new(RECORDS * LINE))
        .bench_local(|| {
            let set = batch.open(&mut codecs, 1 << 24).expect("just built");
            let mut sum = 0;
            for record in set.records() {
                let record = record.expect("just built");
                sum += record.offset
                    + record.timestamp
                    + record.value.map_or(0, |value| value.len() as i64);
            }
            codecs.recycle(set.into_payload());
            sum
        });
}

fn batch(compression: Compression) -> Bytes {
    let mut builder = BatchBuilder::new();
    for line in lines().chunks(LINE) {
        builder
            .append(1_700_000_000_000, None, Some(line), no_headers())
            .expect("100 KB are no 2 GiB");
    }
    builder
        .finish(
            &BatchOptions {
                compression,
                ..BatchOptions::default()
            },
            &mut Codecs::new(),
        )
        .expect("there are records")
        .into()
}

/// Lines that compress about as JSON does.
fn lines() -> Vec<u8> {
    let mut out = Vec::with_capacity(RECORDS * LINE);
    let mut seed = 42u64;
    for i in 0..RECORDS {
        let start = out.len();
        out.extend_from_slice(format!("{{\"id\":{i},\"name\":\"customer\",\"note\":\"").as_bytes());
        while out.len() < start + LINE - 2 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            out.push(b'a' + (seed >> 60) as u8);
        }
        out.extend_from_slice(b"\"}");
    }
    out
}

const RECORDS: usize = 1000;
const LINE: usize = 100;
