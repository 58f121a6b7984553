//! Where the worker keeps configurations, statuses and source offsets.

pub mod config;
pub mod status;
