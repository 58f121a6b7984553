//! The offsets a group has committed, and those waiting for a transaction.

use std::collections::BTreeMap;

/// A topic's name and a partition's index.
pub(crate) type TopicPartition = (String, i32);

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Committed {
    pub(crate) offset: i64,
    /// -1 when the consumer did not say.
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
}

/// The offsets of one group.
#[derive(Debug, Default)]
pub(crate) struct Offsets {
    committed: BTreeMap<TopicPartition, Committed>,
    /// By producer id: what its open transaction will commit.
    pending: BTreeMap<i64, BTreeMap<TopicPartition, Committed>>,
}

impl Offsets {
    pub(crate) fn commit(&mut self, partition: TopicPartition, committed: Committed) {
        self.committed.insert(partition, committed);
    }

    pub(crate) fn committed(&self, partition: &TopicPartition) -> Option<&Committed> {
        self.committed.get(partition)
    }

    /// All of them, by topic and partition.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&TopicPartition, &Committed)> {
        self.committed.iter()
    }

    /// Forgets one; returns whether it was there.
    pub(crate) fn delete(&mut self, partition: &TopicPartition) -> bool {
        self.committed.remove(partition).is_some()
    }

    /// The partitions of a topic with a committed offset.
    pub(crate) fn of_topic(&self, topic: &str) -> Vec<TopicPartition> {
        self.committed
            .keys()
            .filter(|(name, _)| name == topic)
            .cloned()
            .collect()
    }

    /// Remembers what the open transaction of a producer will commit.
    pub(crate) fn commit_later(
        &mut self,
        producer_id: i64,
        partition: TopicPartition,
        committed: Committed,
    ) {
        self.pending
            .entry(producer_id)
            .or_default()
            .insert(partition, committed);
    }

    /// Whether an open transaction will change this one.
    pub(crate) fn is_unstable(&self, partition: &TopicPartition) -> bool {
        self.pending
            .values()
            .any(|waiting| waiting.contains_key(partition))
    }

    /// What the open transaction of a producer would commit.
    pub(crate) fn pending(
        &self,
        producer_id: i64,
    ) -> impl Iterator<Item = (&TopicPartition, &Committed)> {
        self.pending.get(&producer_id).into_iter().flatten()
    }

    /// Ends the transaction of a producer.
    pub(crate) fn decide(&mut self, producer_id: i64, commit: bool) {
        let waiting = self.pending.remove(&producer_id).unwrap_or_default();
        if commit {
            self.committed.extend(waiting);
        }
    }
}
