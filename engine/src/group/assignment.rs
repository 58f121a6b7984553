//! What the leader tells a worker after a rebalance.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bytes::{Reader, Result, put_count, put_string};
use super::{Protocol, ProtocolError, Work};
use crate::status::TaskId;

/// What a worker is to do (`ExtendedAssignment`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Whether the leader could not see the config topic as far as a member: nobody gets anything, all join again.
    pub config_mismatch: bool,
    /// The member that leads.
    pub leader: Arc<str>,
    /// The URL of the leader's REST server.
    pub leader_url: Arc<str>,
    /// The offset of the config topic that the assignment was made for.
    pub config_offset: i64,
    /// Under [`Protocol::Eager`] all work; otherwise the work that is new.
    pub assigned: Work,
    /// What to stop before joining again; never under [`Protocol::Eager`].
    pub revoked: Work,
    /// Milliseconds until the next rebalance is due; 0 for none.
    pub delay: i32,
}

impl Assignment {
    /// The assignment of SyncGroup.
    pub fn encode(&self, protocol: Protocol) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(protocol.version().to_be_bytes());
        out.extend(i16::from(self.config_mismatch).to_be_bytes());
        put_string(&mut out, &self.leader);
        put_string(&mut out, &self.leader_url);
        out.extend(self.config_offset.to_be_bytes());
        put_work(&mut out, &self.assigned);
        if protocol.is_incremental() {
            put_work(&mut out, &self.revoked);
            out.extend(self.delay.to_be_bytes());
        }
        out
    }

    /// Reads an assignment of any version; what an older one does not have is empty.
    ///
    /// # Errors
    /// When it breaks off, or has a negative version or length.
    pub fn decode(bytes: &[u8]) -> std::result::Result<Self, ProtocolError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let error = reader.i16()?;
        let (leader, leader_url) = (reader.string()?, reader.string()?);
        let config_offset = reader.i64()?;
        let assigned = work(&mut reader)?;
        let revoked = work(&mut reader)?;
        let delay = if reader.is_at_end() { 0 } else { reader.i32()? };
        Ok(Assignment {
            config_mismatch: error != 0,
            leader,
            leader_url,
            config_offset,
            assigned,
            revoked,
            delay,
        })
    }
}

fn work(reader: &mut Reader<'_>) -> Result<Work> {
    let mut work = Work::default();
    if reader.is_at_end() {
        return Ok(work);
    }
    for _ in 0..reader.count()? {
        let connector = reader.string()?;
        for _ in 0..reader.count()? {
            match reader.i32()? {
                CONNECTOR => drop(work.connectors.insert(Arc::clone(&connector))),
                task => drop(work.tasks.insert(TaskId {
                    connector: Arc::clone(&connector),
                    task,
                })),
            }
        }
    }
    Ok(work)
}

/// Connectors come first, each with the tasks of its own; then the connectors of which there are only tasks.
fn put_work(out: &mut Vec<u8>, work: &Work) {
    let mut tasks: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for task in &work.tasks {
        tasks.entry(&task.connector).or_default().push(task.task);
    }
    let alone = tasks
        .keys()
        .filter(|name| !work.connectors.contains(**name))
        .count();
    put_count(out, work.connectors.len() + alone);
    for connector in &work.connectors {
        let tasks = tasks.remove(&**connector).unwrap_or_default();
        put_tasks(
            out,
            connector,
            std::iter::once(CONNECTOR).chain(tasks).collect(),
        );
    }
    for (connector, tasks) in tasks {
        put_tasks(out, connector, tasks);
    }
}

fn put_tasks(out: &mut Vec<u8>, connector: &str, tasks: Vec<i32>) {
    put_string(out, connector);
    put_count(out, tasks.len());
    for task in tasks {
        out.extend(task.to_be_bytes());
    }
}

/// The number that stands for the connector itself.
const CONNECTOR: i32 = -1;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::group) fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    pub(in crate::group) fn work(connectors: &[&str], tasks: &[(&str, i32)]) -> Work {
        Work {
            connectors: connectors.iter().map(|c| Arc::from(*c)).collect(),
            tasks: tasks
                .iter()
                .map(|(connector, task)| TaskId {
                    connector: Arc::from(*connector),
                    task: *task,
                })
                .collect(),
        }
    }

    /// The example that was written with Java's classes.
    pub(in crate::group) fn sample() -> Assignment {
        Assignment {
            config_mismatch: false,
            leader: Arc::from("m-1"),
            leader_url: Arc::from("http://10.0.0.1:8083/"),
            config_offset: 7,
            assigned: work(&["c1"], &[("c1", 0), ("c3", 2)]),
            revoked: work(&["c2"], &[("c2", 0)]),
            delay: 300_000,
        }
    }

    const HEAD: &str = "00036d2d310015687474703a2f2f31302e302e302e313a383038332f0000000000000007";

    #[test]
    fn incremental_bytes_are_those_of_java() {
        let want = "0002000000036d2d310015687474703a2f2f31302e302e302e313a383038332f0000000000000007000000020002633100000002ffffffff00000000000263330000000100000002000000010002633200000002ffffffff00000000000493e0";
        let bytes = sample().encode(Protocol::Sessioned);
        assert_eq!(hex(&bytes), want);
        assert_eq!(Assignment::decode(&bytes), Ok(sample()));
        assert_eq!(
            hex(&sample().encode(Protocol::Compatible)),
            want.replacen("0002", "0001", 1)
        );
        let nothing = Assignment {
            assigned: Work::default(),
            revoked: Work::default(),
            delay: 0,
            ..sample()
        };
        let bytes = nothing.encode(Protocol::Sessioned);
        assert_eq!(
            hex(&bytes),
            format!("00020000{HEAD}000000000000000000000000")
        );
        assert_eq!(Assignment::decode(&bytes), Ok(nothing));
    }

    #[test]
    fn eager_bytes_are_those_of_java() {
        let eager = Assignment {
            assigned: work(&["c1", "c2"], &[("c1", 0), ("c1", 1), ("c3", 2)]),
            revoked: Work::default(),
            delay: 0,
            ..sample()
        };
        let bytes = eager.encode(Protocol::Eager);
        let items = "00000003000263310000000 3ffffffff0000000000000001000263320000000 1ffffffff000263330000000100000002";
        assert_eq!(
            hex(&bytes),
            format!("00000000{HEAD}{}", items.replace(' ', ""))
        );
        assert_eq!(Assignment::decode(&bytes), Ok(eager));
        let refused = Assignment {
            config_mismatch: true,
            assigned: Work::default(),
            revoked: Work::default(),
            delay: 0,
            ..sample()
        };
        let bytes = refused.encode(Protocol::Eager);
        assert_eq!(hex(&bytes), format!("00000001{HEAD}00000000"));
        assert_eq!(Assignment::decode(&bytes), Ok(refused));
    }

    #[test]
    fn hostile_counts_cost_nothing() {
        let mut bytes = sample().encode(Protocol::Sessioned);
        let at = 4 + HEAD.len() / 2;
        bytes[at..at + 4].copy_from_slice(&i32::MAX.to_be_bytes());
        assert!(Assignment::decode(&bytes).is_err());
        for end in 0..bytes.len() {
            let _ = Assignment::decode(&bytes[..end]);
        }
    }
}
