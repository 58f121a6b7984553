//! How the leader of a consumer group spreads partitions: the consumer protocol's bytes and Java's assignors.
//!
//! Everything here is a pure function. Results equal Java's for equal input, down to the choices Java leaves to the
//! order of its hash maps, so that a group whose leadership moves between a Java consumer and this one does not reshuffle.

mod cooperative;
mod java_order;
mod protocol;
mod range;
mod round_robin;
mod sticky;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};

pub use protocol::{Assignment, ProtocolError, Subscription};

use crate::TopicPartition;

/// The partitions each member shall have, by member id. Every member is there, also those that get none.
pub type Assignments = BTreeMap<String, Vec<TopicPartition>>;

/// How many partitions each topic has. Topics that do not exist are left out.
pub type PartitionCounts = BTreeMap<Arc<str>, i32>;

/// A member as the leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The id the coordinator gave it.
    pub id: String,
    /// `group.instance.id` of a static member. Static members sort before others, by this.
    pub instance_id: Option<String>,
    /// What it wants and has.
    pub subscription: Subscription,
}

/// A way to spread partitions over members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignor {
    /// Neighbouring partitions of each topic to each member; the same partition number of two topics to the same one.
    Range,
    /// One partition after the other to one member after the other.
    RoundRobin,
    /// Balanced, and with as few moves as possible. Members give everything back before each rebalance.
    Sticky,
    /// As sticky, but members keep what they have during a rebalance; what moves is taken away in one rebalance and
    /// given in the next (KIP-429).
    CooperativeSticky,
}

impl Assignor {
    /// The assignor behind an entry of `partition.assignment.strategy`: Java's class name or the protocol's name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| {
            name == a.name()
                || name
                    .strip_prefix(JAVA_PACKAGE)
                    .is_some_and(|class| class == a.java_class())
        })
    }

    /// Its name in JoinGroup.
    pub fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
            Self::Sticky => "sticky",
            Self::CooperativeSticky => "cooperative-sticky",
        }
    }

    /// Whether its members may keep partitions during a rebalance. Like Java's CooperativeStickyAssignor, a cooperative
    /// assignor also serves members that give everything back.
    pub fn is_cooperative(self) -> bool {
        self == Self::CooperativeSticky
    }

    /// What a member puts beside its topics for this assignor. `generation` is that of the last assignment, -1 for none.
    pub fn user_data(self, owned: &[TopicPartition], generation: i32) -> Option<Bytes> {
        match self {
            Self::Range | Self::RoundRobin => None,
            Self::Sticky => (generation >= 0).then(|| sticky::user_data(owned, generation)),
            Self::CooperativeSticky => {
                let mut bytes = BytesMut::with_capacity(4);
                bytes.put_i32(generation);
                Some(bytes.freeze())
            }
        }
    }

    /// Spreads the partitions over the members. `members` stand in the order of the JoinGroup answer.
    pub fn assign(self, topics: &PartitionCounts, members: &[Member]) -> Assignments {
        let wanted: PartitionCounts = topics
            .iter()
            .filter(|(topic, count)| {
                **count > 0 && members.iter().any(|m| m.subscription.wants(topic))
            })
            .map(|(topic, count)| (topic.clone(), *count))
            .collect();
        match self {
            Self::Range => range::assign(&wanted, members),
            Self::RoundRobin => round_robin::assign(&wanted, members),
            Self::Sticky => {
                sticky::assign(&wanted, members, &sticky::previous_of_user_data(members)).0
            }
            Self::CooperativeSticky => cooperative::assign(&wanted, members),
        }
    }

    fn java_class(self) -> &'static str {
        match self {
            Self::Range => "RangeAssignor",
            Self::RoundRobin => "RoundRobinAssignor",
            Self::Sticky => "StickyAssignor",
            Self::CooperativeSticky => "CooperativeStickyAssignor",
        }
    }

    const ALL: [Self; 4] = [
        Self::Range,
        Self::RoundRobin,
        Self::Sticky,
        Self::CooperativeSticky,
    ];
}

/// An empty assignment for each member.
fn nothing_for(members: &[Member]) -> Assignments {
    members.iter().map(|m| (m.id.clone(), Vec::new())).collect()
}

/// Members in the order Java's MemberInfo sorts: static ones by instance id, then the others by member id.
fn sorted_members(members: &[Member]) -> Vec<&Member> {
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by_key(|m| match &m.instance_id {
        Some(instance) => (0, instance.as_str(), m.id.as_str()),
        None => (1, m.id.as_str(), ""),
    });
    sorted
}

const JAVA_PACKAGE: &str = "org.apache.kafka.clients.consumer.";
