//! Sequence numbers as source offsets.

use windlass_api::{
    ConnectError, OffsetStorageReader, Result, SourceOffset, SourcePartition, Value,
};

use crate::numbered::ID;

/// The source partition of the task with this number.
pub(crate) fn partition(task: i32) -> SourcePartition {
    SourcePartition::named(ID, task)
}

/// The offset of a record.
pub(crate) const fn offset(seqno: i64) -> SourceOffset {
    SourceOffset::position(SEQNO, seqno)
}

/// The number after the one that was committed.
///
/// # Errors
/// When what was committed is no number, or the offsets cannot be read.
pub(crate) async fn next(
    offsets: &dyn OffsetStorageReader,
    partition: &SourcePartition,
) -> Result<i64> {
    let stored = offsets.offset(partition).await?;
    match stored.as_ref().map(|offset| offset.get(SEQNO)) {
        None => Ok(0),
        Some(Some(Value::Int64(seqno))) => Ok(seqno + 1),
        Some(other) => Err(ConnectError::connect(format!(
            "stored offset: expected a number \"{SEQNO}\", found {other:?}"
        ))),
    }
}

const SEQNO: &str = "seqno";
