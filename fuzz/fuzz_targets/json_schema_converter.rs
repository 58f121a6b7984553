//! Any text as a JSON Schema, and any bytes as a message of it; what was read is written and read again.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use windlass_converters::json_schema::{
    Options, from_json_schema, read_json, to_json_schema, write_json,
};

fuzz_target!(|data: &[u8]| {
    let Some((flags, rest)) = data.split_first() else {
        return;
    };
    // The schema ends with the first zero.
    let (schema, message) = match rest.iter().position(|b| *b == 0) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, &b"{}"[..]),
    };
    let options = Options {
        generalized_sum_types: flags & 1 != 0,
        ignore_default_for_nullables: flags & 2 != 0,
        optional_for_nonrequired: flags & 4 != 0,
        numeric_decimals: flags & 8 != 0,
        flatten_singleton_unions: flags & 16 != 0,
        ..Options::default()
    };
    let Ok(text) = std::str::from_utf8(schema) else {
        return;
    };
    let Ok(schema) = from_json_schema(text, &[], None, &options) else {
        return;
    };
    // Some schemas are read that have no text of their own: maps without plain keys inside others.
    let _ = to_json_schema(&schema, &options);
    let Ok(value) = read_json(Bytes::copy_from_slice(message), &schema) else {
        return;
    };
    let mut out = Vec::new();
    if write_json(&mut out, &schema, &value, &options).is_ok() {
        assert!(std::str::from_utf8(&out).is_ok());
        let _ = read_json(out.into(), &schema);
    }
});
