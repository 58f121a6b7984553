//! The Connect runtime: herder, worker, task loops, storage.

pub mod config;
#[doc(hidden)]
pub mod fuzz;
pub mod group;
pub mod herder;
pub mod invariants;
pub mod java_map;
pub mod metrics;
pub mod offline;
mod offsets;
pub mod peer;
mod pipeline;
pub mod plugins;
pub mod properties;
pub mod status;
pub mod storage;
mod task;
mod trace;
pub mod worker;
