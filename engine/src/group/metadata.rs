//! What a worker tells the leader when it joins.

use std::sync::Arc;

use super::assignment::Assignment;
use super::bytes::{Reader, Result, put_count, put_string};
use super::{Protocol, ProtocolError};

/// A worker as it presents itself (`ExtendedWorkerState`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerState {
    /// The URL of its REST server, for other workers, with a slash at its end.
    pub url: Arc<str>,
    /// The offset behind the last record it has read from the config topic; -1 when there is none.
    pub config_offset: i64,
    /// What it runs; not told under [`Protocol::Eager`].
    pub assignment: Option<Assignment>,
}

impl WorkerState {
    /// The metadata of JoinGroup.
    pub fn encode(&self, protocol: Protocol) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(protocol.version().to_be_bytes());
        put_string(&mut out, &self.url);
        out.extend(self.config_offset.to_be_bytes());
        if protocol.is_incremental() {
            match &self.assignment {
                Some(assignment) => {
                    let allocation = assignment.encode(protocol);
                    put_count(&mut out, allocation.len());
                    out.extend(allocation);
                }
                None => out.extend((-1i32).to_be_bytes()),
            }
        }
        out
    }

    /// Reads the metadata of a member. Versions above those known have their layout.
    ///
    /// # Errors
    /// When it breaks off, or has a negative version or length.
    pub fn decode(bytes: &[u8]) -> std::result::Result<Self, ProtocolError> {
        let mut reader = Reader::new(bytes);
        let version = reader.version()?;
        let (url, config_offset) = (reader.string()?, reader.i64()?);
        let assignment = if version == 0 || reader.is_at_end() {
            None
        } else {
            allocation(&mut reader)?
        };
        Ok(WorkerState {
            url,
            config_offset,
            assignment,
        })
    }
}

fn allocation(reader: &mut Reader<'_>) -> Result<Option<Assignment>> {
    match reader.nullable_bytes()? {
        Some(bytes) if !bytes.is_empty() => Assignment::decode(bytes).map(Some),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::assignment::tests::{hex, sample};

    const URL: &str = "0015687474703a2f2f31302e302e302e313a383038332f";

    fn state(assignment: Option<Assignment>) -> WorkerState {
        WorkerState {
            url: Arc::from("http://10.0.0.1:8083/"),
            config_offset: 7,
            assignment,
        }
    }

    #[test]
    fn bytes_are_those_of_java() {
        let alone = state(None);
        for (protocol, end) in [
            (Protocol::Eager, ""),
            (Protocol::Compatible, "ffffffff"),
            (Protocol::Sessioned, "ffffffff"),
        ] {
            let want = format!("{:04x}{URL}0000000000000007{end}", protocol.version());
            let bytes = alone.encode(protocol);
            assert_eq!(hex(&bytes), want);
            assert_eq!(WorkerState::decode(&bytes), Ok(alone.clone()));
        }
        let busy = state(Some(sample()));
        let bytes = busy.encode(Protocol::Sessioned);
        let allocation = hex(&sample().encode(Protocol::Sessioned));
        assert_eq!(
            hex(&bytes),
            format!("0002{URL}000000000000000700000060{allocation}")
        );
        assert_eq!(bytes.len(), 133);
        assert_eq!(WorkerState::decode(&bytes), Ok(busy));
    }

    #[test]
    fn what_breaks_off_is_an_error_and_a_higher_version_is_not() {
        let bytes = state(Some(sample())).encode(Protocol::Sessioned);
        for end in 0..bytes.len() {
            // The allocation is left out by versions before it was known.
            assert_eq!(WorkerState::decode(&bytes[..end]).is_ok(), end == 33);
        }
        let mut later = bytes;
        later[1] = 9;
        assert!(WorkerState::decode(&later).is_ok());
        later[0] = 0xff;
        assert!(WorkerState::decode(&later).is_err());
    }
}
