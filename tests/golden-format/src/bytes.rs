//! Bytes, as text or base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value as Json;

use crate::case::text;
use crate::report::Outcome;

/// The bytes of `{"utf8":..}` or `{"base64":..}`; `None` for null.
pub fn bytes(json: &Json) -> Option<Bytes> {
    match (json.get("utf8"), json.get("base64")) {
        (Some(utf8), _) => Some(Bytes::copy_from_slice(text(utf8).as_bytes())),
        (_, Some(base64)) => Some(decode(text(base64))),
        _ if json.is_null() => None,
        _ => panic!("expected bytes, found {json}"),
    }
}

/// Checks bytes against expected ones, or an error.
///
/// # Errors
/// How they differ.
pub fn expect_bytes(expected: &Json, actual: windlass_api::Result<Option<&[u8]>>) -> Outcome {
    let Some(actual) = crate::error::unless_error(expected, actual)? else {
        return Ok(());
    };
    if bytes(expected).as_deref() == actual {
        return Ok(());
    }
    let actual = actual.map(String::from_utf8_lossy);
    Err(format!("expected {expected}, found {actual:?}"))
}

/// Decodes base64.
pub(crate) fn decode(base64: &str) -> Bytes {
    STANDARD
        .decode(base64)
        .unwrap_or_else(|e| panic!("{base64}: {e}"))
        .into()
}
