//! Which partition a record goes to when the caller names none.

use windlass_wire::murmur2::partition_for_key;

/// The partition of a record with this key, as Java's producer has it: a topic's keys keep their places whoever writes.
pub(super) fn keyed(key: &[u8], partitions: i32) -> i32 {
    let count = u32::try_from(partitions).unwrap_or(1);
    i32::try_from(partition_for_key(key, count)).unwrap_or(0)
}

/// Where records without a key go: to one partition until a batch's worth of bytes went there (KIP-480, KIP-794), so that
/// batches fill up instead of many growing slowly side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct Sticky {
    partition: Option<i32>,
    bytes: usize,
}

impl Sticky {
    /// The partition to use; a new one if none is chosen, or if `batch` bytes went to this one and `may_switch` (its open
    /// batch is complete). `load` gives for each partition with a leader how many of its batches wait to be sent.
    pub(super) fn partition(
        &mut self,
        batch: usize,
        may_switch: bool,
        load: impl Iterator<Item = (i32, usize)>,
        rng: &mut fastrand::Rng,
    ) -> i32 {
        match self.partition {
            Some(partition) if self.bytes < batch || !may_switch => partition,
            _ => {
                let next = choose(&load.collect::<Vec<_>>(), rng);
                self.partition = Some(next);
                self.bytes = 0;
                next
            }
        }
    }

    /// The partition in use.
    pub(super) fn current(&self) -> Option<i32> {
        self.partition
    }

    /// `bytes` went to the partition in use.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// The topic changed: choose anew.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// A random partition, less likely the more batches wait for it (KIP-794): each is weighed by how many fewer batches wait
/// there than at the longest queue, plus one. Partition 0 when none has a leader: its batch waits for one.
fn choose(load: &[(i32, usize)], rng: &mut fastrand::Rng) -> i32 {
    let longest = load.iter().map(|(_, waiting)| *waiting).max().unwrap_or(0);
    let weight = |waiting: usize| (longest - waiting).saturating_add(1);
    let total: usize = load.iter().map(|(_, waiting)| weight(*waiting)).sum();
    if total == 0 {
        return 0;
    }
    let mut point = rng.usize(0..total);
    for (partition, waiting) in load {
        if point < weight(*waiting) {
            return *partition;
        }
        point -= weight(*waiting);
    }
    load.last().map_or(0, |(partition, _)| *partition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn even(count: i32) -> impl Iterator<Item = (i32, usize)> {
        (0..count).map(|partition| (partition, 0))
    }

    #[test]
    fn keys_go_where_javas_producer_sends_them() {
        // By kafka-console-producer with parse.key on a topic of ten partitions: toPositive(murmur2("21")) % 10.
        assert_eq!(keyed(b"21", 10), 0);
        assert_eq!(
            keyed(b"foobar", 1000),
            ((-790_332_482i32).cast_unsigned() & 0x7fff_ffff).cast_signed() % 1000
        );
        assert_eq!(keyed(b"", 1), 0);
    }

    #[test]
    fn sticks_until_a_batch_is_written_and_complete() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut sticky = Sticky::default();
        let first = sticky.partition(100, true, even(1000), &mut rng);
        sticky.wrote(99);
        assert_eq!(sticky.partition(100, true, even(1000), &mut rng), first);
        sticky.wrote(1);
        assert_eq!(sticky.partition(100, false, even(1000), &mut rng), first);
        assert_ne!(sticky.partition(100, true, even(1000), &mut rng), first);
    }

    #[test]
    fn a_slow_partition_gets_less() {
        let mut rng = fastrand::Rng::with_seed(5);
        let load = [(0, 0), (1, 9), (2, 0)];
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[usize::try_from(choose(&load, &mut rng)).unwrap()] += 1;
        }
        assert!(counts[1] > 100 && counts[1] < 1000, "{counts:?}");
        assert!(counts[0] > 4000 && counts[2] > 4000, "{counts:?}");
    }

    proptest! {
        #[test]
        fn a_partition_with_a_leader_is_chosen(load in prop::collection::vec(0usize..50, 1..50), seed: u64) {
            let load: Vec<(i32, usize)> = (0..).step_by(3).zip(load).collect();
            let chosen = choose(&load, &mut fastrand::Rng::with_seed(seed));
            prop_assert!(load.iter().any(|(partition, _)| *partition == chosen));
        }

        #[test]
        fn keyed_partitions_are_in_range(key: Vec<u8>, partitions in 1i32..10_000) {
            prop_assert!((0..partitions).contains(&keyed(&key, partitions)));
        }
    }
}
