//! Kafka's variable-length integers inside records: zigzag, seven bits a byte, little end first.

use crate::{Result, WireError};

/// Bytes of the longest varint of 64 bits.
pub(crate) const MAX_LEN: usize = 10;

/// Bytes that `value` takes as a zigzag varint.
#[inline]
pub(crate) fn len(value: i64) -> usize {
    // ceil(bits / 7) without a division, right for 1 to 64 bits.
    let bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    (bits * 9 + 64) >> 6
}

/// Writes `value` at the start of `out` and gives the bytes taken.
#[inline(always)]
pub(crate) fn put(out: &mut [u8; MAX_LEN], value: i64) -> usize {
    let rest = zigzag(value);
    if rest < 1 << 7 {
        out[0] = rest as u8;
        1
    } else if rest < 1 << 14 {
        out[0] = rest as u8 | 0x80;
        out[1] = (rest >> 7) as u8;
        2
    } else {
        put_long(out, rest)
    }
}

fn put_long(out: &mut [u8; MAX_LEN], mut rest: u64) -> usize {
    let mut at = 0;
    while rest >= 0x80 && at < MAX_LEN - 1 {
        out[at] = rest as u8 | 0x80;
        rest >>= 7;
        at += 1;
    }
    out[at] = rest as u8;
    at + 1
}

/// Appends `value` to `out`.
pub(crate) fn push(out: &mut Vec<u8>, value: i64) {
    let mut scratch = [0; MAX_LEN];
    let n = put(&mut scratch, value);
    out.extend_from_slice(&scratch[..n]);
}

/// Reads a varint of at most three bytes at `*at`, which nearly all in a record are, and moves `*at` behind it.
///
/// `None` says nothing but "not that simple": [`read_long`] gives the value or the reason.
#[inline(always)]
pub(crate) fn read_short(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let rest = bytes.get(*at..)?;
    let first = *rest.first()?;
    if first < 0x80 {
        *at += 1;
        return Some(unzigzag(u64::from(first)));
    }
    let second = *rest.get(1)?;
    let value = u64::from(first & 0x7f) | u64::from(second) << 7;
    if second < 0x80 {
        *at += 2;
        return Some(unzigzag(value));
    }
    let third = *rest.get(2)?;
    if third < 0x80 {
        *at += 3;
        return Some(unzigzag(value & 0x3fff | u64::from(third) << 14));
    }
    None
}

/// Reads a 64-bit varint at `*at` and moves `*at` behind it.
#[inline]
pub(crate) fn read_long(bytes: &[u8], at: &mut usize, what: &'static str) -> Result<i64> {
    match read_short(bytes, at) {
        Some(value) => Ok(value),
        None => read_slow(bytes, at, what),
    }
}

/// Reads a 32-bit varint (a length, a count, an offset delta) at `*at` and moves `*at` behind it.
#[inline]
pub(crate) fn read_int(bytes: &[u8], at: &mut usize, what: &'static str) -> Result<i32> {
    let start = *at;
    let value = read_long(bytes, at, what)?;
    i32::try_from(value).map_err(|_| WireError::Malformed {
        what,
        position: start,
        expected: "a varint of 32 bits",
        found: value,
    })
}

#[cold]
fn read_slow(bytes: &[u8], at: &mut usize, what: &'static str) -> Result<i64> {
    let start = *at;
    let rest = bytes.get(start..).unwrap_or_default();
    let mut value = 0u64;
    for (i, &byte) in rest.iter().take(MAX_LEN).enumerate() {
        // The tenth byte holds bit 63 only.
        if i == MAX_LEN - 1 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            *at = start + i + 1;
            return Ok(unzigzag(value));
        }
    }
    if rest.len() < MAX_LEN {
        return Err(WireError::Truncated {
            what,
            position: start,
            expected: rest.len() + 1,
            found: rest.len(),
        });
    }
    Err(WireError::Malformed {
        what,
        position: start,
        expected: "a varint of at most 10 bytes",
        found: i64::from(rest[MAX_LEN - 1]),
    })
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[inline(always)]
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn golden_bytes() {
        // From Java's ByteUtilsTest.
        let cases: [(i64, &[u8]); 9] = [
            (0, &[0]),
            (-1, &[1]),
            (1, &[2]),
            (63, &[0x7e]),
            (-64, &[0x7f]),
            (64, &[0x80, 1]),
            (i64::from(i32::MAX), &[0xfe, 0xff, 0xff, 0xff, 0x0f]),
            (i64::from(i32::MIN), &[0xff, 0xff, 0xff, 0xff, 0x0f]),
            (
                i64::MIN,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            ),
        ];
        for (value, bytes) in cases {
            let mut out = Vec::new();
            push(&mut out, value);
            assert_eq!(out, bytes, "{value}");
            assert_eq!(len(value), bytes.len(), "{value}");
        }
    }

    #[test]
    fn overlong_and_cut_off_are_errors() {
        let mut at = 0;
        assert!(matches!(
            read_long(&[0x80; 11], &mut at, "x"),
            Err(WireError::Malformed { .. })
        ));
        assert!(matches!(
            read_long(&[0xff; 9], &mut at, "x"),
            Err(WireError::Truncated { found: 9, .. })
        ));
        assert!(matches!(
            read_long(&[], &mut at, "x"),
            Err(WireError::Truncated { found: 0, .. })
        ));
        assert!(read_long(&[1], &mut usize::MAX.clone(), "x").is_err());
        assert_eq!(at, 0);
    }

    proptest! {
        #[test]
        fn round_trip(value: i64) {
            let mut out = Vec::new();
            push(&mut out, value);
            prop_assert_eq!(out.len(), len(value));
            let mut at = 0;
            prop_assert_eq!(read_long(&out, &mut at, "x").unwrap(), value);
            prop_assert_eq!(at, out.len());
        }
    }
}
