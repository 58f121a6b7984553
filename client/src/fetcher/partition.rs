//! Where reading of one partition stands.

use tokio::time::Instant;

use crate::config::OffsetReset;
use crate::metadata::NodeId;

/// One assigned partition.
#[derive(Debug)]
pub(super) struct Partition {
    /// Changes with every seek: answers to what was asked before are stale.
    pub(super) incarnation: u64,
    pub(super) stage: Stage,
    pub(super) paused: bool,
    /// Where the partition ended for this reader, as of the last answer.
    pub(super) log_end: Option<i64>,
    /// Answers of it that wait to be handed out.
    pub(super) chunks: usize,
    /// A request about its offset is under way.
    pub(super) asking: bool,
    /// Nothing is asked about it before this.
    pub(super) not_before: Option<Instant>,
    /// A replica the leader told to read from, and until when (KIP-392).
    pub(super) preferred: Option<(NodeId, Instant)>,
}

/// How far it is known where to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The group may have committed an offset.
    AskGroup,
    /// The reset policy decides.
    Reset(OffsetReset),
    /// Reading.
    At(Position),
}

/// A place in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The next offset to hand out.
    pub(super) offset: i64,
    /// The leader epoch of the record before, when known.
    pub(super) epoch: Option<i32>,
    /// The next offset to fetch, behind what waits to be handed out.
    pub(super) fetch_from: i64,
    /// The leader's epoch under which `epoch` was last found to be no truncated one.
    pub(super) checked_under: i32,
}

impl Partition {
    pub(super) fn new(incarnation: u64, stage: Stage) -> Self {
        Self {
            incarnation,
            stage,
            paused: false,
            log_end: None,
            chunks: 0,
            asking: false,
            not_before: None,
            preferred: None,
        }
    }

    /// Goes on elsewhere; what was fetched before is stale.
    pub(super) fn restart(&mut self, incarnation: u64, stage: Stage) {
        let (paused, log_end) = (self.paused, self.log_end);
        *self = Self {
            paused,
            log_end,
            ..Self::new(incarnation, stage)
        };
    }

    /// Where it is read, if that is known.
    pub(super) fn position(&self) -> Option<Position> {
        match self.stage {
            Stage::At(position) => Some(position),
            Stage::AskGroup | Stage::Reset(_) => None,
        }
    }

    /// Whether a request about it may begin.
    pub(super) fn is_free(&self) -> bool {
        !self.asking && self.not_before.is_none()
    }
}

impl Position {
    pub(super) fn new(offset: i64, epoch: Option<i32>) -> Self {
        Self {
            offset,
            epoch,
            fetch_from: offset,
            checked_under: -1,
        }
    }
}
