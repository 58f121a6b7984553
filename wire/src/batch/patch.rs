//! Fields changed in a finished batch.
//!
//! Base offset and leader epoch stand outside the CRC; the others cost a new CRC (4 to 5 ns per record of 100 bytes).

use super::attributes::TimestampType;
use super::header::{
    AT_ATTRIBUTES, AT_BASE_OFFSET, AT_BASE_SEQUENCE, AT_CRC, AT_LEADER_EPOCH, AT_MAX_TIMESTAMP,
    AT_PRODUCER_EPOCH, AT_PRODUCER_ID, BatchHeader, CRC_FROM, HEADER_LEN, Producer, put,
};
use crate::crc::crc32c;
use crate::{Result, WireError};

/// Gives the batch its place in the log.
///
/// # Errors
/// [`WireError::Truncated`] when `batch` is shorter than a header; so for all of this module.
pub fn set_base_offset(batch: &mut [u8], base_offset: i64) -> Result<()> {
    put(header(batch)?, AT_BASE_OFFSET, base_offset.to_be_bytes());
    Ok(())
}

/// Notes the epoch of the leader that appended the batch.
///
/// # Errors
/// As [`set_base_offset`].
pub fn set_leader_epoch(batch: &mut [u8], leader_epoch: i32) -> Result<()> {
    put(header(batch)?, AT_LEADER_EPOCH, leader_epoch.to_be_bytes());
    Ok(())
}

/// Makes the batch one of LogAppendTime, at `timestamp` ms, as a broker does with `message.timestamp.type=LogAppendTime`.
///
/// # Errors
/// As [`BatchHeader::parse`].
pub fn set_log_append_time(batch: &mut [u8], timestamp: i64) -> Result<()> {
    let attributes = BatchHeader::parse(batch, 0)?
        .attributes
        .with_timestamp_type(TimestampType::LogAppendTime);
    put(batch, AT_ATTRIBUTES, attributes.0.to_be_bytes());
    put(batch, AT_MAX_TIMESTAMP, timestamp.to_be_bytes());
    seal(batch);
    Ok(())
}

/// Assigns producer id, epoch and base sequence: for a batch sent again under a new epoch. `batch` is one whole batch.
///
/// # Errors
/// As [`set_base_offset`].
pub fn set_producer(batch: &mut [u8], producer: Producer) -> Result<()> {
    let head = header(batch)?;
    put(head, AT_PRODUCER_ID, producer.id.to_be_bytes());
    put(head, AT_PRODUCER_EPOCH, producer.epoch.to_be_bytes());
    put(head, AT_BASE_SEQUENCE, producer.base_sequence.to_be_bytes());
    seal(batch);
    Ok(())
}

/// Writes the CRC of a whole batch, whose length was checked by the caller.
pub(super) fn seal(batch: &mut [u8]) {
    let crc = crc32c(&batch[CRC_FROM..]);
    put(batch, AT_CRC, crc.to_be_bytes());
}

fn header(batch: &mut [u8]) -> Result<&mut [u8]> {
    let found = batch.len();
    batch.get_mut(..HEADER_LEN).ok_or(WireError::Truncated {
        what: "record batch header",
        position: 0,
        expected: HEADER_LEN,
        found,
    })
}
