//! Any text as the schema of an envelope, and again as the default of one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_api::Converter;
use windlass_converters::JsonConverter;

fuzz_target!(|data: &str| {
    let mut converter = JsonConverter::new();
    for message in [
        format!("{{\"schema\":{data},\"payload\":null}}"),
        format!(
            "{{\"schema\":{{\"type\":\"struct\",\"fields\":[{{\"field\":\"f\",{data}}}]}},\"payload\":{{}}}}"
        ),
        format!("{{\"payload\":{data},\"schema\":{data}}}"),
    ] {
        if let Ok(content) = converter.to_connect_data("t", Some(message.into())) {
            let mut out = Vec::new();
            let _ =
                converter.from_connect_data("t", content.schema.as_ref(), &content.value, &mut out);
        }
    }
});
