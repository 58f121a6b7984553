//! The topics a producer writes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::partitioner::Sticky;
use super::queue::Queue;
use crate::backoff::Backoff;
use crate::metadata::{Metadata, Topic};

/// Topics in the order they were first written to; the index is how the rest of the producer names them.
#[derive(Debug, Default)]
pub(super) struct Topics {
    known: Vec<Written>,
    by_name: BTreeMap<Arc<str>, usize>,
    /// The last topic looked up: runs of records to one topic carry the same `Arc`.
    last: Option<(Arc<str>, usize)>,
}

/// A topic that is written to.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) name: Arc<str>,
    /// One for each partition; never fewer than there once were.
    pub(super) queues: Vec<Queue>,
    /// How many partitions there are now.
    pub(super) count: i32,
    /// Those that have a leader.
    pub(super) available: Vec<i32>,
    pub(super) sticky: Sticky,
}

impl Topics {
    /// The index of a topic, if it is known.
    #[inline]
    pub(super) fn find(&mut self, name: &Arc<str>) -> Option<usize> {
        if let Some((last, index)) = &self.last
            && Arc::ptr_eq(last, name)
        {
            return Some(*index);
        }
        let index = *self.by_name.get(name)?;
        self.last = Some((Arc::clone(name), index));
        Some(index)
    }

    pub(super) fn topic(&mut self, index: usize) -> &mut Written {
        &mut self.known[index]
    }

    pub(super) fn name(&self, index: usize) -> &str {
        &self.known[index].name
    }

    pub(super) fn queue(&mut self, at: At) -> &mut Queue {
        &mut self.known[at.topic].queues[at.index]
    }

    /// Every topic's name.
    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.known
            .iter()
            .map(|topic| Arc::clone(&topic.name))
            .collect()
    }

    /// Learns the partitions of a topic, or that there are more by now.
    pub(super) fn learn(&mut self, topic: &Topic, limit: usize, backoff: &Backoff) {
        let index = match self.by_name.get(&topic.name) {
            Some(index) => *index,
            None => {
                let name = Arc::clone(&topic.name);
                self.by_name.insert(Arc::clone(&name), self.known.len());
                self.known.push(Written {
                    name,
                    queues: Vec::new(),
                    count: 0,
                    available: Vec::new(),
                    sticky: Sticky::default(),
                });
                self.known.len() - 1
            }
        };
        self.known[index].update(topic, limit, backoff);
    }

    /// Works a newer snapshot in. Topics that are gone stay as they were: their batches wait for them until they expire.
    pub(super) fn update(&mut self, metadata: &Metadata, limit: usize, backoff: &Backoff) {
        for written in &mut self.known {
            if let Some(topic) = metadata.topic(&written.name) {
                written.update(topic, limit, backoff);
            }
        }
    }
}

impl Written {
    fn update(&mut self, topic: &Topic, limit: usize, backoff: &Backoff) {
        let count = topic.partition_count();
        for partition in (0..count).skip(self.queues.len()) {
            self.queues.push(Queue::new(
                Arc::clone(&self.name),
                partition,
                limit,
                backoff.clone(),
            ));
        }
        if count != self.count {
            self.sticky.reset();
            self.count = count;
        }
        self.available.clear();
        self.available.extend(topic.available());
    }
}

/// A partition by the indices of its topic and itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) topic: usize,
    pub(super) index: usize,
}
