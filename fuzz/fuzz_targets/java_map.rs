//! An offsets file of any bytes; what can be read is written so that it reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_engine::java_map;

fuzz_target!(|data: &[u8]| {
    if let Ok(map) = java_map::read(data) {
        assert_eq!(java_map::read(&java_map::write(&map)).as_ref(), Ok(&map));
    }
});
