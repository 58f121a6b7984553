//! What the journal holds, by kind.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::codec::{Reader, Writer};
use crate::error::{Error, Result};
use crate::group::{Committed, Snapshot, TopicPartition};
use crate::journal::{self, Changes, Journal};
use crate::topics::Topic;
use crate::transactions::{Phase, Transaction};

/// The broker's memory beside records.
#[derive(Debug)]
pub(crate) struct Store {
    journal: Mutex<Journal>,
}

/// One thing remembered.
#[derive(Debug)]
pub(crate) enum Entry {
    Cluster {
        id: String,
        /// How often a broker was started here.
        starts: i64,
    },
    /// Producer ids below this may have been given out.
    ProducerIds { next: i64 },
    Topic {
        name: String,
        id: Uuid,
        partitions: i32,
        config: BTreeMap<String, String>,
    },
    /// Records before `start` were deleted on demand.
    LogStart {
        topic: String,
        partition: i32,
        start: i64,
    },
    Offset {
        group: String,
        partition: TopicPartition,
        committed: Committed,
    },
    PendingOffset {
        group: String,
        producer_id: i64,
        partition: TopicPartition,
        committed: Committed,
    },
    /// A stable group.
    Group { id: String, snapshot: Snapshot },
    Transaction {
        id: String,
        transaction: Transaction,
    },
}

impl Store {
    pub(crate) fn in_memory() -> Store {
        Store {
            journal: Mutex::new(Journal::in_memory()),
        }
    }

    /// Opens the journal below `directory` and reads it.
    pub(crate) fn open(directory: &Path) -> Result<(Store, Vec<Entry>)> {
        let path = journal::path(directory);
        let journal = Journal::open(path.clone())?;
        let decode = |(key, value)| {
            let found = || {
                format!(
                    "entry {key:?} of {} bytes is not one of this version",
                    <[u8]>::len(value)
                )
            };
            Entry::decode(key, value).ok_or_else(|| Error::Corrupt {
                path: path.clone(),
                found: found(),
            })
        };
        let entries = journal.entries().map(decode).collect::<Result<_>>()?;
        Ok((
            Store {
                journal: Mutex::new(journal),
            },
            entries,
        ))
    }

    /// Stores these entries together, or none of them.
    pub(crate) fn put(&self, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        let mut changes = Changes::default();
        for entry in entries {
            changes.put(entry.key(), entry.value());
        }
        self.write(changes)
    }

    pub(crate) fn delete_topic(&self, topic: &Topic) -> Result<()> {
        let mut changes = Changes::default();
        changes.remove(Writer::new(TOPIC).text(&topic.name).finish());
        for partition in 0..topic.partition_count() {
            changes.remove(log_start_key(&topic.name, partition));
        }
        self.write(changes)
    }

    pub(crate) fn commit_offsets(
        &self,
        group: &str,
        transaction: Option<i64>,
        offsets: &[(TopicPartition, Committed)],
    ) -> Result<()> {
        let mut changes = Changes::default();
        for (partition, committed) in offsets {
            let key = match transaction {
                None => offset_key(group, partition),
                Some(producer_id) => pending_key(group, producer_id, partition),
            };
            changes.put(key, committed_value(committed));
        }
        self.write(changes)
    }

    pub(crate) fn delete_offsets(&self, group: &str, partitions: &[TopicPartition]) -> Result<()> {
        let mut changes = Changes::default();
        for partition in partitions {
            changes.remove(offset_key(group, partition));
        }
        self.write(changes)
    }

    /// Remembers a stable group, or with `None` forgets it.
    pub(crate) fn put_group(&self, id: &str, snapshot: Option<Snapshot>) -> Result<()> {
        let mut changes = Changes::default();
        match snapshot {
            Some(snapshot) => changes.put(group_key(id), snapshot.encode()),
            None => changes.remove(group_key(id)),
        }
        self.write(changes)
    }

    /// Ends a transaction: its state, and what it had laid aside for the groups' offsets.
    pub(crate) fn end_transaction<'a>(
        &self,
        id: &str,
        transaction: &Transaction,
        commit: bool,
        offsets: impl Iterator<Item = (&'a str, TopicPartition, Committed)>,
    ) -> Result<()> {
        let mut changes = Changes::default();
        for (group, partition, committed) in offsets {
            changes.remove(pending_key(group, transaction.producer_id, &partition));
            if commit {
                changes.put(offset_key(group, &partition), committed_value(&committed));
            }
        }
        let entry = Entry::Transaction {
            id: id.to_owned(),
            transaction: transaction.clone(),
        };
        changes.put(entry.key(), entry.value());
        self.write(changes)
    }

    /// Brings everything to disk.
    pub(crate) fn sync(&self) -> Result<()> {
        self.journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sync()
    }

    fn write(&self, changes: Changes) -> Result<()> {
        self.journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(changes)
    }
}

impl Entry {
    fn key(&self) -> Vec<u8> {
        match self {
            Entry::Cluster { .. } => Writer::new(CLUSTER).finish(),
            Entry::ProducerIds { .. } => Writer::new(PRODUCER_IDS).finish(),
            Entry::Topic { name, .. } => Writer::new(TOPIC).text(name).finish(),
            Entry::LogStart {
                topic, partition, ..
            } => log_start_key(topic, *partition),
            Entry::Offset {
                group, partition, ..
            } => offset_key(group, partition),
            Entry::PendingOffset {
                group,
                producer_id,
                partition,
                ..
            } => pending_key(group, *producer_id, partition),
            Entry::Group { id, .. } => group_key(id),
            Entry::Transaction { id, .. } => Writer::new(TRANSACTION).text(id).finish(),
        }
    }

