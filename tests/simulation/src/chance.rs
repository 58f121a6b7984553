//! The operating system's random numbers, taken from the seed.
//!
//! The order of a `HashMap` and the branch that `tokio::select!` looks at first come from `getrandom`. The standard
//! library links it weakly so that a program may put its own in place: with this one a process of one thread does the
//! same each time it is run with the same seed.
#![allow(
    unsafe_code,
    reason = "the only way to make std's hash keys and tokio's choices repeatable"
)]

use std::sync::atomic::{AtomicU64, Ordering};

/// Fixes the numbers that are given out from now on. Call it first of all: some are drawn once per thread.
pub(crate) fn seed(seed: u64) {
    STATE.store(seed, Ordering::Relaxed);
    fastrand::seed(seed);
}

/// Takes the place of libc's: fills the buffer from the seed.
///
/// # Safety
/// As for libc's: `buffer` must be valid for writes of `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut u8, length: usize, _flags: u32) -> isize {
    if length == 0 {
        return 0;
    }
    // SAFETY: the caller promises that the buffer is valid for writes of this length; the bytes are written before
    // they are lent as a slice, so none is read that was not initialised.
    let bytes = unsafe {
        std::ptr::write_bytes(buffer, 0, length);
        std::slice::from_raw_parts_mut(buffer, length)
    };
    for chunk in bytes.chunks_mut(size_of::<u64>()) {
        chunk.copy_from_slice(&next().to_le_bytes()[..chunk.len()]);
    }
    length.cast_signed()
}

/// splitmix64
fn next() -> u64 {
    let mut z = STATE
        .fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed)
        .wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

static STATE: AtomicU64 = AtomicU64::new(0);
