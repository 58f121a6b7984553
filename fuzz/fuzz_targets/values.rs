//! Any text through the inference of header values, and what it says through every conversion.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_api::{Text, Value, values};

fuzz_target!(|data: &str| {
    let text = Text::from(data);
    let Some(parsed) = values::parse_string(&text) else {
        return;
    };
    convert(&Value::String(text));
    convert(&parsed.value);
    let _ = values::infer_schema(&parsed.value);
    let _ = (parsed.value.to_string(), values::to_text(&parsed.value));
    if let Some(schema) = &parsed.schema {
        let _ = schema.validate(&parsed.value);
    }
});

fn convert(value: &Value) {
    let _ = values::to_boolean(None, value);
    let _ = values::to_int64(None, value);
    let _ = values::to_float32(None, value);
    let _ = values::to_float64(None, value);
    let _ = values::to_list(value);
    let _ = values::to_map(value);
    let _ = values::to_date(None, value);
    let _ = values::to_time(None, value);
    let _ = values::to_timestamp(None, value);
    let _ = values::to_decimal(value, 2);
}
