//! The Connect runtime: herder, worker, task loops, storage.

pub mod config;
pub mod herder;
pub mod plugins;
pub mod properties;
pub mod status;
pub mod storage;
