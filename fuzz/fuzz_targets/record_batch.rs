//! A run of record batches, as a Fetch response holds it; the CRC is not asked for, or nothing would pass it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_wire::batch::Batches;
use windlass_wire::compression::Codecs;

fuzz_target!(|data: &[u8]| {
    let mut codecs = Codecs::new();
    for batch in Batches::new(data.to_vec().into()).map_while(Result::ok) {
        let Ok(set) = batch.open_unchecked(&mut codecs, 1 << 20) else { continue };
        for record in set.records().map_while(Result::ok) {
            record.headers.for_each(drop);
            record.value.map(|value| set.bytes_of(value));
        }
    }
});
