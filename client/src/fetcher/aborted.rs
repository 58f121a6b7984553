//! Which batches `read_committed` leaves out.

use std::collections::BTreeSet;

use windlass_wire::batch::{BatchHeader, ControlMarker};

/// Follows the transactions through one partition's part of a Fetch answer.
///
/// The broker names every aborted transaction with records in the answer, by producer and first offset. From that offset
/// on the producer's batches are left out, until its abort marker; a later transaction of the same producer counts again.
#[derive(Debug, Default)]
pub(super) struct AbortedFilter {
    /// By first offset, the last one first.
    upcoming: Vec<(i64, i64)>,
    aborted: BTreeSet<i64>,
}

impl AbortedFilter {
    /// Takes pairs of first offset and producer id, in any order.
    pub(super) fn new(mut transactions: Vec<(i64, i64)>) -> Self {
        transactions.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            upcoming: transactions,
            aborted: BTreeSet::new(),
        }
    }

    /// Whether the batch's records are left out. `marker` reads a control batch's marker. Batches must come in order.
    pub(super) fn leaves_out(
        &mut self,
        header: &BatchHeader,
        marker: impl FnOnce() -> Option<ControlMarker>,
    ) -> bool {
        while let Some((_, producer)) = self
            .upcoming
            .pop_if(|(first, _)| *first <= header.last_offset())
        {
            self.aborted.insert(producer);
        }
        if header.attributes.is_control() {
            if self.aborted.contains(&header.producer.id) && marker() == Some(ControlMarker::Abort)
            {
                self.aborted.remove(&header.producer.id);
            }
            return true;
        }
        header.attributes.is_transactional() && self.aborted.contains(&header.producer.id)
    }
}
