//! Which message of a file a record is: the path of positions before the message's bytes.

use std::borrow::Cow;

use bytes::{Buf, Bytes};
use windlass_api::{ConnectError, ErrorKind, Result};

/// Appends a path: how many positions, then each, as zig-zag varints; the first message alone is a single zero.
pub(super) fn push(out: &mut Vec<u8>, path: &[i32]) {
    if path == [0] {
        out.push(0);
        return;
    }
    push_varint(out, path.len() as i32);
    for index in path {
        push_varint(out, *index);
    }
}

/// Takes the path off a message.
///
/// # Errors
/// [`ErrorKind::Data`] when there is none.
pub(super) fn split(bytes: &mut Bytes) -> Result<Cow<'static, [i32]>> {
    if bytes.first() == Some(&0) {
        bytes.advance(1);
        return Ok(Cow::Borrowed(&[0]));
    }
    let mut rest = &bytes[..];
    let path = read(&mut rest).ok_or_else(malformed)?;
    let length = bytes.len() - rest.len();
    bytes.advance(length);
    Ok(Cow::Owned(path))
}

fn read(rest: &mut &[u8]) -> Option<Vec<i32>> {
    let count = varint(rest)?;
    if count == 0 {
        return Some(vec![0]);
    }
    // Each position takes a byte at least.
    let count = usize::try_from(count)
        .ok()
        .filter(|count| *count <= rest.len())?;
    (0..count).map(|_| varint(rest)).collect()
}

fn varint(rest: &mut &[u8]) -> Option<i32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u32::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i32 ^ -((value & 1) as i32));
        }
    }
    None
}

fn push_varint(out: &mut Vec<u8>, value: i32) {
    let mut rest = (value << 1 ^ value >> 31) as u32;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn malformed() -> ConnectError {
    let cause = ConnectError::new(
        ErrorKind::Serialization,
        "expected the position of the message in its file after the schema id",
    );
    ConnectError::data("Failed to deserialize data to Protobuf: ").caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back() {
        for (path, bytes) in [
            (vec![0], vec![0]),
            (vec![1], vec![2, 2]),
            (vec![0, 0], vec![4, 0, 0]),
            (vec![2, 70], vec![4, 4, 0x8C, 1]),
        ] {
            let mut out = Vec::new();
            push(&mut out, &path);
            assert_eq!(out, bytes);
            out.push(9);
            let mut rest = Bytes::from(out);
            assert_eq!(split(&mut rest).unwrap(), path);
            assert_eq!(&rest[..], [9]);
        }
        for wrong in [
            &b""[..],
            &[0x80],
            &[4, 0],
            &[0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0],
        ] {
            assert!(split(&mut Bytes::copy_from_slice(wrong)).is_err());
        }
    }
}
