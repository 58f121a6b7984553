//! JAAS texts: login lines and files are read or refused, and no error shows a value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_secret::jaas;

fuzz_target!(|text: &str| {
    let _ = jaas::parse_line(text);
    let _ = jaas::parse_file(text, |name| (name.len() < 8).then(|| "value".to_owned()));
    // What is quoted comes back, whatever stands before it.
    let quoted = text.replace(['\r', '\n'], " ").replace('\\', "\\\\").replace('"', "\\\"");
    let module = jaas::parse_line(&format!("a.B required k=\"{quoted}\";")).expect("a line");
    assert_eq!(module.options["k"].reveal(), text.replace(['\r', '\n'], " "));
});
