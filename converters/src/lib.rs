//! Converters between Connect data and bytes.

pub mod config;
