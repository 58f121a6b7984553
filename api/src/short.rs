//! Copies and comparisons of a few dozen bytes whose number is known only at run time.
//!
//! musl compares byte by byte and copies by `rep movsq`, both dear for what records are made of. Steps of fixed size,
//! the last of which may overlap the one before, take a third of the time.

/// Appends bytes.
#[inline]
pub fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() {
        0 => {}
        1 => out.push(bytes[0]),
        2..4 => push_steps::<2>(out, bytes),
        4..8 => push_steps::<4>(out, bytes),
        8..32 => push_steps::<8>(out, bytes),
        32..512 => push_steps::<32>(out, bytes),
        _ => out.extend_from_slice(bytes),
    }
}

/// Whether both are the same bytes.
#[inline]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match a.len() {
            0..2 => a.first() == b.first(),
            2..4 => equal_steps::<2>(a, b),
            4..8 => equal_steps::<4>(a, b),
            8..32 => equal_steps::<8>(a, b),
            _ => equal_steps::<32>(a, b),
        }
}

/// What follows the prefix, if the bytes begin with it.
#[inline]
pub fn strip_prefix<'b>(bytes: &'b [u8], prefix: &[u8]) -> Option<&'b [u8]> {
    let (start, rest) = bytes.split_at_checked(prefix.len())?;
    equal(start, prefix).then_some(rest)
}

#[inline]
fn push_steps<const N: usize>(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len() + N);
    let end = out.len() + bytes.len();
    let (steps, _) = bytes.as_chunks::<N>();
    for step in steps {
        out.extend_from_slice(step);
    }
    if let Some(last) = bytes.last_chunk::<N>() {
        out.truncate(end - N);
        out.extend_from_slice(last);
    }
}

#[inline]
fn equal_steps<const N: usize>(a: &[u8], b: &[u8]) -> bool {
    let steps = a.as_chunks::<N>().0.iter().zip(b.as_chunks::<N>().0);
    a.last_chunk::<N>() == b.last_chunk::<N>() && steps.into_iter().all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_copied_and_compared_whole() {
        let bytes: Vec<u8> = (0..600u32).map(|i| (i % 251) as u8).collect();
        for length in 0..bytes.len() {
            let part = &bytes[..length];
            let mut out = vec![7];
            push(&mut out, part);
            assert_eq!(&out[1..], part);
            assert!(equal(part, &out[1..]));
            assert_eq!(strip_prefix(&bytes, part), Some(&bytes[length..]));
            for at in 1..out.len() {
                out[at] ^= 1;
                assert!(!equal(part, &out[1..]), "{length} {at}");
                out[at] ^= 1;
            }
        }
        assert_eq!(strip_prefix(b"ab", b"abc"), None);
        assert!(!equal(b"ab", b"abc"));
    }
}
