//! Records handed out by a poll: views into the buffers they came in.

use bytes::Bytes;
use windlass_wire::batch::{self, RecordCursor, RecordSet};

pub use windlass_wire::batch::{Headers, TimestampType};

use crate::TopicPartition;
use crate::error::ClientError;

/// Records of one poll, from one or several partitions. Dropping it lets the connection use the buffers again.
#[derive(Debug, Default)]
pub struct Fetched {
    partitions: Vec<FetchedPartition>,
}

impl Fetched {
    /// How many records of all partitions.
    pub fn len(&self) -> usize {
        self.partitions.iter().map(FetchedPartition::len).sum()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// The partitions, each at most once.
    pub fn partitions(&self) -> &[FetchedPartition] {
        &self.partitions
    }

    /// Adds a run of records; `next_offset` is where reading goes on after it.
    pub(crate) fn push(&mut self, partition: &TopicPartition, run: Run, next_offset: i64) {
        let at = match self
            .partitions
            .iter()
            .position(|p| p.partition == *partition)
        {
            Some(at) => at,
            None => {
                let new = FetchedPartition {
                    partition: partition.clone(),
                    runs: Vec::with_capacity(1),
                    len: 0,
                    next_offset,
                };
                self.partitions.push(new);
                self.partitions.len() - 1
            }
        };
        let partition = &mut self.partitions[at];
        partition.len += run.len;
        partition.next_offset = next_offset;
        partition.runs.push(run);
    }
}

impl<'a> IntoIterator for &'a Fetched {
    type Item = &'a FetchedPartition;
    type IntoIter = std::slice::Iter<'a, FetchedPartition>;

    fn into_iter(self) -> Self::IntoIter {
        self.partitions.iter()
    }
}

/// Records of one partition in a [`Fetched`].
#[derive(Debug)]
pub struct FetchedPartition {
    partition: TopicPartition,
    runs: Vec<Run>,
    len: usize,
    next_offset: i64,
}

/// Neighbouring records of one batch.
#[derive(Debug)]
pub(crate) struct Run {
    /// The batch, decompressed.
    pub(crate) set: RecordSet,
    /// Where in it the run begins.
    pub(crate) start: RecordCursor,
    /// How many records it has.
    pub(crate) len: usize,
}

impl FetchedPartition {
    /// Where the records come from.
    pub fn topic_partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// How many records; never none.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The offset to commit when all of these are dealt with. Beyond the last record's by more than one where a
    /// transaction's marker or a compacted hole follows.
    pub fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// The records in order of offset.
    pub fn records(&self) -> Records<'_> {
        Records {
            runs: self.runs.iter(),
            current: None,
            partition: &self.partition,
        }
    }
}

/// Walks over the records of a partition. Ends after the first error: a record that is not what its batch says.
#[derive(Debug)]
pub struct Records<'a> {
    runs: std::slice::Iter<'a, Run>,
    current: Option<(&'a RecordSet, RecordCursor, usize)>,
    partition: &'a TopicPartition,
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, ClientError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((set, cursor, left)) = &mut self.current
                && *left > 0
            {
                *left -= 1;
                return match cursor.next(set) {
                    Some(Ok(record)) => Some(Ok(Record::new(set, record))),
                    Some(Err(error)) => Some(Err(self.corrupt(&error.to_string()))),
                    None => Some(Err(self.corrupt("fewer records than its batch claims"))),
                };
            }
            let run = self.runs.next()?;
            self.current = Some((&run.set, run.start, run.len));
        }
    }
}

impl Records<'_> {
    #[cold]
    fn corrupt(&mut self, problem: &str) -> ClientError {
        self.runs = [].iter();
        self.current = None;
        corrupt(self.partition, problem)
    }
}

/// The error of a batch that cannot be read.
#[cold]
pub(crate) fn corrupt(partition: &TopicPartition, problem: &str) -> ClientError {
    ClientError::Protocol {
        peer: format!("partition {partition}").into(),
        what: format!("corrupt records: {problem}"),
    }
}

/// A record, borrowed from the buffer it came in.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its offset.
    pub offset: i64,
    /// Milliseconds since the epoch; -1 for none.
    pub timestamp: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers in their order; the same key may come several times.
    pub headers: Headers<'a>,
    set: &'a RecordSet,
}

impl<'a> Record<'a> {
    fn new(set: &'a RecordSet, record: batch::Record<'a>) -> Self {
        let batch::Record {
            offset,
            timestamp,
            key,
            value,
            headers,
        } = record;
        Self {
            offset,
            timestamp,
            key,
            value,
            headers,
            set,
        }
    }

    /// What the timestamp means.
    pub fn timestamp_type(&self) -> TimestampType {
        self.set.header().attributes.timestamp_type()
    }

    /// The leader epoch of its batch; `None` when unknown.
    pub fn leader_epoch(&self) -> Option<i32> {
        Some(self.set.header().leader_epoch).filter(|epoch| *epoch >= 0)
    }

    /// A part of this record, such as a header's value, as a share of the buffer.
    ///
    /// # Panics
    /// When `part` lies outside the record's batch.
    pub fn share(&self, part: &[u8]) -> Bytes {
        self.set.bytes_of(part)
    }

    /// The key as a share of the buffer. The buffer stays in memory as long as the share.
    pub fn key_bytes(&self) -> Option<Bytes> {
        self.key.map(|key| self.set.bytes_of(key))
    }

    /// The value as a share of the buffer. The buffer stays in memory as long as the share.
    pub fn value_bytes(&self) -> Option<Bytes> {
        self.value.map(|value| self.set.bytes_of(value))
    }
}
