//! Any bytes through JsonConverter, enveloped and plain; what it reads it must be able to write and read again.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use windlass_api::{Converter, Encoded, Props, SchemaAndValue};
use windlass_converters::JsonConverter;

fuzz_target!(|data: &[u8]| {
    let Some((flags, message)) = data.split_first() else {
        return;
    };
    let mut converter = JsonConverter::new();
    let on = |bit: u8| Some((flags & bit != 0).to_string());
    let format = if flags & 4 != 0 { "NUMERIC" } else { "BASE64" };
    let props = Props::from_iter([
        ("schemas.enable".to_owned(), on(1)),
        ("replace.null.with.default".to_owned(), on(2)),
        ("decimal.format".to_owned(), Some(format.to_owned())),
    ]);
    Converter::configure(&mut converter, &props, false).unwrap();
    let message = Bytes::copy_from_slice(message);
    let first = converter
        .to_connect_data("t", Some(message.clone()))
        .map_err(|e| e.to_string());
    // The second time, the schema comes from the cache and the payload is read where it stands.
    let second = converter
        .to_connect_data("t", Some(message))
        .map_err(|e| e.to_string());
    assert_eq!(first, second);
    if let Ok(content) = first {
        round_trip(&mut converter, &content);
    }
});

fn round_trip(converter: &mut JsonConverter, content: &SchemaAndValue) {
    let mut out = Vec::new();
    let written =
        converter.from_connect_data("t", content.schema.as_ref(), &content.value, &mut out);
    if let Ok(Encoded::Appended) = written {
        let bytes = Bytes::from(out);
        assert!(std::str::from_utf8(&bytes).is_ok());
        // A double out of range is written as text, a default may take the place of null: it need not be the same.
        let _ = converter.to_connect_data("t", Some(bytes));
    }
}
