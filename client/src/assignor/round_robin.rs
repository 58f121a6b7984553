//! Java's RoundRobinAssignor.

use super::{Assignments, Member, PartitionCounts, nothing_for, sorted_members};
use crate::TopicPartition;

/// All partitions in order, each to the next member around the circle that wants its topic.
pub(super) fn assign(topics: &PartitionCounts, members: &[Member]) -> Assignments {
    let mut assignments = nothing_for(members);
    let circle = sorted_members(members);
    let mut next = 0;
    for (topic, count) in topics {
        for partition in 0..*count {
            // Somebody wants the topic, or it would not be among them.
            while !circle[next].subscription.wants(topic) {
                next = (next + 1) % circle.len();
            }
            let taker = circle[next].id.clone();
            assignments
                .entry(taker)
                .or_default()
                .push(TopicPartition::new(topic.clone(), partition));
            next = (next + 1) % circle.len();
        }
    }
    assignments
}
