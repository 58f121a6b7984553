//! Offsets asked for and stored: what a group has committed, where a partition begins and ends, where a leader epoch ends.
//!
//! Each function here is one attempt with one broker. Who calls decides what is tried again.

mod commit;
mod committed;
mod epochs;
mod list;

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::messages::TopicName;
use kafka_protocol::protocol::StrBytes;
use windlass_wire::ErrorCode;

pub(crate) use commit::{Committer, commit};
pub(crate) use committed::committed;
pub(crate) use epochs::{EpochEnd, epoch_ends};
pub(crate) use list::{Listed, OffsetQuery, list_offsets};

use crate::TopicPartition;

/// An answer about each of several partitions.
pub(crate) type PerPartition<T> = BTreeMap<TopicPartition, Result<T, ErrorCode>>;

/// Groups by topic, as every request wants it.
pub(crate) fn by_topic<'a, T>(
    partitions: impl IntoIterator<Item = (&'a TopicPartition, T)>,
) -> BTreeMap<&'a Arc<str>, Vec<(i32, T)>> {
    let mut topics: BTreeMap<&Arc<str>, Vec<(i32, T)>> = BTreeMap::new();
    for (tp, item) in partitions {
        topics
            .entry(&tp.topic)
            .or_default()
            .push((tp.partition, item));
    }
    topics
}

pub(crate) fn topic_name(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}

/// -1 on the wire stands for no leader epoch.
pub(crate) fn epoch(number: i32) -> Option<i32> {
    (number >= 0).then_some(number)
}
