//! Text that is not shown, and the JAAS texts it is written in.
//!
//! All crates that hold passwords, keys or tokens hold them as [`Secret`].

pub mod jaas;
pub mod mask;
mod secret;

pub use secret::Secret;
