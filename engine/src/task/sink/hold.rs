//! Not reading while the connector's limits forbid it.

use std::time::Duration;

use tokio::time::Instant;
use windlass_api::Result;

use super::SinkLoop;
use crate::task::Hold;

impl SinkLoop {
    /// Counts what was read.
    pub(super) fn has_read(&mut self, records: usize, bytes: u64) {
        self.common.metrics.read(records, bytes);
        self.unflushed += bytes;
        self.common.pace.took(records as u64, bytes);
    }

    /// A commit covered so many bytes, or there was nothing to commit for them.
    pub(super) fn flushed(&mut self, bytes: u64) {
        self.unflushed = self.unflushed.saturating_sub(bytes);
        self.common.metrics.holds(self.unflushed);
    }

    /// Stops reading, or begins again, as the limits say. The place in the group is kept meanwhile.
    pub(super) fn apply_limits(&mut self) -> Result<()> {
        if self.common.pace.is_free() {
            return Ok(());
        }
        let hold = self.common.pace.hold(self.unflushed);
        match (hold, self.held) {
            (Some(hold), None) => {
                if hold == Hold::Bytes {
                    // Nothing else makes room.
                    self.context.requests().commit = true;
                }
                self.held = Some(Instant::now());
                self.pause_all()
            }
            (None, Some(since)) => {
                self.held = None;
                self.common.metrics.held_back(since.elapsed());
                if self.paused || self.redelivering {
                    return Ok(());
                }
                self.resume_all()
            }
            (Some(_), Some(_)) | (None, None) => Ok(()),
        }
    }

    /// A commit ended: if it made no room for what waits, another is due soon.
    pub(super) fn commit_again(&mut self) {
        if self.common.pace.hold(self.unflushed) == Some(Hold::Bytes) {
            self.next_commit = self.next_commit.min(Instant::now() + RETRY);
        }
    }

    /// How long to wait at most before the limits are looked at again.
    pub(super) fn held_timeout(&self) -> Option<Duration> {
        self.held?;
        Some(match self.common.pace.hold(self.unflushed)? {
            Hold::Until(at) => at.saturating_duration_since(Instant::now()),
            Hold::Bytes => LOOK_AGAIN,
        })
    }
}

/// Between commits while nothing is read.
const RETRY: Duration = Duration::from_secs(1);

/// How often it is looked whether a commit has made room.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
