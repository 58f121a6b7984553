//! The case that members want different topics: assign what nobody has, then move partitions while that makes the
//! spread more even, and undo it all if it did not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::movements::Movements;
use super::{NO_GENERATION, Owner};
use crate::TopicPartition;
use crate::assignor::{Assignments, PartitionCounts};

/// Assigns in quadratic time at worst; groups of mixed subscriptions are small.
pub(super) fn assign(topics: &PartitionCounts, owners: Vec<Owner<'_>>) -> Assignments {
    let mut balance = Balance::new(topics, &owners);
    let revocation = balance.keep_valid(owners);
    let unassigned = balance.all_partitions(|tp| !balance.holder.contains_key(tp));
    balance.run(unassigned, revocation);
    balance
        .current
        .into_iter()
        .map(|(id, list)| (id, list.into_iter().collect()))
        .collect()
}

type Current = BTreeMap<String, BTreeSet<TopicPartition>>;

struct Balance<'a> {
    topics: &'a PartitionCounts,
    /// Who wants a topic, and what a member wants of the topics there are.
    takers: BTreeMap<Arc<str>, Vec<String>>,
    wants: BTreeMap<String, Vec<Arc<str>>>,
    /// Owners of an older generation, who get a partition back when that makes the spread more even.
    former: BTreeMap<TopicPartition, String>,
    current: Current,
    holder: BTreeMap<TopicPartition, String>,
    /// Members that take part in balancing, those with least first.
    by_load: BTreeSet<(usize, String)>,
    movements: Movements,
}

