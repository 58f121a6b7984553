//! Where the worker keeps configurations, statuses and source offsets.

pub mod config;
pub(crate) mod config_record;
pub(crate) mod config_state;
pub(crate) mod config_topic;
pub(crate) mod internal_topic;
pub mod offset_file;
pub(crate) mod offset_topic;
pub(crate) mod offsets;
pub mod status;
pub(crate) mod status_record;

pub use self::internal_topic::TopicError;

/// Milliseconds since the epoch, for what is written down; whatever waits uses tokio's clock.
pub(crate) fn wall_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
