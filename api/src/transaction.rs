//! Transactions whose ends the connector defines.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a source task says that its transactions end (`transaction.boundary=connector`, KIP-618).
///
/// What is said is about the records that the present call of `poll` appends, or about their last one where none is named.
/// A request about a record comes before one about the batch; what nobody ends goes on with the next batch. To abort
/// drops the records since the last end, but not their source offsets: they do not come again.
#[derive(Clone, Debug, Default)]
pub struct TransactionContext {
    asked: Arc<Mutex<TransactionRequests>>,
}

/// What a task has asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionRequests {
    /// Commit after the batch.
    pub commit_batch: bool,
    /// Abort after the batch.
    pub abort_batch: bool,
    /// Commit after the records with these places in the batch.
    pub commit_on: BTreeSet<usize>,
    /// Abort after the records with these places in the batch.
    pub abort_on: BTreeSet<usize>,
}

impl TransactionContext {
    /// Commits after the batch.
    pub fn commit_transaction(&self) {
        self.ask(|asked| asked.commit_batch = true);
    }

    /// Commits after the record at this place of the batch, from 0.
    pub fn commit_transaction_on(&self, place: usize) {
        self.ask(|asked| {
            asked.commit_on.insert(place);
        });
    }

    /// Aborts after the batch.
    pub fn abort_transaction(&self) {
        self.ask(|asked| asked.abort_batch = true);
    }

    /// Aborts after the record at this place of the batch, from 0.
    pub fn abort_transaction_on(&self, place: usize) {
        self.ask(|asked| {
            asked.abort_on.insert(place);
        });
    }

    /// What was asked for since the last call; for the runtime.
    pub fn take(&self) -> TransactionRequests {
        let mut taken = TransactionRequests::default();
        self.ask(|asked| taken = std::mem::take(asked));
        taken
    }

    fn ask(&self, ask: impl FnOnce(&mut TransactionRequests)) {
        ask(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl TransactionRequests {
    /// The place of the first record at or behind `from` after which something ends.
    pub fn next_end(&self, from: usize) -> Option<usize> {
        let first = |places: &BTreeSet<usize>| places.range(from..).next().copied();
        let (commit, abort) = (first(&self.commit_on), first(&self.abort_on));
        commit.into_iter().chain(abort).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_taken_once_and_ends_come_in_order() {
        let context = TransactionContext::default();
        context.commit_transaction_on(4);
        context.abort_transaction_on(2);
        context.abort_transaction();
        let asked = context.take();
        assert_eq!(
            [0, 2, 3, 5].map(|from| asked.next_end(from)),
            [Some(2), Some(2), Some(4), None]
        );
        assert!(asked.abort_batch && !asked.commit_batch);
        assert_eq!(context.take(), TransactionRequests::default());
    }
}