impl<'a> Balance<'a> {
    fn new(topics: &'a PartitionCounts, owners: &[Owner<'_>]) -> Self {
        let mut takers: BTreeMap<Arc<str>, Vec<String>> =
            topics.keys().map(|t| (t.clone(), Vec::new())).collect();
        let mut wants = BTreeMap::new();
        for owner in owners {
            let known = |t: &&Arc<str>| topics.contains_key(*t);
            let wanted: Vec<Arc<str>> = owner
                .member
                .subscription
                .topics
                .iter()
                .filter(known)
                .cloned()
                .collect();
            for topic in &wanted {
                takers
                    .entry(topic.clone())
                    .or_default()
                    .push(owner.member.id.clone());
            }
            wants.insert(owner.member.id.clone(), wanted);
        }
        Self {
            topics,
            takers,
            wants,
            former: former_owners(owners),
            current: Current::new(),
            holder: BTreeMap::new(),
            by_load: BTreeSet::new(),
            movements: Movements::default(),
        }
    }

    /// Members keep what they own of topics they still want. Tells whether one had to give something up.
    fn keep_valid(&mut self, owners: Vec<Owner<'_>>) -> bool {
        let mut revocation = false;
        for owner in owners {
            let mut kept = BTreeSet::new();
            for tp in owner.owned {
                // As in Java a number beyond the topic's partitions is kept: only topics are checked.
                if owner.member.subscription.wants(&tp.topic) {
                    self.holder.insert(tp.clone(), owner.member.id.clone());
                    kept.insert(tp);
                } else {
                    revocation = true;
                }
            }
            self.by_load.insert((kept.len(), owner.member.id.clone()));
            self.current.insert(owner.member.id.clone(), kept);
        }
        revocation
    }

    /// Partitions that pass, those of topics that few members want first.
    fn all_partitions(&self, pass: impl Fn(&TopicPartition) -> bool) -> Vec<TopicPartition> {
        let mut topics: Vec<(usize, &Arc<str>)> = self
            .takers
            .iter()
            .map(|(t, takers)| (takers.len(), t))
            .collect();
        topics.sort_unstable();
        let partitions = topics
            .into_iter()
            .flat_map(|(_, t)| (0..self.topics[t]).map(|p| TopicPartition::new(t.clone(), p)));
        partitions.filter(pass).collect()
    }

    fn run(&mut self, mut unassigned: Vec<TopicPartition>, revocation: bool) {
        let initial = self.by_load.last().is_none_or(|(load, _)| *load == 0);
        for tp in &unassigned {
            self.assign_to_least_loaded(tp);
        }
        unassigned.retain(|tp| self.topic_can_move(&tp.topic));
        let movable = self.all_partitions(|tp| self.topic_can_move(&tp.topic));
        let fixed = self.set_fixed_aside();
        let before = (self.current.clone(), self.holder.clone());
        if !revocation {
            self.reassign(&unassigned);
        }
        let moved = self.reassign(&movable);
        if !initial && moved && spread_of(&self.current) >= spread_of(&before.0) {
            (self.current, self.holder) = before;
        }
        self.current.extend(fixed);
    }

    fn assign_to_least_loaded(&mut self, tp: &TopicPartition) {
        let taker = self
            .by_load
            .iter()
            .find(|(_, id)| self.wants[id].contains(&tp.topic));
        if let Some(taker) = taker.cloned() {
            self.put(tp.clone(), taker.1);
        }
    }

    /// Members whose partitions cannot change take no part in balancing.
    fn set_fixed_aside(&mut self) -> Current {
        let fixed: Vec<String> = self
            .wants
            .keys()
            .filter(|id| !self.member_can_change(id))
            .cloned()
            .collect();
        let mut aside = Current::new();
        for id in fixed {
            if let Some(list) = self.current.remove(&id) {
                self.by_load.remove(&(list.len(), id.clone()));
                aside.insert(id, list);
            }
        }
        aside
    }

    fn topic_can_move(&self, topic: &str) -> bool {
        self.takers
            .get(topic)
            .is_some_and(|takers| takers.len() >= 2)
    }

    fn member_can_change(&self, id: &str) -> bool {
        let list = &self.current[id];
        list.len() < self.most_for(id) || list.iter().any(|tp| self.topic_can_move(&tp.topic))
    }

    /// How many partitions a member could have if it had all it wants.
    fn most_for(&self, id: &str) -> usize {
        self.wants[id]
            .iter()
            .map(|t| usize::try_from(self.topics[t]).unwrap_or(0))
            .sum()
    }

    /// Moves partitions to members that have at least two less, until none can be. Tells whether any moved.
    fn reassign(&mut self, movable: &[TopicPartition]) -> bool {
        let mut ever = false;
        loop {
            let mut moved = false;
            for tp in movable {
                if self.is_balanced() {
                    break;
                }
                moved |= self.reassign_one(tp);
            }
            if !moved {
                return ever;
            }
            ever = true;
        }
    }

    fn reassign_one(&mut self, tp: &TopicPartition) -> bool {
        let Some(load) = self.holder.get(tp).and_then(|id| self.load(id)) else {
            return false;
        };
        let lighter = |id: &String| self.load(id).is_some_and(|other| load > other + 1);
        if let Some(former) = self.former.get(tp).filter(|id| lighter(id)).cloned() {
            self.shift(tp, former);
            return true;
        }
        if !self.takers[&tp.topic].iter().any(lighter) {
            return false;
        }
        let taker = self
            .by_load
            .iter()
            .find(|(_, id)| self.wants[id].contains(&tp.topic))
            .cloned();
        if let Some((_, taker)) = taker {
            self.shift(tp, taker);
        }
        true
    }

    fn shift(&mut self, tp: &TopicPartition, taker: String) {
        let from = self.holder[tp].clone();
        let tp = self.movements.instead_of(tp, &from, &taker);
        let from = self.holder[&tp].clone();
        self.movements.moved(&tp, &from, &taker);
        if let Some(list) = self.current.get_mut(&from) {
            self.by_load.remove(&(list.len(), from.clone()));
            list.remove(&tp);
            self.by_load.insert((list.len(), from));
        }
        self.put(tp, taker);
    }

    fn put(&mut self, tp: TopicPartition, taker: String) {
        let list = self.current.entry(taker.clone()).or_default();
        self.by_load.remove(&(list.len(), taker.clone()));
        list.insert(tp.clone());
        self.by_load.insert((list.len(), taker.clone()));
        self.holder.insert(tp, taker);
    }

    fn load(&self, id: &str) -> Option<usize> {
        self.current.get(id).map(BTreeSet::len)
    }

    /// Whether no member could take a partition from one that has at least two more.
    fn is_balanced(&self) -> bool {
        let (Some((least, _)), Some((most, _))) = (self.by_load.first(), self.by_load.last())
        else {
            return true;
        };
        if least + 1 >= *most {
            return true;
        }
        self.by_load.iter().all(|(load, id)| {
            if *load == self.most_for(id) {
                return true;
            }
            self.wants[id].iter().all(|topic| {
                (0..self.topics[topic]).all(|p| {
                    let holder = self.holder.get(&TopicPartition::new(topic.clone(), p));
                    holder
                        .and_then(|other| self.load(other))
                        .is_none_or(|other| load + 1 >= other)
                })
            })
        })
    }
}

/// Sum of the differences between any two members.
fn spread_of(current: &Current) -> usize {
    let loads: Vec<usize> = current.values().map(BTreeSet::len).collect();
    loads
        .iter()
        .enumerate()
        .map(|(i, a)| loads[i + 1..].iter().map(|b| a.abs_diff(*b)).sum::<usize>())
        .sum()
}

/// For each partition the member that owned it in the latest generation before the newest one.
fn former_owners(owners: &[Owner<'_>]) -> BTreeMap<TopicPartition, String> {
    let generation_of = |o: &Owner<'_>| o.previous.generation.unwrap_or(NO_GENERATION);
    let newest = owners
        .iter()
        .map(generation_of)
        .max()
        .unwrap_or(NO_GENERATION);
    let mut former: BTreeMap<TopicPartition, (i32, String)> = BTreeMap::new();
    for owner in owners {
        let generation = generation_of(owner);
        if generation >= newest {
            continue;
        }
        for tp in &owner.previous.partitions {
            let known = former
                .get(tp)
                .is_some_and(|(other, _)| generation <= *other);
            if !known {
                former.insert(tp.clone(), (generation, owner.member.id.clone()));
            }
        }
    }
    former.into_iter().map(|(tp, (_, id))| (tp, id)).collect()
}
