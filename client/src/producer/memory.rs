//! `buffer.memory`: what batches may hold, and the buffers they leave behind.

use windlass_wire::batch::BatchBuilder;

/// Counts the bytes that batches hold (the capacity of their buffers, not what is written), and keeps buffers of sent
/// batches for the next ones. Both together stay within the limit, but for a single record larger than it.
#[derive(Debug)]
pub(super) struct Memory {
    limit: usize,
    used: usize,
    spare: Vec<BatchBuilder>,
    spare_bytes: usize,
}

impl Memory {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: 0,
            spare: Vec::new(),
            spare_bytes: 0,
        }
    }

    /// Bytes that batches hold.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Whether `bytes` more may be held. An empty buffer takes anything: a record larger than the limit must go sometime.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.used == 0 || self.used.saturating_add(bytes) <= self.limit
    }

    /// A batch holds `bytes` now that held `before`.
    pub(super) fn recharge(&mut self, before: usize, bytes: usize) {
        self.used = self.used.saturating_sub(before) + bytes;
        self.trim(self.limit);
    }

    /// An empty builder with room for `bytes`, charged with its capacity. The smallest spare one that is large enough.
    pub(super) fn take(&mut self, bytes: usize) -> BatchBuilder {
        let fitting = self
            .spare
            .iter()
            .enumerate()
            .filter(|(_, builder)| builder.capacity() >= bytes);
        let builder = match fitting
            .min_by_key(|(_, builder)| builder.capacity())
            .map(|(at, _)| at)
        {
            Some(at) => {
                let builder = self.spare.swap_remove(at);
                self.spare_bytes -= builder.capacity();
                builder
            }
            None => {
                let mut builder = BatchBuilder::new();
                builder.reuse(Vec::with_capacity(bytes));
                builder
            }
        };
        self.recharge(0, builder.capacity());
        builder
    }

    /// Takes back what [`Memory::take`] gave, emptied; `charged` is what its batch was last charged with.
    pub(super) fn give(&mut self, mut builder: BatchBuilder, charged: usize) {
        builder.clear();
        self.used = self.used.saturating_sub(charged);
        self.spare_bytes += builder.capacity();
        self.spare.push(builder);
        self.trim(self.limit);
    }

    /// Frees every spare buffer.
    pub(super) fn shrink(&mut self) {
        self.trim(0);
        self.spare.shrink_to_fit();
    }

    /// Whether [`Memory::shrink`] would free anything.
    pub(super) fn has_spare(&self) -> bool {
        self.spare_bytes > 0
    }

    fn trim(&mut self, limit: usize) {
        while self.used.saturating_add(self.spare_bytes) > limit {
            let smallest = self
                .spare
                .iter()
                .enumerate()
                .min_by_key(|(_, builder)| builder.capacity());
            let Some((at, _)) = smallest else { return };
            self.spare_bytes -= self.spare.swap_remove(at).capacity();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_smallest_buffer_that_fits_is_used_again() {
        let mut memory = Memory::new(1 << 20);
        let (small, large) = (memory.take(1000), memory.take(100_000));
        let (small_bytes, large_bytes) = (small.capacity(), large.capacity());
        memory.give(large, large_bytes);
        memory.give(small, small_bytes);
        assert_eq!(memory.used(), 0);
        assert_eq!(memory.take(500).capacity(), small_bytes);
        assert_eq!(memory.take(500).capacity(), large_bytes);
        assert!(!memory.has_spare());
    }

    proptest! {
        #[test]
        fn held_and_spare_bytes_stay_within_the_limit(steps in prop::collection::vec((any::<bool>(), 1usize..5000), 1..200)) {
            let mut memory = Memory::new(20_000);
            let mut held: Vec<BatchBuilder> = Vec::new();
            for (take, bytes) in steps {
                if take && memory.has_room(bytes) {
                    held.push(memory.take(bytes));
                } else if let Some(builder) = held.pop() {
                    let charged = builder.capacity();
                    memory.give(builder, charged);
                }
                let real: usize = held.iter().map(BatchBuilder::capacity).sum();
                prop_assert_eq!(memory.used(), real);
                // A spare buffer may be larger than what was asked for, so the last one taken may pass the limit by that.
                prop_assert!(memory.used() + memory.spare_bytes <= 20_000 + 5000);
            }
        }
    }
}
