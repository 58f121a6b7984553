//! The five bytes before a message: a magic 0, and the id of its schema.

use bytes::Bytes;
use windlass_api::{ConnectError, ErrorKind, Result};

/// How long the frame is.
pub const LENGTH: usize = 5;

/// Appends the frame of a schema.
pub fn push(out: &mut Vec<u8>, id: i32) {
    let [a, b, c, d] = id.to_be_bytes();
    out.extend_from_slice(&[MAGIC, a, b, c, d]);
}

/// The id of a message's schema, and what follows it.
///
/// # Errors
/// [`ErrorKind::Data`] when the message has no frame: it was not written by a serializer of a registry.
pub fn split(message: &Bytes) -> Result<(i32, Bytes)> {
    match message.first_chunk() {
        Some(&[MAGIC, a, b, c, d]) => {
            Ok((i32::from_be_bytes([a, b, c, d]), message.slice(LENGTH..)))
        }
        _ => Err(no_frame(message)),
    }
}

fn no_frame(message: &[u8]) -> ConnectError {
    let cause = match message.first() {
        Some(&MAGIC) | None => format!(
            "expected a frame of {LENGTH} bytes, found {} in all",
            message.len()
        ),
        Some(other) => format!("expected 0 as the first byte, found {other}"),
    };
    let cause = ConnectError::new(ErrorKind::Serialization, cause);
    ConnectError::data("Unknown magic byte!").caused_by(cause)
}

const MAGIC: u8 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let mut out = Vec::new();
        push(&mut out, 0x0102_0304);
        out.push(9);
        assert_eq!(out, [0, 1, 2, 3, 4, 9]);
        let (id, rest) = split(&Bytes::from(out)).unwrap();
        assert_eq!((id, &rest[..]), (0x0102_0304, &[9][..]));
        for wrong in [&b""[..], b"\0\0\0\0", b"\x01\0\0\0\x01", b"{\"a\":1}"] {
            assert!(split(&Bytes::copy_from_slice(wrong)).is_err());
        }
    }
}
