//! Copying bytes between places that may overlap.

#![allow(unsafe_code)]

use core::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_storeu_si128};

/// Copies `len` bytes, as `memmove`: the places may overlap.
///
/// # Safety
/// `from` is valid for reads of `len` bytes and `to` for writes of `len` bytes. Neither need be aligned.
#[inline]
pub unsafe fn copy(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: every arm takes lengths for which the blocks it reads and writes lie inside the two places: a block of `n`
    // bytes at the start and one that ends at the end, with `len >= n`. All blocks of an arm are read before the first is
    // written, so that overlap does no harm.
    unsafe {
        match len {
            0 => {}
            1 => *to = *from,
            2..4 => ends::<u16>(to, from, len),
            4..8 => ends::<u32>(to, from, len),
            8..16 => ends::<u64>(to, from, len),
            16..=32 => ends::<[Block; 1]>(to, from, len),
            33..=64 => ends::<[Block; 2]>(to, from, len),
            65..=128 => ends::<[Block; 4]>(to, from, len),
            // Unless `to` lies inside the source, where going upwards would overwrite what is still to be read.
            _ if to.addr().wrapping_sub(from.addr()) >= len => upwards(to, from, len),
            _ => downwards(to, from, len),
        }
    }
}

/// Copies the first and the last `T` of places of `len` bytes: all of them, when they are at most two `T`.
///
/// # Safety
/// As [`copy`], with `size_of::<T>() <= len <= 2 * size_of::<T>()`.
#[inline(always)]
unsafe fn ends<T: Wide>(to: *mut u8, from: *const u8, len: usize) {
    let last = len - size_of::<T>();
    // SAFETY: both blocks lie inside the places, as the caller promises; both are read before one is written.
    unsafe {
        let (a, b) = (T::read(from), T::read(from.add(last)));
        a.write(to);
        b.write(to.add(last));
    }
}

/// Copies from the start to the end.
///
/// # Safety
/// As [`copy`], with `len > 128` and `to` not inside `from..from + len`.
unsafe fn upwards(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: `head` and `tail` lie inside since `len > STEP`. The loop's blocks end before `len - STEP` plus one step,
    // which is at most `len`: `at < len - STEP` gives `at + STEP < len`. Where the places overlap, `to < from`: a
    // block written ends at `to + at + STEP`, below `from + at + STEP`, where the next is read. `tail` was read before
    // anything was written; `head` covers what lies before the first aligned block.
    unsafe {
        let head = Block::read(from);
        let tail = Step::read(from.add(len - STEP));
        // So that blocks are written to whole cache lines.
        let mut at = BLOCK - to.addr() % BLOCK;
        while at < len - STEP {
            Step::read(from.add(at)).write(to.add(at));
            at += STEP;
        }
        tail.write(to.add(len - STEP));
        head.write(to);
    }
}

/// Copies from the end to the start.
///
/// # Safety
/// As [`copy`], with `len > 128` and `to` inside `from..from + len`.
unsafe fn downwards(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: as in `upwards`, mirrored: a block written begins at `to + end - STEP`, above `from + end - STEP`, where
    // the next one read ends. `head` was read before anything was written and covers what is left below one step.
    unsafe {
        let head = Step::read(from);
        let tail = Block::read(from.add(len - BLOCK));
        let mut end = len - (to.addr() + len) % BLOCK;
        while end > STEP {
            end -= STEP;
            Step::read(from.add(end)).write(to.add(end));
        }
        head.write(to);
        tail.write(to.add(len - BLOCK));
    }
}

/// A value that is read and written at any address.
trait Wide: Copy {
    /// # Safety
    /// `from` is valid for reads of `size_of::<Self>()` bytes.
    unsafe fn read(from: *const u8) -> Self;

    /// # Safety
    /// `to` is valid for writes of `size_of::<Self>()` bytes.
    unsafe fn write(self, to: *mut u8);
}

macro_rules! wide_number {
    ($($t:ty)*) => {$(
        impl Wide for $t {
            #[inline(always)]
            unsafe fn read(from: *const u8) -> Self {
                // SAFETY: the caller's promise; any bits are a number.
                unsafe { from.cast::<$t>().read_unaligned() }
            }

            #[inline(always)]
            unsafe fn write(self, to: *mut u8) {
                // SAFETY: the caller's promise.
                unsafe { to.cast::<$t>().write_unaligned(self) }
            }
        }
    )*};
}

wide_number!(u16 u32 u64);

impl Wide for Block {
    #[inline(always)]
    unsafe fn read(from: *const u8) -> Self {
        // SAFETY: the caller's promise; the instruction takes any address. SSE2 is part of x86-64.
        unsafe { _mm_loadu_si128(from.cast()) }
    }

    #[inline(always)]
    unsafe fn write(self, to: *mut u8) {
        // SAFETY: as for `read`.
        unsafe { _mm_storeu_si128(to.cast(), self) }
    }
}

impl<const N: usize> Wide for [Block; N] {
    #[inline(always)]
    unsafe fn read(from: *const u8) -> Self {
        // SAFETY: block `i` of `N` lies inside the `N * BLOCK` bytes that the caller promises.
        core::array::from_fn(|i| unsafe { Block::read(from.add(i * BLOCK)) })
    }

    #[inline(always)]
    unsafe fn write(self, to: *mut u8) {
        for (i, block) in self.into_iter().enumerate() {
            // SAFETY: as for `read`.
            unsafe { block.write(to.add(i * BLOCK)) };
        }
    }
}

type Block = __m128i;
type Step = [Block; 4];
const BLOCK: usize = size_of::<Block>();
const STEP: usize = size_of::<Step>();
