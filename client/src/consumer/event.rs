//! What a poll gives back, and what to subscribe to.

use std::fmt;

use super::Fetched;
use crate::TopicPartition;

/// What happened, as told by [`Consumer::poll`](super::Consumer::poll).
///
/// `Revoked`, `Lost` and `Assigned` stand in place of Java's rebalance listener: the rebalance waits until `poll`
/// is called again, so offsets may be committed with `commit_sync` after `Revoked` in the generation that still owns
/// the partitions. No event comes with an empty list of partitions.
#[derive(Debug)]
pub enum Event {
    /// Records, at most `max.poll.records` of them. Their offsets count as consumed by `position`.
    Records(Fetched),
    /// These partitions go to another member once `poll` is called again. They still belong to this member.
    Revoked(Vec<TopicPartition>),
    /// These partitions may belong to another member already; committing their offsets is of no use.
    Lost(Vec<TopicPartition>),
    /// These partitions are new; those kept across a cooperative rebalance are not told again.
    Assigned(Vec<TopicPartition>),
    /// The timeout passed without any of the above.
    Idle,
}

/// Which topics a group member wants.
pub enum Subscription {
    /// Topics by name, whether they exist yet or not.
    Topics(Vec<String>),
    /// Every topic the predicate holds for, as far as metadata shows them; looked at with each metadata refresh.
    /// Kafka's internal topics are left out while `exclude.internal.topics` is on.
    Pattern(Box<dyn Fn(&str) -> bool + Send + Sync>),
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topics(topics) => f.debug_tuple("Topics").field(topics).finish(),
            Self::Pattern(_) => f.debug_tuple("Pattern").finish_non_exhaustive(),
        }
    }
}
