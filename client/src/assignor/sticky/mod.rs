//! Java's AbstractStickyAssignor: balanced first, then as few moves as can be.

mod constrained;
mod general;
mod movements;

use std::collections::{BTreeMap, BTreeSet};

use bytes::{BufMut, Bytes, BytesMut};

use super::java_order::sort_as_hash_map;
use super::protocol::{Reader, put_partitions};
use super::{Assignments, Member, PartitionCounts};
use crate::TopicPartition;

/// Partitions that move from one member to another, with the one that shall have them.
pub(super) type Moving = BTreeMap<TopicPartition, String>;

/// What a member had before, as its subscription tells it.
#[derive(Clone, Debug, Default)]
pub(super) struct Previous {
    /// The partitions.
    pub(super) partitions: Vec<TopicPartition>,
    /// The generation they were assigned in; `None` when it is not told.
    pub(super) generation: Option<i32>,
}

/// A member and what of its claims holds, in the order Java's hash map walks over the members.
struct Owner<'a> {
    member: &'a Member,
    previous: &'a Previous,
    owned: Vec<TopicPartition>,
}

/// Assigns, and tells which partitions move if that came out on the way (it does when all members want the same topics).
/// `previous` stands in the order of `members`.
pub(super) fn assign(
    topics: &PartitionCounts,
    members: &[Member],
    previous: &[Previous],
) -> (Assignments, Option<Moving>) {
    if members.is_empty() {
        return (Assignments::new(), None);
    }
    let mut owners: Vec<Owner<'_>> = members
        .iter()
        .zip(previous)
        .map(|(member, previous)| Owner {
            member,
            previous,
            owned: Vec::new(),
        })
        .collect();
    sort_as_hash_map(&mut owners, |o| &o.member.id);
    let contested = settle_claims(&mut owners, topics);
    if all_want_the_same(&owners) {
        let (assignments, moving) = constrained::assign(topics, owners, &contested);
        (assignments, Some(moving))
    } else {
        (general::assign(topics, owners), None)
    }
}

/// Gives each previously owned partition to one owner: the claim of the latest generation. Two claims of the same
/// generation void each other; those partitions are returned.
fn settle_claims(owners: &mut [Owner<'_>], topics: &PartitionCounts) -> BTreeSet<TopicPartition> {
    let mut contested = BTreeSet::new();
    let mut holder: BTreeMap<TopicPartition, usize> = BTreeMap::new();
    for index in 0..owners.len() {
        let previous = owners[index].previous;
        let generation = previous.generation.unwrap_or(NO_GENERATION);
        for tp in previous
            .partitions
            .iter()
            .filter(|tp| topics.contains_key(&tp.topic))
        {
            let Some(&other) = holder.get(tp) else {
                owners[index].owned.push(tp.clone());
                holder.insert(tp.clone(), index);
                continue;
            };
            let other_generation = owners[other]
                .member
                .subscription
                .generation
                .unwrap_or(NO_GENERATION);
            if generation < other_generation {
                continue;
            }
            if generation == other_generation {
                contested.insert(tp.clone());
            } else {
                owners[index].owned.push(tp.clone());
            }
            remove_first(&mut owners[other].owned, tp);
            holder.insert(tp.clone(), index);
        }
    }
    contested
}

/// Java takes a member without topics for one of any topics when it comes first, and gives it partitions it does not want.
/// Not so here.
fn all_want_the_same(owners: &[Owner<'_>]) -> bool {
    let topics_of = |o: &Owner<'_>| {
        o.member
            .subscription
            .topics
            .iter()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    owners.split_first().is_none_or(|(first, rest)| {
        let first = topics_of(first);
        rest.iter().all(|o| topics_of(o) == first)
    })
}

fn remove_first(list: &mut Vec<TopicPartition>, tp: &TopicPartition) {
    if let Some(at) = list.iter().position(|p| p == tp) {
        list.remove(at);
    }
}

/// The StickyAssignor's user data: what the member had, and the generation (v1).
pub(super) fn user_data(owned: &[TopicPartition], generation: i32) -> Bytes {
    let mut out = BytesMut::with_capacity(64);
    put_partitions(&mut out, owned);
    out.put_i32(generation);
    out.freeze()
}

/// What members of the StickyAssignor had before. Data that cannot be read counts as none; v0 has no generation.
pub(super) fn previous_of_user_data(members: &[Member]) -> Vec<Previous> {
    members
        .iter()
        .map(|member| {
            let Some(bytes) = &member.subscription.user_data else {
                return Previous::default();
            };
            let mut reader = Reader {
                what: "sticky user data",
                bytes,
                position: 0,
            };
            reader.partitions().map_or_else(
                |_| Previous::default(),
                |partitions| Previous {
                    partitions,
                    generation: reader.i32().ok(),
                },
            )
        })
        .collect()
}

pub(super) const NO_GENERATION: i32 = -1;
