//! Copies of a few dozen bytes whose length is known only at run time.

/// Copies `src` to the start of `dst`, which is at least as long.
///
/// musl's `memcpy` is a `rep movsq`, dear below some hundred bytes: two copies of fixed size that may overlap took
/// encoding of 100-byte values from 28 to 19 ns per record.
#[inline(always)]
pub(super) fn copy_small(dst: &mut [u8], src: &[u8]) {
    let len = src.len();
    let dst = &mut dst[..len];
    match len {
        0 => {}
        1..4 => ends::<1>(dst, src, len / 2),
        4..8 => overlapping::<4>(dst, src),
        8..16 => overlapping::<8>(dst, src),
        16..32 => overlapping::<16>(dst, src),
        32..64 => overlapping::<32>(dst, src),
        64..=128 => overlapping::<64>(dst, src),
        129..=256 => overlapping::<128>(dst, src),
        _ => dst.copy_from_slice(src),
    }
}

/// The first and the last `N` bytes.
#[inline(always)]
fn overlapping<const N: usize>(dst: &mut [u8], src: &[u8]) {
    if let (Some(head), Some(tail)) = (src.first_chunk::<N>(), src.last_chunk::<N>())
        && let Some(to) = dst.first_chunk_mut::<N>()
    {
        *to = *head;
        if let Some(to) = dst.last_chunk_mut::<N>() {
            *to = *tail;
        }
    }
}

/// First, middle and last byte: all of one to three.
#[inline(always)]
fn ends<const N: usize>(dst: &mut [u8], src: &[u8], middle: usize) {
    overlapping::<N>(dst, src);
    dst[middle] = src[middle];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_every_length_and_nothing_beyond() {
        let src: Vec<u8> = (0..600u32).map(|i| (i % 251) as u8).collect();
        for len in 0..src.len() {
            let mut dst = vec![0xee; len + 3];
            copy_small(&mut dst, &src[..len]);
            assert_eq!(dst[..len], src[..len]);
            assert_eq!(dst[len..], [0xee; 3]);
        }
    }
}
