//! The wall clock.

use std::time::SystemTime;

/// Milliseconds since the epoch, for timestamps that records carry. Never for measuring or waiting: that is the
/// runtime's clock, which tests can stop.
pub fn wall_clock_millis() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
