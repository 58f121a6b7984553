//! Java's CooperativeStickyAssignor.

use std::collections::BTreeMap;

use super::sticky::{self, Previous};
use super::{Assignments, Member, PartitionCounts};
use crate::TopicPartition;

/// The sticky assignment, less what another member must give back first. Those members rejoin once they have, and the
/// next rebalance gives the partitions.
pub(super) fn assign(topics: &PartitionCounts, members: &[Member]) -> Assignments {
    let previous: Vec<Previous> = members.iter().map(previous_of).collect();
    let (mut assignments, moving) = sticky::assign(topics, members, &previous);
    let moving = moving.unwrap_or_else(|| moving_between(members, &assignments));
    for (partition, taker) in moving {
        if let Some(partitions) = assignments.get_mut(&taker) {
            partitions.retain(|p| *p != partition);
        }
    }
    assignments
}

/// Since v2 of the protocol the subscription tells the generation; before, the user data did.
fn previous_of(member: &Member) -> Previous {
    let subscription = &member.subscription;
    let generation = subscription.generation.or_else(|| {
        let raw = subscription.user_data.as_ref()?;
        Some(
            raw.first_chunk()
                .map_or(sticky::NO_GENERATION, |b| i32::from_be_bytes(*b)),
        )
    });
    Previous {
        partitions: subscription.owned.clone(),
        generation,
    }
}

/// Partitions that one member owns and another shall have.
fn moving_between(
    members: &[Member],
    assignments: &Assignments,
) -> BTreeMap<TopicPartition, String> {
    let mut added = BTreeMap::new();
    for member in members {
        for partition in assignments.get(&member.id).into_iter().flatten() {
            if !member.subscription.owned.contains(partition) {
                added.insert(partition.clone(), member.id.clone());
            }
        }
    }
    let mut moving = BTreeMap::new();
    for member in members {
        let kept = assignments.get(&member.id);
        for partition in &member.subscription.owned {
            if kept.is_some_and(|kept| kept.contains(partition)) {
                continue;
            }
            if let Some(taker) = added.get(partition) {
                moving.insert(partition.clone(), taker.clone());
            }
        }
    }
    moving
}