    fn value(&self) -> Vec<u8> {
        match self {
            Entry::Cluster { id, starts } => Writer::default().text(id).i64(*starts).finish(),
            Entry::ProducerIds { next } => Writer::default().i64(*next).finish(),
            Entry::Topic {
                id,
                partitions,
                config,
                ..
            } => {
                let head = Writer::default().u128(id.as_u128()).i32(*partitions);
                config
                    .iter()
                    .fold(head, |writer, (key, value)| writer.text(key).text(value))
                    .finish()
            }
            Entry::LogStart { start, .. } => Writer::default().i64(*start).finish(),
            Entry::Offset { committed, .. } | Entry::PendingOffset { committed, .. } => {
                committed_value(committed)
            }
            Entry::Group { snapshot, .. } => snapshot.encode(),
            Entry::Transaction { transaction, .. } => transaction_value(transaction),
        }
    }

    fn decode(key: &[u8], value: &[u8]) -> Option<Entry> {
        let (mut key, mut value) = (Reader::new(key), Reader::new(value));
        Some(match key.u8()? {
            CLUSTER => Entry::Cluster {
                id: value.text()?,
                starts: value.i64()?,
            },
            PRODUCER_IDS => Entry::ProducerIds { next: value.i64()? },
            TOPIC => {
                let name = key.text()?;
                let (id, partitions) = (Uuid::from_u128(value.u128()?), value.i32()?);
                let mut config = BTreeMap::new();
                while !value.is_empty() {
                    config.insert(value.text()?, value.text()?);
                }
                Entry::Topic {
                    name,
                    id,
                    partitions,
                    config,
                }
            }
            LOG_START => Entry::LogStart {
                topic: key.text()?,
                partition: key.i32()?,
                start: value.i64()?,
            },
            OFFSET => {
                let (group, partition) = (key.text()?, (key.text()?, key.i32()?));
                Entry::Offset {
                    group,
                    partition,
                    committed: committed(&mut value)?,
                }
            }
            PENDING_OFFSET => {
                let (group, producer_id) = (key.text()?, key.i64()?);
                let partition = (key.text()?, key.i32()?);
                Entry::PendingOffset {
                    group,
                    producer_id,
                    partition,
                    committed: committed(&mut value)?,
                }
            }
            GROUP => Entry::Group {
                id: key.text()?,
                snapshot: Snapshot::decode(&mut value)?,
            },
            TRANSACTION => Entry::Transaction {
                id: key.text()?,
                transaction: transaction(&mut value)?,
            },
            _ => return None,
        })
    }
}

fn log_start_key(topic: &str, partition: i32) -> Vec<u8> {
    Writer::new(LOG_START).text(topic).i32(partition).finish()
}

fn group_key(id: &str) -> Vec<u8> {
    Writer::new(GROUP).text(id).finish()
}

fn offset_key(group: &str, (topic, partition): &TopicPartition) -> Vec<u8> {
    Writer::new(OFFSET)
        .text(group)
        .text(topic)
        .i32(*partition)
        .finish()
}

fn pending_key(group: &str, producer_id: i64, (topic, partition): &TopicPartition) -> Vec<u8> {
    Writer::new(PENDING_OFFSET)
        .text(group)
        .i64(producer_id)
        .text(topic)
        .i32(*partition)
        .finish()
}

fn committed_value(committed: &Committed) -> Vec<u8> {
    Writer::default()
        .i64(committed.offset)
        .i32(committed.leader_epoch)
        .text(&committed.metadata)
        .finish()
}

fn committed(value: &mut Reader<'_>) -> Option<Committed> {
    Some(Committed {
        offset: value.i64()?,
        leader_epoch: value.i32()?,
        metadata: value.text()?,
    })
}

fn transaction_value(transaction: &Transaction) -> Vec<u8> {
    let head = Writer::default()
        .i64(transaction.producer_id)
        .i16(transaction.epoch)
        .i32(transaction.timeout_ms)
        .i16(transaction.phase as i16)
        .i32(transaction.partitions.len() as i32);
    let partitions = transaction.partitions.iter();
    let rest = partitions.fold(head, |writer, (topic, partition)| {
        writer.text(topic).i32(*partition)
    });
    transaction
        .groups
        .iter()
        .fold(rest, |writer, group| writer.text(group))
        .finish()
}

fn transaction(value: &mut Reader<'_>) -> Option<Transaction> {
    let mut transaction = Transaction::new(value.i64()?, value.i16()?, value.i32()?);
    transaction.phase = Phase::from_number(value.i16()?)?;
    for _ in 0..value.i32()? {
        transaction.partitions.insert((value.text()?, value.i32()?));
    }
    while !value.is_empty() {
        transaction.groups.insert(value.text()?);
    }
    Some(transaction)
}

const CLUSTER: u8 = 1;
const PRODUCER_IDS: u8 = 2;
const TOPIC: u8 = 3;
const LOG_START: u8 = 4;
const OFFSET: u8 = 5;
const PENDING_OFFSET: u8 = 6;
const TRANSACTION: u8 = 7;
const GROUP: u8 = 8;
