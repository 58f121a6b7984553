//! A properties file of any bytes: an answer or an error, and never more text than the file holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_engine::properties;

fuzz_target!(|data: &[u8]| {
    if let Ok(props) = properties::parse(data) {
        let text: usize = props.iter().map(|(k, v)| k.len() + v.as_ref().map_or(0, String::len)).sum();
        // A byte of Latin-1 takes two in UTF-8; half a surrogate pair, six bytes as an escape, takes three.
        assert!(text <= data.len() * 2);
    }
});
