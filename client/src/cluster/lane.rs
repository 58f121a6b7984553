//! Which connection to a broker a request takes.

use std::ops::Deref;
use std::time::Duration;

use super::Cluster;

/// A broker serves one request of a connection at a time, so whatever may wait there (a long-poll Fetch, a JoinGroup)
/// needs a connection of its own: behind it on the same one, a heartbeat would be late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Metadata, admin, offset lookups: short questions of everybody.
    Shared,
    /// Produce requests of every producer that shares this cluster handle.
    Produce,
    /// One fetcher's; see [`Cluster::fetch_lane`].
    Fetch(u64),
    /// One group member's; see [`Cluster::group_lane`].
    Group(u64),
    /// One transactional producer's; see [`Cluster::transaction_lane`].
    Transaction(u64),
}

/// A lane that belongs to one user. Its connections are closed when it is dropped.
#[derive(Debug)]
pub struct OwnedLane {
    pub(super) cluster: Cluster,
    pub(super) lane: Lane,
}

impl OwnedLane {
    /// The lane, to name it in a [`Call`].
    pub fn lane(&self) -> Lane {
        self.lane
    }
}

impl Deref for OwnedLane {
    type Target = Lane;

    fn deref(&self) -> &Lane {
        &self.lane
    }
}

impl Drop for OwnedLane {
    fn drop(&mut self) {
        self.cluster.close_lane(self.lane);
    }
}

/// How one request is to be sent. A bare [`Lane`] is one with everything else at its default.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    pub(super) lane: Lane,
    pub(super) timeout: Option<Duration>,
    pub(super) max_version: i16,
}

impl Call {
    /// Waits this long for the answer instead of `request.timeout.ms`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Speaks at most this version of the request.
    #[must_use]
    pub fn max_version(mut self, version: i16) -> Self {
        self.max_version = version;
        self
    }
}

impl From<Lane> for Call {
    fn from(lane: Lane) -> Self {
        Self {
            lane,
            timeout: None,
            max_version: i16::MAX,
        }
    }
}

impl From<&OwnedLane> for Call {
    fn from(owned: &OwnedLane) -> Self {
        owned.lane.into()
    }
}
