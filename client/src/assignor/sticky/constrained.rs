//! The case that all members want the same topics, which it nearly always is: linear, and as sticky as balance allows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Moving, Owner};
use crate::TopicPartition;
use crate::assignor::{Assignments, PartitionCounts};

/// Every member gets `floor` or `ceil` of the mean. First members keep what they own, up to that; then what is left
/// over goes around.
pub(super) fn assign(
    topics: &PartitionCounts,
    owners: Vec<Owner<'_>>,
    contested: &BTreeSet<TopicPartition>,
) -> (Assignments, Moving) {
    let total: usize = topics
        .values()
        .map(|count| usize::try_from(*count).unwrap_or(0))
        .sum();
    let mut round = Round {
        floor: total / owners.len(),
        ceil: total.div_ceil(owners.len()),
        larger_expected: total % owners.len(),
        ..Round::default()
    };
    for owner in owners {
        round.keep_owned(owner, contested);
    }
    let taken: BTreeSet<&TopicPartition> = round.assignments.values().flatten().collect();
    let all = topics
        .iter()
        .flat_map(|(topic, count)| (0..*count).map(|p| TopicPartition::new(topic.clone(), p)));
    let unassigned: Vec<TopicPartition> = all.filter(|tp| !taken.contains(tp)).collect();
    round.deal(unassigned, contested);
    (round.assignments, round.moving)
}

#[derive(Default)]
struct Round {
    /// What every member gets at least, and at most.
    floor: usize,
    ceil: usize,
    /// How many members get `ceil` when that differs from `floor`, and how many already do.
    larger_expected: usize,
    larger: usize,
    /// Members below `floor`, and those at `floor` that could take one more.
    below: Vec<String>,
    at_floor: VecDeque<String>,
    assignments: Assignments,
    /// Taken from whom.
    revoked: BTreeMap<TopicPartition, String>,
    moving: Moving,
}

impl Round {
    fn keep_owned(&mut self, owner: Owner<'_>, contested: &BTreeSet<TopicPartition>) {
        let id = owner.member.id.clone();
        let mut owned = owner.owned;
        owned.retain(|tp| !contested.contains(tp));
        owned.sort_by(|a, b| (a.partition, &a.topic).cmp(&(b.partition, &b.topic)));
        let keep = if owned.len() < self.floor {
            self.below.push(id.clone());
            owned.len()
        } else if owned.len() >= self.ceil && self.larger < self.larger_expected {
            self.larger += 1;
            if self.larger == self.larger_expected {
                self.at_floor.clear();
            }
            self.ceil
        } else {
            if self.larger < self.larger_expected {
                self.at_floor.push_back(id.clone());
            }
            self.floor
        };
        self.revoked
            .extend(owned.drain(keep..).map(|tp| (tp, id.clone())));
        self.assignments.insert(id, owned);
    }

    /// Gives what is left over: around among those below `floor` until none is, then one each to those at `floor`.
    fn deal(&mut self, unassigned: Vec<TopicPartition>, contested: &BTreeSet<TopicPartition>) {
        let mut below = std::mem::take(&mut self.below);
        below.sort_unstable();
        self.at_floor.make_contiguous().sort_unstable();
        let mut next = 0;
        for partition in unassigned {
            if next >= below.len() {
                next = 0;
            }
            let taker = match below.get(next) {
                Some(taker) => taker.clone(),
                None => match self.at_floor.pop_front() {
                    Some(taker) => taker,
                    // The quotas add up to all partitions, so nothing is left when nobody has room.
                    None => break,
                },
            };
            let has = self.give(partition, &taker, contested);
            if next < below.len() {
                if has == self.floor {
                    below.remove(next);
                    self.at_floor.push_back(taker);
                } else {
                    next += 1;
                }
            }
        }
    }

    fn give(
        &mut self,
        partition: TopicPartition,
        taker: &str,
        contested: &BTreeSet<TopicPartition>,
    ) -> usize {
        let moves = match self.revoked.get(&partition) {
            Some(from) => from != taker,
            None => contested.contains(&partition),
        };
        if moves {
            self.moving.insert(partition.clone(), taker.to_owned());
        }
        let list = self.assignments.entry(taker.to_owned()).or_default();
        list.push(partition);
        list.len()
    }
}
