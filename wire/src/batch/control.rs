//! Control batches: the markers that end a transaction in each of its partitions.

use super::attributes::Attributes;
use super::header::{BatchHeader, HEADER_LEN, LENGTH_OVERHEAD, Producer};
use super::patch::seal;
use super::records::Record;
use crate::{Result, WireError, varint};

/// What a control record says. Kinds beyond transactions (raft leader changes and such) are [`ControlMarker::Other`]: they never
/// appear in a topic a client may read, and are skipped like all control records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlMarker {
    /// The producer's open transaction was aborted: its records before this are to be dropped.
    Abort,
    /// The producer's open transaction was committed.
    Commit,
    /// Another kind, by its number.
    Other(i16),
}

impl ControlMarker {
    /// Reads the key of a record from a batch with the control bit.
    ///
    /// # Errors
    /// [`WireError::Truncated`] when the key is missing or below 4 bytes.
    pub fn parse(record: &Record<'_>) -> Result<Self> {
        let key = record.key.unwrap_or_default();
        let Some(&[_, _, high, low]) = key.first_chunk::<4>() else {
            return Err(WireError::Truncated {
                what: "control record key",
                position: 0,
                expected: 4,
                found: key.len(),
            });
        };
        Ok(match i16::from_be_bytes([high, low]) {
            0 => Self::Abort,
            1 => Self::Commit,
            other => Self::Other(other),
        })
    }

    fn code(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::Other(code) => code,
        }
    }
}

/// A batch of one transaction marker, as a coordinator writes it: base offset 0, to be set by the log.
#[must_use]
pub fn control_batch(
    marker: ControlMarker,
    producer_id: i64,
    producer_epoch: i16,
    coordinator_epoch: i32,
    timestamp: i64,
) -> Vec<u8> {
    let mut key = [0; 4];
    key[2..].copy_from_slice(&marker.code().to_be_bytes());
    let mut value = [0; 6];
    value[2..].copy_from_slice(&coordinator_epoch.to_be_bytes());

    // attributes, timestamp delta and offset delta are zero
    let mut body = vec![0, 0, 0];
    varint::push(&mut body, key.len() as i64);
    body.extend_from_slice(&key);
    varint::push(&mut body, value.len() as i64);
    body.extend_from_slice(&value);
    varint::push(&mut body, 0);

    let mut batch = vec![0; HEADER_LEN];
    varint::push(&mut batch, body.len() as i64);
    batch.extend_from_slice(&body);
    let header = BatchHeader {
        base_offset: 0,
        length: (batch.len() - LENGTH_OVERHEAD) as i32,
        leader_epoch: -1,
        crc: 0,
        attributes: Attributes::default()
            .with_transactional(true)
            .with_control(true),
        last_offset_delta: 0,
        base_timestamp: timestamp,
        max_timestamp: timestamp,
        producer: Producer {
            id: producer_id,
            epoch: producer_epoch,
            base_sequence: -1,
        },
        records_count: 1,
    };
    if let Some(head) = batch.first_chunk_mut() {
        header.write(head);
    }
    seal(&mut batch);
    batch
}
