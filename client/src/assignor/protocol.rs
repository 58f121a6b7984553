//! The bytes of the consumer protocol: subscriptions and assignments, versions 0 to 3.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};

use crate::TopicPartition;

/// What a member wants and has, as it travels in JoinGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// The topics it wants.
    pub topics: Vec<Arc<str>>,
    /// What its assignor says beside.
    pub user_data: Option<Bytes>,
    /// What it owns while it joins (since v1).
    pub owned: Vec<TopicPartition>,
    /// The generation `owned` is of; `None` before v2 or when there is none.
    pub generation: Option<i32>,
    /// `client.rack` (since v3).
    pub rack: Option<String>,
}

/// What a member gets, as it travels in SyncGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The partitions.
    pub partitions: Vec<TopicPartition>,
    /// What the leader's assignor says beside.
    pub user_data: Option<Bytes>,
}

/// Bytes that are no subscription or assignment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("consumer protocol {what} at byte {position}: {problem}")]
pub struct ProtocolError {
    what: &'static str,
    position: usize,
    problem: &'static str,
}

impl Subscription {
    /// Whether the topic is among those wanted.
    pub fn wants(&self, topic: &str) -> bool {
        self.topics.iter().any(|t| **t == *topic)
    }

    /// Version 3 bytes, equal to Java's: topics and owned partitions sorted.
    pub fn encode(&self) -> Bytes {
        let mut topics: Vec<&str> = self.topics.iter().map(|t| &**t).collect();
        topics.sort_unstable();
        let mut out = BytesMut::with_capacity(64);
        out.put_i16(NEWEST);
        put_count(&mut out, topics.len());
        for topic in topics {
            put_string(&mut out, topic);
        }
        put_nullable_bytes(&mut out, self.user_data.as_deref());
        let mut owned = self.owned.clone();
        owned.sort_unstable();
        put_partitions(&mut out, &owned);
        out.put_i32(self.generation.unwrap_or(NO_GENERATION));
        match &self.rack {
            Some(rack) => put_string(&mut out, rack),
            None => out.put_i16(-1),
        }
        out.freeze()
    }

    /// Reads any version; of a newer one the fields known today.
    ///
    /// # Errors
    /// When the bytes end early or hold what no version allows.
    pub fn decode(bytes: &Bytes) -> Result<Self, ProtocolError> {
        let mut reader = Reader {
            what: "subscription",
            bytes,
            position: 0,
        };
        let version = reader.version()?;
        let count = reader.count()?;
        let mut topics = Vec::with_capacity(count.min(bytes.len() / 2));
        for _ in 0..count {
            topics.push(Arc::from(reader.string()?));
        }
        let user_data = reader.nullable_bytes()?;
        let mut found = Self {
            topics,
            user_data,
            ..Self::default()
        };
        if version >= 1 {
            found.owned = reader.partitions()?;
        }
        if version >= 2 {
            found.generation = Some(reader.i32()?).filter(|g| *g != NO_GENERATION);
        }
        if version >= 3 {
            found.rack = reader
                .nullable_string()?
                .filter(|r| !r.is_empty())
                .map(str::to_owned);
        }
        Ok(found)
    }
}

impl Assignment {
    /// Version 3 bytes.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(64);
        out.put_i16(NEWEST);
        put_partitions(&mut out, &self.partitions);
        put_nullable_bytes(&mut out, self.user_data.as_deref());
        out.freeze()
    }

    /// Reads any version. No bytes at all are an empty assignment, which is what a group without leader gives.
    ///
    /// # Errors
    /// When the bytes end early or hold what no version allows.
    pub fn decode(bytes: &Bytes) -> Result<Self, ProtocolError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let mut reader = Reader {
            what: "assignment",
            bytes,
            position: 0,
        };
        reader.version()?;
        Ok(Self {
            partitions: reader.partitions()?,
            user_data: reader.nullable_bytes()?,
        })
    }
}

/// Topics in order of first appearance, each with its partitions: how both messages write a list of partitions.
pub(super) fn put_partitions(out: &mut BytesMut, partitions: &[TopicPartition]) {
    let mut order: Vec<&str> = Vec::new();
    let mut by_topic: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for tp in partitions {
        let numbers = by_topic.entry(&tp.topic).or_default();
        if numbers.is_empty() {
            order.push(&tp.topic);
        }
        numbers.push(tp.partition);
    }
    put_count(out, order.len());
    for topic in order {
        put_string(out, topic);
        let numbers = &by_topic[topic];
        put_count(out, numbers.len());
        for number in numbers {
            out.put_i32(*number);
        }
    }
}

fn put_count(out: &mut BytesMut, count: usize) {
    out.put_i32(i32::try_from(count).unwrap_or(i32::MAX));
}

fn put_string(out: &mut BytesMut, text: &str) {
    // Topic names, racks and member ids end at 249 or so bytes; a longer one could not have come from a broker.
    let text = &text.as_bytes()[..text.len().min(i16::MAX as usize)];
    out.put_i16(text.len() as i16);
    out.put_slice(text);
}

fn put_nullable_bytes(out: &mut BytesMut, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            put_count(out, bytes.len());
            out.put_slice(bytes);
        }
        None => out.put_i32(-1),
    }
}

