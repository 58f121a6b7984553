//! A payload for each codec, chosen by the first byte. The contexts are used twice, as after a corrupt batch.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_wire::compression::{Codecs, Compression};

fuzz_target!(|data: &[u8]| {
    let Some((codec, payload)) = data.split_first() else { return };
    let codec = Compression::ALL[usize::from(codec % 5)];
    let mut codecs = Codecs::new();
    for _ in 0..2 {
        let mut out = Vec::new();
        if codecs.decompress(codec, payload, LIMIT, &mut out).is_ok() {
            assert!(out.len() <= LIMIT);
            let mut again = Vec::new();
            codecs.compress(codec, &out, &mut again).unwrap();
            assert_eq!(codecs.decompress_to_bytes(codec, &again, LIMIT).unwrap(), out);
        }
    }
});

const LIMIT: usize = 1 << 20;
