//! Forms of the codecs that we never write but may be sent, and hostile payloads.

use std::io::Write;

use proptest::prelude::*;
use windlass_wire::WireError;
use windlass_wire::compression::{Codecs, Compression, Levels};

fn compress(codec: Compression, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Codecs::new().compress(codec, input, &mut out).unwrap();
    out
}

fn decompress(codec: Compression, input: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut out = b"kept".to_vec();
    Codecs::new().decompress(codec, input, LIMIT, &mut out)?;
    assert_eq!(&out[..4], b"kept", "output is appended");
    Ok(out.split_off(4))
}

fn text() -> Vec<u8> {
    (0..20_000)
        .flat_map(|i: u32| format!("{} bottles, ", i * i % 977).into_bytes())
        .collect()
}

#[test]
fn raw_snappy_is_read() {
    let raw = snap::raw::Encoder::new().compress_vec(&text()).unwrap();
    assert_eq!(decompress(Compression::Snappy, &raw).unwrap(), text());
}

#[test]
fn snappy_version_fields_may_be_little_endian_and_streams_concatenated() {
    let mut stream = compress(Compression::Snappy, &text());
    stream[8..16].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
    let both = [&stream[..], &stream].concat();
    assert_eq!(
        decompress(Compression::Snappy, &both).unwrap(),
        [text(), text()].concat()
    );
}

#[test]
fn gzip_members_may_have_names_and_follow_one_another() {
    let mut named = flate2::GzBuilder::new()
        .filename("a")
        .comment("b")
        .extra(vec![1, 2, 3])
        .write(Vec::new(), flate2::Compression::best());
    named.write_all(&text()).unwrap();
    let stream = [
        named.finish().unwrap(),
        compress(Compression::Gzip, b"more"),
    ]
    .concat();
    assert_eq!(
        decompress(Compression::Gzip, &stream).unwrap(),
        [&text()[..], b"more"].concat()
    );
}

#[test]
fn lz4_frames_with_linked_blocks_and_checksums_are_read() {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    for mode in [BlockMode::Linked, BlockMode::Independent] {
        let info = FrameInfo::new()
            .block_mode(mode)
            .block_size(BlockSize::Max256KB)
            .block_checksums(true)
            .content_checksum(true);
        let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(&text()).unwrap();
        assert_eq!(
            decompress(Compression::Lz4, &encoder.finish().unwrap()).unwrap(),
            text()
        );
    }
}

#[test]
fn zstd_frames_may_follow_one_another() {
    let stream = [
        compress(Compression::Zstd, &text()),
        compress(Compression::Zstd, b"more"),
    ]
    .concat();
    assert_eq!(
        decompress(Compression::Zstd, &stream).unwrap(),
        [&text()[..], b"more"].concat()
    );
}

#[test]
fn incompressible_and_empty_input_round_trips() {
    let mut noise = vec![0; 200_000];
    fastrand_fill(&mut noise);
    for codec in Compression::ALL {
        for input in [
            &noise[..],
            &[],
            &[9],
            &noise[..64 * 1024],
            &noise[..64 * 1024 + 1],
        ] {
            assert_eq!(
                decompress(codec, &compress(codec, input)).unwrap(),
                input,
                "{codec} {}",
                input.len()
            );
        }
    }
}

/// xorshift: bytes that no codec shortens.
fn fastrand_fill(out: &mut [u8]) {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for byte in out {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state as u8;
    }
}

#[test]
fn levels_change_the_size_and_not_the_content() {
    let mut sizes = Vec::new();
    for (gzip, zstd) in [(1, -7), (9, 12)] {
        let mut codecs = Codecs::with_levels(Levels {
            gzip,
            zstd,
            ..Levels::default()
        });
        for codec in [Compression::Gzip, Compression::Zstd] {
            let mut out = Vec::new();
            codecs.compress(codec, &text(), &mut out).unwrap();
            assert_eq!(decompress(codec, &out).unwrap(), text());
            sizes.push(out.len());
        }
    }
    assert!(sizes[2] < sizes[0] && sizes[3] < sizes[1], "{sizes:?}");
}

#[test]
fn cut_off_payloads_are_errors() {
    for codec in Compression::ALL.into_iter().skip(1) {
        let whole = compress(codec, &text()[..3000]);
        for cut in [0, 1, 5, 12, 17, whole.len() / 2, whole.len() - 1] {
            let outcome = decompress(codec, &whole[..cut]);
            assert!(
                outcome.is_err(),
                "{codec} cut at {cut} of {}: {outcome:?}",
                whole.len()
            );
        }
    }
}

#[test]
fn small_payloads_that_claim_much_are_refused() {
    // A raw snappy block of 6 bytes that claims 4 GiB, and one that claims what the limit would allow.
    for block in [
        &[0xff, 0xff, 0xff, 0xff, 0x0f, 0][..],
        &[0x80, 0x80, 0x40, 0],
    ] {
        let error = decompress(Compression::Snappy, block).unwrap_err();
        assert!(
            matches!(
                error,
                WireError::Compression {
                    codec: "snappy",
                    ..
                }
            ),
            "{error}"
        );
    }
    for codec in Compression::ALL.into_iter().skip(1) {
        let error = decompress(codec, &compress(codec, &vec![0; LIMIT + 1])).unwrap_err();
        assert!(
            matches!(error, WireError::DecompressedTooLarge { limit: LIMIT, .. }),
            "{codec}: {error}"
        );
    }
}

#[test]
fn a_buffer_given_back_is_used_again_unless_it_is_shared() {
    let payload = compress(Compression::Lz4, &text());
    let mut codecs = Codecs::new();
    let first = codecs
        .decompress_to_bytes(Compression::Lz4, &payload, LIMIT)
        .unwrap();
    let (at, kept) = (first.as_ptr(), first.slice(..10));
    codecs.recycle(first);
    let second = codecs
        .decompress_to_bytes(Compression::Lz4, &payload, LIMIT)
        .unwrap();
    assert_ne!(second.as_ptr(), at, "somebody still reads the first");
    let at = second.as_ptr();
    codecs.recycle(second);
    let third = codecs
        .decompress_to_bytes(Compression::Lz4, &payload, LIMIT)
        .unwrap();
    assert_eq!((third.as_ptr(), &third[..]), (at, &text()[..]));
    assert_eq!(kept, text()[..10]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_survived(codec in prop::sample::select(Compression::ALL.to_vec()), bytes in prop::collection::vec(any::<u8>(), 0..200), keep in 0usize..40) {
        let mut payload = compress(codec, b"a beginning that is right, right, right");
        payload.truncate(keep);
        payload.extend_from_slice(&bytes);
        let _ = decompress(codec, &payload);
    }

    #[test]
    fn round_trip_at_any_level(input in prop::collection::vec(0u8..4, 0..2000), gzip in -1i32..10, zstd in -20i32..20) {
        let mut codecs = Codecs::with_levels(Levels { gzip, zstd, ..Levels::default() });
        for codec in Compression::ALL {
            let mut out = Vec::new();
            codecs.compress(codec, &input, &mut out).unwrap();
            prop_assert_eq!(&codecs.decompress_to_bytes(codec, &out, LIMIT).unwrap()[..], &input[..]);
        }
    }
}

const LIMIT: usize = 2 << 20;
