//! A pattern and a text: an answer, an error or giving up, soon.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_api::JavaRegex;

fuzz_target!(|data: (&str, &str)| {
    let (pattern, text) = data;
    // Repetitions of repetitions are bounded by the compiler's size limit, which is slow to reach.
    if pattern.len() > 64 || text.len() > 64 {
        return;
    }
    if let Ok(regex) = JavaRegex::new(pattern) {
        let _ = regex.matches(text);
        let _ = regex.find(text);
    }
});
