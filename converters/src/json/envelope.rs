//! Finding schema and payload.

use std::ops::Range;

use windlass_api::Text;

use super::error::{self, ReadResult};
use super::scanner::{Kind, Scanner};

/// Where the two members of an envelope stand.
pub(super) struct Envelope {
    pub(super) schema: Range<usize>,
    pub(super) payload: usize,
}

impl Envelope {
    /// Reads over an envelope: an object of exactly these two members, in whatever order.
    ///
    /// # Errors
    /// When the text is no JSON, or something else.
    pub(super) fn find(text: &Text) -> ReadResult<Envelope> {
        let mut scanner = Scanner::new(text);
        let (mut schema, mut payload, mut others) = (None, None, false);
        if scanner.peek()? != Kind::Object {
            if scanner.peek()? != Kind::Missing {
                scanner.skip()?;
            }
            return Err(not_an_envelope());
        }
        scanner.enter()?;
        let mut first = true;
        while let Some(key) = scanner.next_key(first)? {
            first = false;
            scanner.peek()?;
            let start = scanner.position();
            scanner.skip()?;
            match key.as_str() {
                "schema" => schema = Some(start..scanner.position()),
                "payload" => payload = Some(start),
                _ => others = true,
            }
        }
        match (schema, payload, others) {
            (Some(schema), Some(payload), false) => Ok(Envelope { schema, payload }),
            _ => Err(not_an_envelope()),
        }
    }
}

/// How envelopes begin whose payload can be read without looking for it.
pub(super) const SCHEMA_FIRST: &[u8] = b"{\"schema\":";
/// What follows the schema in these.
pub(super) const THEN_PAYLOAD: &[u8] = b",\"payload\":";

fn not_an_envelope() -> Box<windlass_api::ConnectError> {
    error::data(
        "JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields and may not contain additional \
         fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter \
         configuration.",
    )
}
