//! Any bytes through every converter, as keys, values and headers.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use windlass_api::Props;
use windlass_converters::plugins;

fuzz_target!(|data: &[u8]| {
    let Some((charset, message)) = data.split_first() else {
        return;
    };
    let charset = CHARSETS[usize::from(*charset) % CHARSETS.len()];
    let props = Props::from_iter([("converter.encoding".to_owned(), Some(charset.to_owned()))]);
    let message = Bytes::copy_from_slice(message);
    for plugin in plugins() {
        if let Some(mut converter) = plugin.new.map(|new| new()) {
            converter.configure(&props, true).unwrap();
            if let Ok(content) = converter.to_connect_data("t", Some(message.clone())) {
                let _ = converter.from_connect_data(
                    "t",
                    content.schema.as_ref(),
                    &content.value,
                    &mut Vec::new(),
                );
            }
        }
        if let Some(mut converter) = plugin.new_header.map(|new| new()) {
            converter.configure(&props).unwrap();
            if let Ok(content) = converter.to_connect_header("t", "h", Some(message.clone())) {
                let schema = content.schema.as_ref();
                let _ = converter.from_connect_header(
                    "t",
                    "h",
                    schema,
                    &content.value,
                    &mut Vec::new(),
                );
            }
        }
    }
});

const CHARSETS: [&str; 9] = [
    "UTF-8",
    "UTF-16",
    "UTF-16BE",
    "UTF-16LE",
    "UTF-32",
    "UTF-32LE",
    "US-ASCII",
    "ISO-8859-1",
    "windows-1252",
];
