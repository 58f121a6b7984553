//! Every length up to some steps, at every alignment, with every overlap, against the standard library.
#![cfg(target_arch = "x86_64")]
#![allow(unsafe_code)]

use windlass_mem::compare::compare;
use windlass_mem::copy::copy;

/// Several steps of the loops, and their remainders.
const LENGTHS: usize = 400;

fn numbered(len: usize) -> Vec<u8> {
    // 251 is prime: no block equals its neighbour.
    (0..len).map(|i| (i % 251) as u8).collect()
}

#[test]
fn copies_whatever_the_overlap() {
    let shifts = (0..40).chain([63, 64, 65, 127, 128, 129, 200, 399, 400, 401, 600]);
    for shift in shifts {
        for len in 0..=LENGTHS {
            for align in [0, 1, 7, 15] {
                for (from, to) in [(align, align + shift), (align + shift, align)] {
                    let mut ours = numbered(LENGTHS + 700);
                    let mut std = ours.clone();
                    std.copy_within(from..from + len, to);
                    let base = ours.as_mut_ptr();
                    // SAFETY: both places lie inside `ours`: `align + shift + len` is below 15 + 601 + 401.
                    unsafe { copy(base.add(to), base.add(from), len) };
                    assert!(ours == std, "len {len}, from {from} to {to}");
                }
            }
        }
    }
}

#[test]
fn copies_long_pieces() {
    for len in [4095, 4096, 65_537, 1 << 20] {
        let from = numbered(len);
        let mut to = vec![0; len + 2];
        // SAFETY: `to` holds one byte before and one after the `len` bytes written.
        unsafe { copy(to.as_mut_ptr().add(1), from.as_ptr(), len) };
        assert!(to[0] == 0 && to[len + 1] == 0, "wrote outside");
        assert!(to[1..=len] == from, "len {len}");
    }
}

#[test]
fn compares_as_slices_do() {
    for len in 0..=LENGTHS / 2 {
        for align in [0, 3] {
            let a = numbered(len + align);
            for differs in (0..len).map(Some).chain([None]) {
                for change in [1, 0x80, 0xFF] {
                    let mut b = a.clone();
                    if let Some(at) = differs {
                        b[align + at] ^= change;
                        // A later difference the other way must not matter.
                        if at + 1 < len {
                            b[align + len - 1] ^= 0x80;
                        }
                    }
                    let (x, y) = (&a[align..], &b[align..]);
                    // SAFETY: both slices have `len` bytes.
                    let order = unsafe { compare(x.as_ptr(), y.as_ptr(), len) };
                    assert_eq!(order.cmp(&0), x.cmp(y), "len {len}, differs at {differs:?}");
                }
            }
        }
    }
}
