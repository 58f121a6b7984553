//! kafka-protocol's messages at our border.
//!
//! Their generated decoders reserve memory for as many elements as an array claims to have: eighty hostile bytes abort the process.
//! And their errors say neither which message failed nor where. Decoding goes through here instead: the messages are read from a
//! buffer that refuses counts the rest of the message could not hold, and that knows how far it got.
//!
//! Bytes and strings in a decoded message are slices of the body handed in, record batches included.

mod guard;

use bytes::{Buf, Bytes};
use kafka_protocol::protocol::Decodable;

use crate::frame::{Frame, FrameWriter};
use crate::{ApiKey, Request, Result, WireError};
use guard::Guarded;

/// Decodes a request's body, as a broker does. The header was read by [`crate::frame::RequestHead::parse`].
///
/// # Errors
/// [`WireError::Message`], also for bytes behind the message and for a version the message does not have.
pub fn decode_request<R: Request>(version: i16, body: Bytes) -> Result<R> {
    decode::<R>(api_key::<R>()?, version, "request", body)
}

/// Decodes a response's body, as a client does. The header was read by [`crate::frame::response_body`].
///
/// # Errors
/// As [`decode_request`].
pub fn decode_response<R: Request>(version: i16, body: Bytes) -> Result<R::Response> {
    decode::<R::Response>(api_key::<R>()?, version, "response", body)
}

/// A request as a frame: size, header, body.
///
/// # Errors
/// [`WireError::Encode`] when the message has a field that `version` cannot carry.
pub fn encode_request<R: Request>(
    correlation_id: i32,
    client_id: Option<&str>,
    version: i16,
    request: &R,
) -> Result<Frame> {
    let api = api_key::<R>()?;
    let mut out = FrameWriter::new();
    out.request_head(api, version, correlation_id, client_id)?;
    request
        .encode(out.buffer(), version)
        .map_err(|error| WireError::Encode {
            what: "request",
            reason: format!("{api:?} v{version}: {error}"),
        })?;
    out.finish()
}

/// A response as a frame: size, header, body.
///
/// # Errors
/// As [`encode_request`].
pub fn encode_response<R: Request>(
    correlation_id: i32,
    version: i16,
    response: &R::Response,
) -> Result<Frame> {
    use kafka_protocol::protocol::Encodable;
    let api = api_key::<R>()?;
    let mut out = FrameWriter::new();
    out.response_head(api, version, correlation_id);
    response
        .encode(out.buffer(), version)
        .map_err(|error| WireError::Encode {
            what: "response",
            reason: format!("{api:?} v{version}: {error}"),
        })?;
    out.finish()
}

fn decode<M: Decodable>(api: ApiKey, version: i16, kind: &'static str, body: Bytes) -> Result<M> {
    let len = body.len();
    let fault = |position, reason| WireError::Message {
        api,
        version,
        kind,
        position,
        len,
        reason,
    };
    let mut buf = Guarded::suspicious(body.clone());
    let mut decoded = M::decode(&mut buf, version);
    if decoded.is_ok() && buf.has_substituted() {
        buf = Guarded::trusting(body);
        decoded = M::decode(&mut buf, version);
    }
    let position = len - buf.remaining();
    match decoded {
        Ok(message) if position == len => Ok(message),
        Ok(_) => Err(fault(
            position,
            format!("{} bytes behind the message", len - position),
        )),
        Err(error) => Err(fault(
            position,
            buf.refusal()
                .map_or_else(|| format!("{error:#}").trim_end().to_owned(), str::to_owned),
        )),
    }
}

fn api_key<R: Request>() -> Result<ApiKey> {
    ApiKey::try_from(R::KEY).map_err(|()| WireError::Encode {
        what: "message",
        reason: format!("api key {} is not known", R::KEY),
    })
}
