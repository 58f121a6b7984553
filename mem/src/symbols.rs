//! The names under which compilers look for these functions.

#![allow(unsafe_code)]

use core::ffi::c_int;

use crate::{compare, copy};

// SAFETY of the four: C's contract for each name is that of the function it calls. The names are libc's own, defined here
// instead of there with the same meaning, so that whoever links to them gets what the C standard promises.

#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    unsafe { copy::copy(to, from, len) };
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    unsafe { copy::copy(to, from, len) };
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> c_int {
    unsafe { compare::compare(a, b, len) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> c_int {
    unsafe { compare::compare(a, b, len) }
}
