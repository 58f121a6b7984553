//! `memcpy`, `memmove`, `memcmp` and `bcmp` for x86-64 musl.
//!
//! The compiler calls these for every value of more than 128 bytes that moves, for every `copy_from_slice` of a length it
//! does not know and for every comparison of slices. musl's are written to be small: a copy is `rep movsq`, which takes tens
//! of cycles to begin; a move whose ends overlap upwards is `std; rep movsb`, a byte per cycle or less; a comparison is a
//! loop over bytes. Moving records of some 250 bytes so took a fifth of a source task's time.
//!
//! A program uses them by naming this crate (`use windlass_mem as _;`): the linker finds its symbols before it looks into
//! libc's archive. On other targets the crate exports nothing.
#![no_std]
// The compiler would turn the loops of `memcpy` into calls of `memcpy`.
#![no_builtins]

#[cfg(target_arch = "x86_64")]
pub mod compare;
#[cfg(target_arch = "x86_64")]
pub mod copy;
#[cfg(all(target_arch = "x86_64", target_env = "musl"))]
mod symbols;
