//! Which letters are not written yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use windlass_api::TopicPartition;

use super::Unwritten;

/// Letters on their way, by the partition their record was consumed from.
#[derive(Debug)]
pub(super) struct Pending {
    open: Mutex<Open>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
pub(super) struct Open {
    count: usize,
    partitions: BTreeMap<TopicPartition, usize>,
    failures: BTreeMap<TopicPartition, Unwritten>,
}

impl Pending {
    pub(super) fn new() -> Self {
        Pending {
            open: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// A letter is on its way.
    pub(super) fn begin(&self, place: Option<&TopicPartition>) {
        let mut open = self.lock();
        open.count += 1;
        if let Some(place) = place {
            *open.partitions.entry(place.clone()).or_default() += 1;
        }
    }

    /// A letter came to its end; a failure is kept where an offset depends on it.
    pub(super) fn end(&self, place: Option<&TopicPartition>, failure: Option<Unwritten>) {
        let mut open = self.lock();
        open.count = open.count.saturating_sub(1);
        if let Some(place) = place
            && let Some(count) = open.partitions.get_mut(place)
        {
            *count -= 1;
            if *count == 0 {
                open.partitions.remove(place);
            }
            if let Some(failure) = failure {
                open.failures.entry(place.clone()).or_insert(failure);
            }
        }
        drop(open);
        self.changed.send_replace(());
    }

    pub(super) fn count(&self) -> usize {
        self.lock().count
    }

    /// The first failure that one of these partitions depends on, once.
    pub(super) fn take_failure(&self, partitions: &[TopicPartition]) -> Option<Unwritten> {
        let mut open = self.lock();
        let failures = partitions
            .iter()
            .filter_map(|partition| open.failures.remove(partition));
        failures.last()
    }

    /// Nothing depends on these partitions any more.
    pub(super) fn forget(&self, partitions: &[TopicPartition]) {
        let mut open = self.lock();
        for partition in partitions {
            open.partitions.remove(partition);
            open.failures.remove(partition);
        }
    }

    /// Waits for a condition. Cancel-safe.
    pub(super) async fn until(&self, holds: impl Fn(&Open) -> bool) {
        let mut changed = self.changed.subscribe();
        while !holds(&self.lock()) {
            // The sender lives as long as `self`.
            let _ = changed.changed().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn has(&self, partition: &TopicPartition) -> bool {
        self.partitions.contains_key(partition)
    }
}
