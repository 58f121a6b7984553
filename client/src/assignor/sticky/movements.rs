//! Which partitions have moved from whom to whom while the general algorithm balances.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::TopicPartition;
use crate::assignor::java_order::partition_bucket;

/// Moves so far, so that a move may be undone by another partition of its topic instead of a second move: what matters
/// is how many partitions change hands, not which.
#[derive(Default)]
pub(super) struct Movements {
    moved: BTreeMap<TopicPartition, Pair>,
    by_topic: BTreeMap<Arc<str>, BTreeMap<Pair, Vec<TopicPartition>>>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    from: String,
    to: String,
}

impl Movements {
    /// The partition to move when `tp` shall go from `from` to `to`: one of the same topic that came the other way, if any.
    pub(super) fn instead_of(&self, tp: &TopicPartition, from: &str, to: &str) -> TopicPartition {
        let from = self.moved.get(tp).map_or(from, |pair| &pair.from);
        let back = Pair {
            from: to.to_owned(),
            to: from.to_owned(),
        };
        let came = self
            .by_topic
            .get(&tp.topic)
            .and_then(|pairs| pairs.get(&back));
        came.and_then(|list| {
            list.iter()
                .min_by_key(|p| partition_bucket(&p.topic, p.partition))
        })
        .unwrap_or(tp)
        .clone()
    }

    /// Notes that `tp` went from `from` to `to`.
    pub(super) fn moved(&mut self, tp: &TopicPartition, from: &str, to: &str) {
        let mut pair = Pair {
            from: from.to_owned(),
            to: to.to_owned(),
        };
        if let Some(earlier) = self.forget(tp) {
            if earlier.from == to {
                return;
            }
            pair.from = earlier.from;
        }
        self.moved.insert(tp.clone(), pair.clone());
        self.by_topic
            .entry(tp.topic.clone())
            .or_default()
            .entry(pair)
            .or_default()
            .push(tp.clone());
    }

    fn forget(&mut self, tp: &TopicPartition) -> Option<Pair> {
        let pair = self.moved.remove(tp)?;
        let pairs = self.by_topic.get_mut(&tp.topic)?;
        if let Some(list) = pairs.get_mut(&pair) {
            list.retain(|p| p != tp);
            if list.is_empty() {
                pairs.remove(&pair);
            }
        }
        Some(pair)
    }
}