/// A cursor whose every read is checked; counts never reserve more than the input could hold.
pub(super) struct Reader<'a> {
    pub(super) what: &'static str,
    pub(super) bytes: &'a Bytes,
    pub(super) position: usize,
}

impl<'a> Reader<'a> {
    fn version(&mut self) -> Result<i16, ProtocolError> {
        match self.i16()? {
            version if version < 0 => Err(self.error("negative version")),
            version => Ok(version.min(NEWEST)),
        }
    }

    pub(super) fn partitions(&mut self) -> Result<Vec<TopicPartition>, ProtocolError> {
        let mut found = Vec::new();
        for _ in 0..self.count()? {
            let topic: Arc<str> = Arc::from(self.string()?);
            for _ in 0..self.count()? {
                found.push(TopicPartition::new(topic.clone(), self.i32()?));
            }
        }
        Ok(found)
    }

    fn count(&mut self) -> Result<usize, ProtocolError> {
        usize::try_from(self.i32()?).map_err(|_| self.error("negative count"))
    }

    fn string(&mut self) -> Result<&'a str, ProtocolError> {
        self.nullable_string()?
            .ok_or_else(|| self.error("null where a string is needed"))
    }

    fn nullable_string(&mut self) -> Result<Option<&'a str>, ProtocolError> {
        let length = self.i16()?;
        if length < 0 {
            return Ok(None);
        }
        let raw = self.take(length as usize)?;
        std::str::from_utf8(raw)
            .map(Some)
            .map_err(|_| self.error("text that is not UTF-8"))
    }

    fn nullable_bytes(&mut self) -> Result<Option<Bytes>, ProtocolError> {
        let length = self.i32()?;
        if length < 0 {
            return Ok(None);
        }
        let raw = self.take(length as usize)?;
        Ok(Some(self.bytes.slice_ref(raw)))
    }

    fn i16(&mut self) -> Result<i16, ProtocolError> {
        self.take(2).map(|b| i16::from_be_bytes([b[0], b[1]]))
    }

    pub(super) fn i32(&mut self) -> Result<i32, ProtocolError> {
        self.take(4)
            .map(|b| i32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ProtocolError> {
        let end = self
            .position
            .checked_add(length)
            .filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| self.error("the bytes end early"))?;
        let taken = &self.bytes[self.position..end];
        self.position = end;
        Ok(taken)
    }

    fn error(&self, problem: &'static str) -> ProtocolError {
        ProtocolError {
            what: self.what,
            position: self.position,
            problem,
        }
    }
}

const NEWEST: i16 = 3;
const NO_GENERATION: i32 = -1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tp(topic: &str, partition: i32) -> TopicPartition {
        TopicPartition::new(topic, partition)
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_value_or_an_error(raw: Vec<u8>) {
            let bytes = Bytes::from(raw);
            let _ = Subscription::decode(&bytes);
            let _ = Assignment::decode(&bytes);
        }

        #[test]
        fn what_is_encoded_is_decoded(
            mut topics in prop::collection::btree_set("[a-z]{1,5}", 0..5),
            owned in prop::collection::btree_set(("[a-z]{1,3}", 0..9i32), 0..9),
            generation in prop::option::of(0..9i32),
            rack in prop::option::of("[a-z]{1,3}"),
        ) {
            topics.insert("orders".to_owned());
            let subscription = Subscription {
                topics: topics.iter().map(|t| Arc::from(t.as_str())).collect(),
                user_data: Some(Bytes::from_static(b"x")),
                owned: owned.iter().map(|(t, p)| tp(t, *p)).collect(),
                generation,
                rack,
            };
            prop_assert_eq!(Subscription::decode(&subscription.encode()).unwrap(), subscription);
        }
    }

    #[test]
    fn older_versions_lack_the_later_fields() {
        let v0 = Bytes::from_static(b"\0\0\0\0\0\x01\0\x01a\xff\xff\xff\xff");
        let subscription = Subscription::decode(&v0).unwrap();
        assert_eq!(
            subscription,
            Subscription {
                topics: vec![Arc::from("a")],
                ..Subscription::default()
            }
        );
        let v1 = Bytes::from_static(
            b"\0\x01\0\0\0\x01\0\x01a\xff\xff\xff\xff\0\0\0\x01\0\x01a\0\0\0\x01\0\0\0\x07",
        );
        assert_eq!(Subscription::decode(&v1).unwrap().owned, [tp("a", 7)]);
    }

    #[test]
    fn a_newer_version_is_read_as_the_newest_known() {
        let mut raw = Subscription {
            topics: vec![Arc::from("a")],
            ..Subscription::default()
        }
        .encode()
        .to_vec();
        raw[1] = 9;
        raw.extend_from_slice(b"what a later version adds");
        assert_eq!(
            Subscription::decode(&raw.into()).unwrap().topics,
            [Arc::from("a")]
        );
    }

    #[test]
    fn errors_say_where() {
        let error = Assignment::decode(&Bytes::from_static(b"\0\0\0\0\0\x01\0\x05ab")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "consumer protocol assignment at byte 8: the bytes end early"
        );
    }
}
