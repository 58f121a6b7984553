//! Java's RangeAssignor.

use super::{Assignments, Member, PartitionCounts, nothing_for, sorted_members};
use crate::TopicPartition;

/// Each topic by itself: its partitions in order, as many to each member as divides evenly, one more to the first ones.
pub(super) fn assign(topics: &PartitionCounts, members: &[Member]) -> Assignments {
    let mut assignments = nothing_for(members);
    let sorted = sorted_members(members);
    for (topic, count) in topics {
        let takers: Vec<&Member> = sorted
            .iter()
            .copied()
            .filter(|m| m.subscription.wants(topic))
            .collect();
        let Ok(members) = i32::try_from(takers.len()) else {
            continue;
        };
        let (each, extra) = (count / members, count % members);
        let mut next = 0;
        for (taker, index) in takers.into_iter().zip(0..) {
            let end = next + each + i32::from(index < extra);
            let partitions = (next..end).map(|p| TopicPartition::new(topic.clone(), p));
            assignments
                .entry(taker.id.clone())
                .or_default()
                .extend(partitions);
            next = end;
        }
    }
    assignments
}
