//! Comparing bytes.

#![allow(unsafe_code)]

use core::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8};
use core::cmp::Ordering;

/// Compares as `memcmp`: negative, zero or positive as the first byte that differs is smaller in `a`, there is none, or it
/// is greater.
///
/// # Safety
/// `a` and `b` are valid for reads of `len` bytes.
#[inline]
pub unsafe fn compare(a: *const u8, b: *const u8, len: usize) -> i32 {
    // SAFETY: every arm reads blocks that lie inside: one at the start, one that ends at the end, and in between those that
    // begin before the last.
    unsafe {
        match len {
            0 => 0,
            1 => i32::from(*a) - i32::from(*b),
            2..4 => ends::<u16>(a, b, len),
            4..8 => ends::<u32>(a, b, len),
            8..16 => ends::<u64>(a, b, len),
            _ => {
                let last = len - BLOCK;
                let mut at = 0;
                while at < last {
                    match block(a.add(at), b.add(at)) {
                        0 => at += BLOCK,
                        order => return order,
                    }
                }
                block(a.add(last), b.add(last))
            }
        }
    }
}

/// Compares the first `T` of two places, then the last: all, when they are at most two `T`.
///
/// # Safety
/// As [`compare`], with `size_of::<T>() <= len <= 2 * size_of::<T>()`.
#[inline(always)]
unsafe fn ends<T: Number>(a: *const u8, b: *const u8, len: usize) -> i32 {
    let last = len - size_of::<T>();
    // SAFETY: both numbers lie inside the places, as the caller promises.
    let order = unsafe {
        T::big_endian(a)
            .cmp(&T::big_endian(b))
            .then_with(|| T::big_endian(a.add(last)).cmp(&T::big_endian(b.add(last))))
    };
    match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

/// Compares one block.
///
/// # Safety
/// `a` and `b` are valid for reads of [`BLOCK`] bytes.
#[inline(always)]
unsafe fn block(a: *const u8, b: *const u8) -> i32 {
    // SAFETY: the caller's promise; the instruction takes any address, and SSE2 is part of x86-64. The byte compared last
    // is one of the block: a mask that is not full has its first zero below bit 16.
    unsafe {
        let equal = _mm_movemask_epi8(_mm_cmpeq_epi8(
            _mm_loadu_si128(a.cast()),
            _mm_loadu_si128(b.cast()),
        ));
        if equal == ALL_EQUAL {
            return 0;
        }
        let at = equal.trailing_ones() as usize;
        i32::from(*a.add(at)) - i32::from(*b.add(at))
    }
}

/// A number whose order, read with the first byte as the highest, is the order of its bytes.
trait Number: Ord {
    /// # Safety
    /// `from` is valid for reads of `size_of::<Self>()` bytes.
    unsafe fn big_endian(from: *const u8) -> Self;
}

macro_rules! number {
    ($($t:ty)*) => {$(
        impl Number for $t {
            #[inline(always)]
            unsafe fn big_endian(from: *const u8) -> Self {
                // SAFETY: the caller's promise; any bits are a number.
                unsafe { from.cast::<$t>().read_unaligned() }.to_be()
            }
        }
    )*};
}

number!(u16 u32 u64);

const BLOCK: usize = 16;
const ALL_EQUAL: i32 = 0xFFFF;
