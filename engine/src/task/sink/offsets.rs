//! Which consumed offsets may be committed.

use windlass_api::{SinkOffsets, TopicPartition};

/// The offsets of a sink task: what it has been given, and what Kafka knows of it.
///
/// Offsets are those of the topics as consumed, whatever transforms made of the topic (B-083). Those of dropped records
/// count as delivered (B-082).
#[derive(Debug, Default)]
pub(super) struct Offsets {
    /// After the last record that `put` took.
    delivered: SinkOffsets,
    /// After the last record of the batch at hand; delivered once `put` takes it.
    batch: SinkOffsets,
    /// Committed, or where reading began.
    committed: SinkOffsets,
}

impl Offsets {
    /// A partition is assigned, to be read from this offset.
    pub(super) fn assigned(&mut self, partition: TopicPartition, position: i64) {
        self.committed.insert(partition.clone(), position);
        self.delivered.insert(partition, position);
    }

    /// Partitions went away.
    pub(super) fn removed(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.delivered.remove(partition);
            self.batch.remove(partition);
            self.committed.remove(partition);
        }
    }

    /// Whether the partition is this task's.
    pub(super) fn is_assigned(&self, partition: &TopicPartition) -> bool {
        self.committed.contains_key(partition)
    }

    /// The batch at hand reaches up to this offset of a partition.
    pub(super) fn fetched(&mut self, partition: TopicPartition, next: i64) {
        self.batch.insert(partition, next);
    }

    /// `put` took the batch at hand.
    pub(super) fn put(&mut self) {
        self.delivered.append(&mut self.batch);
    }

    /// Reading goes on elsewhere: `rewind` was asked for.
    pub(super) fn rewound(&mut self, partition: &TopicPartition, offset: i64) {
        self.delivered.insert(partition.clone(), offset);
    }

    /// Back to what was committed; where reading must go on.
    pub(super) fn roll_back(&mut self) -> &SinkOffsets {
        for (partition, offset) in &self.committed {
            self.delivered.insert(partition.clone(), *offset);
        }
        &self.committed
    }

    /// What was delivered of these partitions, to be offered to the task.
    pub(super) fn delivered(&self, partitions: &[TopicPartition]) -> SinkOffsets {
        let known = |p: &TopicPartition| self.delivered.get(p).map(|offset| (p.clone(), *offset));
        partitions.iter().filter_map(known).collect()
    }

    /// Of the offsets the task gave back for these partitions, those to commit; `None` when nothing changes. Offsets beyond
    /// what was delivered, and partitions that were not asked about, are ignored; offsets below the last commit are
    /// not (B-084).
    pub(super) fn committable(
        &self,
        partitions: &[TopicPartition],
        given: SinkOffsets,
    ) -> Option<SinkOffsets> {
        let asked = |p: &TopicPartition| self.committed.get(p).map(|offset| (p.clone(), *offset));
        let committed: SinkOffsets = partitions.iter().filter_map(asked).collect();
        let mut commit = committed.clone();
        for (partition, offset) in given {
            let TopicPartition {
                topic,
                partition: number,
            } = &partition;
            let Some(next) = commit.get_mut(&partition) else {
                tracing::warn!(%topic, partition = number, offset, "ignoring an offset given for a partition not asked about");
                continue;
            };
            let delivered = self.delivered.get(&partition).copied().unwrap_or(i64::MIN);
            if offset > delivered {
                tracing::warn!(%topic, partition = number, offset, delivered, "ignoring an offset beyond what was delivered");
                continue;
            }
            *next = offset;
        }
        (commit != committed).then_some(commit)
    }

    /// How many records were read whose offsets are not committed.
    pub(super) fn uncommitted(&self) -> i64 {
        let reached = |p: &TopicPartition| self.batch.get(p).or_else(|| self.delivered.get(p));
        let left = self.committed.iter();
        left.filter_map(|(p, committed)| Some((reached(p)? - committed).max(0)))
            .sum()
    }

    /// Whether the partition is committed up to this offset.
    pub(super) fn is_committed(&self, partition: &TopicPartition, offset: i64) -> bool {
        self.committed.get(partition) == Some(&offset)
    }

    /// Whether `put` took everything before these offsets, since reading began there at the latest.
    pub(super) fn are_delivered(&self, offsets: &SinkOffsets) -> bool {
        let mut offsets = offsets.iter();
        offsets.all(|(partition, offset)| {
            let delivered = self.delivered.get(partition);
            delivered.is_some_and(|delivered| offset <= delivered)
                || self.is_committed(partition, *offset)
        })
    }

    /// A commit succeeded.
    pub(super) fn committed(&mut self, offsets: &SinkOffsets) {
        for (partition, offset) in offsets {
            if let Some(committed) = self.committed.get_mut(partition) {
                *committed = *offset;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn tp(partition: i32) -> TopicPartition {
        TopicPartition {
            topic: Arc::from("t"),
            partition,
        }
    }

    fn map(pairs: &[(i32, i64)]) -> SinkOffsets {
        pairs.iter().map(|(p, o)| (tp(*p), *o)).collect()
    }

    #[test]
    fn a_batch_counts_once_put_took_it() {
        let mut offsets = Offsets::default();
        offsets.assigned(tp(0), 5);
        offsets.fetched(tp(0), 9);
        assert_eq!(offsets.delivered(&[tp(0)]), map(&[(0, 5)]));
        offsets.put();
        assert_eq!(offsets.delivered(&[tp(0), tp(1)]), map(&[(0, 9)]));
        assert_eq!(
            offsets.committable(&[tp(0)], map(&[(0, 9)])),
            Some(map(&[(0, 9)]))
        );
    }

    #[test]
    fn offsets_from_the_task_are_checked() {
        let mut offsets = Offsets::default();
        for p in 0..3 {
            offsets.assigned(tp(p), 10);
            offsets.fetched(tp(p), 20);
        }
        offsets.put();
        let given = map(&[(0, 21), (1, 7), (2, 20), (9, 1)]);
        assert_eq!(
            offsets.committable(&[tp(0), tp(1)], given),
            Some(map(&[(0, 10), (1, 7)]))
        );
        assert_eq!(offsets.committable(&[tp(0)], map(&[(0, 10)])), None);
        offsets.committed(&map(&[(0, 20), (9, 3)]));
        assert_eq!(offsets.committable(&[tp(0)], map(&[(0, 20)])), None);
    }

    #[test]
    fn rolls_back_to_the_last_commit_and_forgets_what_it_lost() {
        let mut offsets = Offsets::default();
        offsets.assigned(tp(0), 1);
        offsets.assigned(tp(1), 2);
        offsets.fetched(tp(0), 5);
        offsets.put();
        offsets.removed(&[tp(1)]);
        assert_eq!(*offsets.roll_back(), map(&[(0, 1)]));
        assert_eq!(offsets.delivered(&[tp(0), tp(1)]), map(&[(0, 1)]));
    }
}
