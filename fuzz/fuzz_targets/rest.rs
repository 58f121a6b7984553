//! What a client of REST may send: the target of the request, and its body.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|request: (&str, &[u8])| {
    windlass_rest::fuzz::target(request.0);
    windlass_rest::fuzz::body(request.1);
});
