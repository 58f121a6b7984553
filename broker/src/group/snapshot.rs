//! What a stable group is remembered by, so that its members notice nothing of a restart.

use std::time::Duration;

use bytes::Bytes;

use super::{Group, Member, Now, State};
use crate::codec::{Reader, Writer};

/// A stable group: its generation, and what each member said and got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    generation: i32,
    protocol_type: String,
    protocol: String,
    leader: String,
    members: Vec<Remembered>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Remembered {
    id: String,
    instance_id: Option<String>,
    client_id: String,
    client_host: String,
    session_timeout: Duration,
    rebalance_timeout: Duration,
    protocols: Vec<(String, Bytes)>,
    assignment: Bytes,
}

impl<T> Group<T> {
    /// Tells one stable group from another without copying it; `None` unless the group is stable.
    pub(crate) fn version(&self) -> Option<(i32, Vec<String>)> {
        (self.state == State::Stable)
            .then(|| (self.generation, self.members.keys().cloned().collect()))
    }

    /// `None` unless the group is stable.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        if self.state != State::Stable {
            return None;
        }
        let remembered = |(id, member): (&String, &Member<T>)| Remembered {
            id: id.clone(),
            instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            session_timeout: member.session_timeout,
            rebalance_timeout: member.rebalance_timeout,
            protocols: member.protocols.clone(),
            assignment: member.assignment.clone(),
        };
        Some(Snapshot {
            generation: self.generation,
            protocol_type: self.protocol_type.clone()?,
            protocol: self.protocol.clone()?,
            leader: self.leader.clone()?,
            members: self.members.iter().map(remembered).collect(),
        })
    }

    /// Puts an empty group back; each member has a whole session to be heard of.
    pub(crate) fn restore(&mut self, now: Now, snapshot: Snapshot) {
        self.state = State::Stable;
        self.generation = snapshot.generation;
        self.protocol_type = Some(snapshot.protocol_type);
        self.protocol = Some(snapshot.protocol);
        self.leader = Some(snapshot.leader);
        for one in snapshot.members {
            if let Some(instance) = &one.instance_id {
                self.instances.insert(instance.clone(), one.id.clone());
            }
            let member = Member {
                instance_id: one.instance_id,
                client_id: one.client_id,
                client_host: one.client_host,
                session_timeout: one.session_timeout,
                rebalance_timeout: one.rebalance_timeout,
                protocols: one.protocols,
                assignment: one.assignment,
                joining: None,
                syncing: None,
                owes_sync: false,
                session_deadline: now + one.session_timeout,
            };
            self.members.insert(one.id, member);
        }
    }
}

impl Snapshot {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let head = Writer::default()
            .i32(self.generation)
            .text(&self.protocol_type)
            .text(&self.protocol)
            .text(&self.leader);
        self.members
            .iter()
            .fold(head, |writer, member| member.encode(writer))
            .finish()
    }

    /// `None` when the bytes are not what [`encode`](Snapshot::encode) wrote.
    pub(crate) fn decode(value: &mut Reader<'_>) -> Option<Snapshot> {
        let generation = value.i32()?;
        let (protocol_type, protocol, leader) = (value.text()?, value.text()?, value.text()?);
        let mut members = Vec::new();
        while !value.is_empty() {
            members.push(Remembered::decode(value)?);
        }
        Some(Snapshot {
            generation,
            protocol_type,
            protocol,
            leader,
            members,
        })
    }
}

impl Remembered {
    fn encode(&self, writer: Writer) -> Writer {
        let head = writer
            .text(&self.id)
            // No instance id is empty.
            .text(self.instance_id.as_deref().unwrap_or_default())
            .text(&self.client_id)
            .text(&self.client_host)
            .i64(self.session_timeout.as_millis() as i64)
            .i64(self.rebalance_timeout.as_millis() as i64)
            .bytes(&self.assignment)
            .i32(self.protocols.len() as i32);
        self.protocols
            .iter()
            .fold(head, |writer, (name, metadata)| {
                writer.text(name).bytes(metadata)
            })
    }

    fn decode(value: &mut Reader<'_>) -> Option<Remembered> {
        let millis = |millis: i64| u64::try_from(millis).ok().map(Duration::from_millis);
        let mut member = Remembered {
            id: value.text()?,
            instance_id: Some(value.text()?).filter(|instance| !instance.is_empty()),
            client_id: value.text()?,
            client_host: value.text()?,
            session_timeout: millis(value.i64()?)?,
            rebalance_timeout: millis(value.i64()?)?,
            assignment: value.bytes()?,
            protocols: Vec::new(),
        };
        for _ in 0..value.i32()? {
            member.protocols.push((value.text()?, value.bytes()?));
        }
        Some(member)
    }
}
