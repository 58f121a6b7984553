//! Where the worker keeps configurations, statuses and source offsets.

pub mod config;
pub mod offset_file;
pub mod status;
