//! Request and response headers.
//!
//! A request's header is version 1 (client id) or 2 (tagged fields too), a response's 0 or 1, as the message's own version says.
//! ApiVersions is the exception: its response always has header 0, since a client that asks cannot know what the broker speaks.

use bytes::{Buf, Bytes};
use kafka_protocol::protocol::StrBytes;

use crate::{ApiKey, Result, WireError};

/// The header of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// What is asked.
    pub api: ApiKey,
    /// In which version; it may be one we do not speak.
    pub version: i16,
    /// To be repeated in the response.
    pub correlation_id: i32,
    /// How the client calls itself.
    pub client_id: Option<StrBytes>,
}

impl RequestHead {
    /// Takes the header off the front of a frame; the rest is the body.
    ///
    /// # Errors
    /// [`WireError::UnknownApiKey`], [`WireError::Truncated`], [`WireError::Malformed`].
    pub fn parse(mut frame: Bytes) -> Result<(Self, Bytes)> {
        let len = frame.len();
        let short = |what, left: usize, expected| WireError::Truncated {
            what,
            position: len - left,
            expected,
            found: left,
        };
        if frame.len() < FIXED {
            return Err(short("request header", frame.len(), FIXED));
        }
        let api_key = frame.get_i16();
        let version = frame.get_i16();
        let correlation_id = frame.get_i32();
        let api = ApiKey::try_from(api_key).map_err(|()| WireError::UnknownApiKey {
            api_key,
            version,
            correlation_id,
        })?;
        if frame.len() < 2 {
            return Err(short("client id", frame.len(), 2));
        }
        let client_id = match frame.get_i16() {
            -1 => None,
            n => {
                let position = len - frame.len() - 2;
                let malformed = |expected, found| WireError::Malformed {
                    what: "client id",
                    position,
                    expected,
                    found,
                };
                let n = usize::try_from(n)
                    .map_err(|_| malformed("a length of -1 or more", i64::from(n)))?;
                if frame.len() < n {
                    return Err(short("client id", frame.len(), n));
                }
                let text = StrBytes::from_utf8(frame.split_to(n))
                    .map_err(|error| malformed("UTF-8", error.valid_up_to() as i64))?;
                Some(text)
            }
        };
        if api.request_header_version(version) >= 2 {
            skip_tagged_fields(&mut frame, len)?;
        }
        Ok((
            Self {
                api,
                version,
                correlation_id,
                client_id,
            },
            frame,
        ))
    }
}

/// The correlation id at the front of a response frame: what tells whose answer it is.
///
/// # Errors
/// [`WireError::Truncated`].
pub fn correlation_id(frame: &[u8]) -> Result<i32> {
    frame
        .first_chunk()
        .map(|id| i32::from_be_bytes(*id))
        .ok_or(WireError::Truncated {
            what: "response header",
            position: 0,
            expected: 4,
            found: frame.len(),
        })
}

/// A response frame without its header; `api` and `version` are those of the request it answers.
///
/// # Errors
/// [`WireError::Truncated`], [`WireError::Malformed`].
pub fn response_body(api: ApiKey, version: i16, mut frame: Bytes) -> Result<Bytes> {
    let len = frame.len();
    correlation_id(&frame)?;
    frame.advance(4);
    if api.response_header_version(version) >= 1 {
        skip_tagged_fields(&mut frame, len)?;
    }
    Ok(frame)
}

/// Tagged fields of headers: none is defined, so none is kept.
fn skip_tagged_fields(frame: &mut Bytes, len: usize) -> Result<()> {
    let count = unsigned_varint(frame, len)?;
    for _ in 0..count {
        unsigned_varint(frame, len)?;
        let size = unsigned_varint(frame, len)? as usize;
        if frame.len() < size {
            return Err(WireError::Truncated {
                what: "tagged field",
                position: len - frame.len(),
                expected: size,
                found: frame.len(),
            });
        }
        frame.advance(size);
    }
    Ok(())
}

fn unsigned_varint(frame: &mut Bytes, len: usize) -> Result<u32> {
    let position = len - frame.len();
    let mut value = 0u64;
    for i in 0..5 {
        let Ok(byte) = frame.try_get_u8() else {
            return Err(WireError::Truncated {
                what: "tagged fields",
                position,
                expected: i + 1,
                found: i,
            });
        };
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            break;
        }
    }
    u32::try_from(value).map_err(|_| WireError::Malformed {
        what: "tagged fields",
        position,
        expected: "a varint of 32 bits",
        found: value as i64,
    })
}

/// Api key, version, correlation id.
const FIXED: usize = 8;
