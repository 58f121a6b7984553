use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use proptest::prelude::*;
use uuid::Uuid;
use windlass_wire::batch::{BatchOptions, ControlMarker};
use windlass_wire::compression::Compression;

use super::{Appended, Found, Partition, Wanted};
use crate::batches::{
    KeyValue, batch, compressed, headers, idempotent, one, records, stamped, transactional,
};
use crate::log::Check;
use crate::topic_config::{Rules, TopicConfig};
use crate::topics::Topics;

const ALL: Wanted = Wanted {
    offset: 0,
    max_bytes: usize::MAX,
    at_least_one: true,
    committed: false,
};

fn config(pairs: &[(&str, &str)]) -> TopicConfig {
    let set: BTreeMap<_, _> = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    TopicConfig::new(set).unwrap()
}

fn rules(pairs: &[(&str, &str)]) -> Rules {
    *config(pairs).rules()
}

fn in_memory() -> std::sync::Arc<Partition> {
    let topic = Topics::new(None)
        .create("t", Uuid::nil(), 1, TopicConfig::default())
        .unwrap();
    topic.partition(0).unwrap()
}

/// The partition whose files are below `directory`, as a start after a crash reads it.
fn on_disk(directory: &Path) -> std::sync::Arc<Partition> {
    let topics = Topics::new(Some(directory.to_owned()));
    let topic = topics
        .load("t", Uuid::nil(), 1, TopicConfig::default(), Check::Crc)
        .unwrap()
        .unwrap();
    topic.partition(0).unwrap()
}

fn produce(partition: &Partition, batch: Bytes) -> Result<Appended, ResponseError> {
    partition
        .produce(batch, &rules(&[]), 0)
        .map_err(|refused| refused.error)
}

fn read(partition: &Partition, wanted: Wanted) -> Found {
    partition.fetch(wanted).unwrap()
}

fn values(partition: &Partition) -> Vec<String> {
    records(everything(partition))
        .into_iter()
        .map(|(_, _, value)| value.unwrap())
        .collect()
}

/// All records, over all segments.
fn everything(partition: &Partition) -> Bytes {
    let mut all = Vec::new();
    let mut wanted = Wanted {
        offset: partition.marks().start,
        ..ALL
    };
    loop {
        let found = read(partition, wanted).records;
        let Some(last) = headers(found.clone()).pop() else {
            return all.into();
        };
        wanted.offset = last.next_offset();
        all.extend_from_slice(&found);
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory.join("t-0"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn offsets_follow_each_other() {
    let partition = in_memory();
    let two = batch(
        &[(None, Some("a")), (None, Some("b"))],
        BatchOptions::default(),
    );
    assert_eq!(produce(&partition, two).unwrap().base_offset, 0);
    assert_eq!(produce(&partition, one("c")).unwrap().base_offset, 2);
    let found = read(&partition, Wanted { offset: 1, ..ALL });
    assert_eq!(
        (found.marks.start, found.marks.last_stable, found.marks.end),
        (0, 3, 3)
    );
    // Whole batches only: the reader skips what it has.
    assert_eq!(records(found.records).len(), 3);
    assert!(
        read(&partition, Wanted { offset: 3, ..ALL })
            .records
            .is_empty()
    );
    let beyond = partition.fetch(Wanted { offset: 4, ..ALL }).unwrap_err();
    assert_eq!(beyond.0, ResponseError::OffsetOutOfRange);
}

#[test]
fn what_is_no_undamaged_batch_is_refused() {
    let partition = in_memory();
    let good = one("value");
    for at in [17, 30, 60, good.len() - 1] {
        let mut bad = good.to_vec();
        bad[at] ^= 1;
        let refused = produce(&partition, bad.into()).unwrap_err();
        assert_eq!(refused, ResponseError::CorruptMessage, "byte {at}");
    }
    for end in 0..good.len() {
        assert_eq!(
            produce(&partition, good.slice(..end)),
            Err(ResponseError::CorruptMessage)
        );
    }
    let twice = [&good[..], &good[..]].concat();
    assert_eq!(
        produce(&partition, twice.into()),
        Err(ResponseError::CorruptMessage)
    );
    let mut old = good.to_vec();
    old[16] = 1;
    assert_eq!(
        produce(&partition, old.into()),
        Err(ResponseError::UnsupportedForMessageFormat)
    );
    assert_eq!(partition.marks().end, 0);
    let small = rules(&[("max.message.bytes", "20")]);
    let refused = partition.produce(good, &small, 0).unwrap_err();
    assert_eq!(refused.error, ResponseError::MessageTooLarge);
}

#[test]
fn a_compacted_topic_wants_keys() {
    let partition = in_memory();
    let compacted = rules(&[("cleanup.policy", "compact")]);
    for codec in [Compression::None, Compression::Lz4, Compression::Zstd] {
        let keyless = batch(&[(Some("k"), None), (None, Some("v"))], compressed(codec));
        let refused = partition.produce(keyless, &compacted, 0).unwrap_err();
        assert_eq!(refused.error, ResponseError::InvalidRecord);
    }
    assert!(partition.produce(one("v"), &compacted, 0).is_ok());
}

#[test]
fn the_brokers_clock_stamps_if_the_topic_says_so() {
    let partition = in_memory();
    let stamped = rules(&[("message.timestamp.type", "LogAppendTime")]);
    let appended = partition.produce(one("v"), &stamped, 777).unwrap();
    assert_eq!(appended.log_append_time, 777);
    assert_eq!(partition.offset_at_time(777).unwrap(), Some((0, 777)));
    assert_eq!(partition.offset_at_time(778).unwrap(), None);
}

#[test]
fn times_find_offsets() {
    let partition = in_memory();
    let none = BatchOptions::default();
    let record = |at: i64| (at, (None, Some("v")));
    produce(
        &partition,
        stamped(&[record(10), record(30), record(20)], none),
    )
    .unwrap();
    produce(
        &partition,
        stamped(
            &[record(25), record(40), record(40)],
            compressed(Compression::Gzip),
        ),
    )
    .unwrap();
    let at = |timestamp| partition.offset_at_time(timestamp).unwrap();
    assert_eq!(at(0), Some((0, 10)));
    assert_eq!(at(11), Some((1, 30)));
    assert_eq!(at(31), Some((4, 40)));
    assert_eq!(at(41), None);
    assert_eq!(partition.offset_of_max_time().unwrap(), Some((4, 40)));
    partition.delete_before(2).unwrap();
    assert_eq!(at(0), Some((2, 20)));
}

#[test]
fn a_fetch_keeps_to_its_limit_but_for_a_first_batch() {
    let partition = in_memory();
    let size = one("0").len();
    for value in ["0", "1", "2", "3"] {
        produce(&partition, one(value)).unwrap();
    }
    let found = |offset, max_bytes, at_least_one| {
        let wanted = Wanted {
            offset,
            max_bytes,
            at_least_one,
            committed: false,
        };
        records(read(&partition, wanted).records).len()
    };
    assert_eq!(found(1, 2 * size, true), 2);
    assert_eq!(found(1, 3 * size - 1, true), 2);
    assert_eq!(found(1, 0, true), 1);
    assert_eq!(found(1, 0, false), 0);
    assert_eq!(found(1, size - 1, false), 0);
}

#[test]
fn readers_of_committed_records_stop_before_open_transactions() {
    let partition = in_memory();
    let value = |text| [(None, Some(text))];
    produce(&partition, one("plain")).unwrap();
    produce(&partition, batch(&value("lost"), transactional(1, 0, 0))).unwrap();
    produce(&partition, batch(&value("kept"), transactional(2, 0, 0))).unwrap();
    let committed = Wanted {
        committed: true,
        ..ALL
    };
    let found = read(&partition, committed);
    assert_eq!((found.marks.last_stable, found.marks.end), (1, 3));
    assert_eq!(records(found.records).len(), 1);
    partition.mark(2, 0, ControlMarker::Commit, 0).unwrap();
    assert_eq!(read(&partition, committed).marks.last_stable, 1);
    partition.mark(1, 0, ControlMarker::Abort, 0).unwrap();
    let found = read(&partition, committed);
    assert_eq!((found.marks.last_stable, found.marks.end), (5, 5));
    let aborted: Vec<_> = found
        .aborted
        .unwrap()
        .iter()
        .map(|one| (one.producer_id, one.first))
        .collect();
    assert_eq!(aborted, [(1, 1)]);
    assert!(read(&partition, ALL).aborted.is_none());
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let partition = on_disk(directory.path());
    let options = |sequence| idempotent(5, 1, sequence);
    produce(&partition, batch(&[(None, Some("a"))], options(0))).unwrap();
    produce(&partition, batch(&[(None, Some("b"))], options(1))).unwrap();
    produce(
        &partition,
        batch(&[(None, Some("x"))], transactional(6, 0, 0)),
    )
    .unwrap();
    drop(partition);
    let partition = on_disk(directory.path());
    assert_eq!(values(&partition), ["a", "b", "x"]);
    // So is what tells a duplicate, a gap, and an open transaction.
    let again = produce(&partition, batch(&[(None, Some("b"))], options(1))).unwrap();
    assert_eq!(again.base_offset, 1);
    let gap = produce(&partition, batch(&[(None, Some("d"))], options(3)));
    assert_eq!(gap, Err(ResponseError::OutOfOrderSequenceNumber));
    assert_eq!(partition.marks().last_stable, 2);
    partition.mark(6, 0, ControlMarker::Abort, 0).unwrap();
    drop(partition);
    let partition = on_disk(directory.path());
    assert_eq!(partition.marks().last_stable, 4);
    let found = read(
        &partition,
        Wanted {
            committed: true,
            ..ALL
        },
    );
    assert_eq!(found.aborted.unwrap().len(), 1);
}

#[test]
fn a_torn_tail_is_cut_off_wherever_it_tore() {
    let directory = tempfile::tempdir().unwrap();
    let partition = on_disk(directory.path());
    produce(&partition, one("first")).unwrap();
    produce(&partition, one("second")).unwrap();
    drop(partition);
    let file = files(directory.path()).remove(0);
    let bytes = fs::read(&file).unwrap();
    let whole = bytes.len() - one("second").len();
    for end in whole..bytes.len() {
        fs::write(&file, &bytes[..end]).unwrap();
        let partition = on_disk(directory.path());
        assert_eq!(values(&partition), ["first"], "torn at byte {end}");
        assert_eq!(produce(&partition, one("again")).unwrap().base_offset, 1);
        drop(partition);
        assert_eq!(values(&on_disk(directory.path())), ["first", "again"]);
    }
    // A power cut can leave a file of the right length whose last blocks were never written.
    for at in whole + 17..bytes.len() {
        let mut holed = bytes.clone();
        holed[at..].fill(0);
        if holed == bytes {
            continue;
        }
        fs::write(&file, &holed).unwrap();
        assert_eq!(
            values(&on_disk(directory.path())),
            ["first"],
            "zeros from byte {at}"
        );
    }
}

#[test]
fn segments_roll_and_old_ones_are_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let partition = on_disk(directory.path());
    let large = "v".repeat(300_000);
    let rolling = rules(&[
        ("segment.bytes", "1048576"),
        ("retention.bytes", "2000000"),
        ("retention.ms", "-1"),
    ]);
    for turn in 0..12 {
        let record = [(turn, (None, Some(large.as_str())))];
        partition
            .produce(stamped(&record, BatchOptions::default()), &rolling, 0)
            .unwrap();
    }
    assert_eq!(files(directory.path()).len(), 4);
    assert_eq!(headers(everything(&partition)).len(), 12);
    partition.tidy(&rolling, 0).unwrap();
    let start = partition.marks().start;
    assert_eq!((start, partition.marks().end), (3, 12));
    assert!(partition.size() >= 2_000_000);
    let gone = partition
        .fetch(Wanted {
            offset: start - 1,
            ..ALL
        })
        .unwrap_err();
    assert_eq!(gone.0, ResponseError::OffsetOutOfRange);
    // By age even the newest goes, and the next offset is remembered.
    let aged = rules(&[("retention.ms", "1000")]);
    partition.tidy(&aged, 100_000).unwrap();
    assert_eq!((partition.marks().start, partition.marks().end), (12, 12));
    drop(partition);
    let partition = on_disk(directory.path());
    assert_eq!(produce(&partition, one("next")).unwrap().base_offset, 12);
}

#[test]
fn a_deleted_topic_takes_nothing_more() {
    let directory = tempfile::tempdir().unwrap();
    let partition = on_disk(directory.path());
    produce(&partition, one("v")).unwrap();
    partition.delete().unwrap();
    assert_eq!(
        produce(&partition, one("v")),
        Err(ResponseError::UnknownTopicOrPartition)
    );
    assert!(!directory.path().join("t-0").exists());
}

/// Appends, and closes the segment so that all of it can be compacted.
fn fill(partition: &Partition, batches: &[(Vec<KeyValue<'_>>, BatchOptions)]) {
    for (records, options) in batches {
        produce(partition, batch(records, *options)).unwrap();
    }
    partition.lock().log.roll().unwrap();
}

fn compact(partition: &Partition, now: i64) {
    let always = rules(&[
        ("cleanup.policy", "compact"),
        ("min.cleanable.dirty.ratio", "0"),
    ]);
    partition.tidy(&always, now).unwrap();
}

#[test]
fn compaction_forgets_aborted_records_and_their_markers() {
    let directory = tempfile::tempdir().unwrap();
    let partition = on_disk(directory.path());
    let value = |text| vec![(Some("k"), Some(text))];
    produce(&partition, batch(&value("kept"), BatchOptions::default())).unwrap();
    produce(&partition, batch(&value("aborted"), transactional(1, 0, 0))).unwrap();
    partition.mark(1, 0, ControlMarker::Abort, 0).unwrap();
    fill(&partition, &[]);
    compact(&partition, 0);
    assert_eq!(
        values(&partition),
        ["kept"],
        "an aborted record must not shadow an earlier one"
    );
    assert!(
        read(
            &partition,
            Wanted {
                committed: true,
                ..ALL
            }
        )
        .aborted
        .unwrap()
        .is_empty()
    );
    drop(partition);
    let partition = on_disk(directory.path());
    assert_eq!(values(&partition), ["kept"]);
    assert_eq!(partition.marks().end, 3);
}

#[test]
fn an_open_transaction_is_not_compacted_over() {
    let partition = in_memory();
    let none = BatchOptions::default;
    fill(
        &partition,
        &[
            (vec![(Some("k"), Some("old"))], none()),
            (vec![(Some("k"), Some("open"))], transactional(1, 0, 0)),
        ],
    );
    fill(&partition, &[(vec![(Some("k"), Some("new"))], none())]);
    compact(&partition, 0);
    assert_eq!(values(&partition), ["old", "open", "new"]);
    partition.mark(1, 0, ControlMarker::Commit, 0).unwrap();
    fill(&partition, &[]);
    compact(&partition, 0);
    assert_eq!(values(&partition), ["new"]);
}

#[test]
fn tombstones_go_when_their_time_has_come() {
    let partition = in_memory();
    let none = BatchOptions::default();
    fill(
        &partition,
        &[
            (vec![(Some("a"), Some("1")), (Some("b"), Some("2"))], none),
            (vec![(Some("a"), None)], none),
        ],
    );
    compact(&partition, 0);
    let left = |partition: &Partition| records(everything(partition));
    let (a, b) = (
        (2, Some("a".to_owned()), None),
        (1, Some("b".to_owned()), Some("2".to_owned())),
    );
    assert_eq!(left(&partition), [b.clone(), a]);
    // A day later (`delete.retention.ms`), when something new is compacted too.
    fill(&partition, &[(vec![(Some("c"), Some("3"))], none)]);
    compact(&partition, 1000 + 24 * 3600 * 1000 + 1);
    assert_eq!(
        left(&partition),
        [b, (3, Some("c".to_owned()), Some("3".to_owned()))]
    );
}

#[test]
fn compaction_waits_until_it_is_worth_the_work() {
    let partition = in_memory();
    let none = BatchOptions::default();
    let unique: Vec<_> = (0..10).map(|key| key.to_string()).collect();
    for key in &unique {
        fill(
            &partition,
            &[(vec![(Some(key.as_str()), Some("value"))], none)],
        );
    }
    compact(&partition, 0);
    fill(&partition, &[(vec![(Some("0"), Some("again"))], none)]);
    let half = rules(&[("cleanup.policy", "compact")]);
    partition.tidy(&half, 0).unwrap();
    assert_eq!(values(&partition).len(), 11, "one part in eleven is new");
    compact(&partition, 0);
    assert_eq!(values(&partition).len(), 10);
}

#[test]
fn a_crash_within_a_compaction_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let partition = on_disk(directory.path());
    let none = BatchOptions::default();
    fill(
        &partition,
        &[
            (vec![(Some("a"), Some("1"))], none),
            (vec![(Some("b"), Some("1"))], none),
        ],
    );
    fill(
        &partition,
        &[
            (vec![(Some("a"), Some("2"))], none),
            (vec![(Some("c"), Some("1"))], none),
        ],
    );
    fill(&partition, &[(vec![(Some("b"), Some("2"))], none)]);
    let before: Vec<_> = files(directory.path())
        .into_iter()
        .map(|file| (file.clone(), fs::read(file).unwrap()))
        .collect();
    compact(&partition, 0);
    assert_eq!(values(&partition), ["2", "1", "2"]);
    assert!(files(directory.path()).len() < before.len());
    drop(partition);
    // The merged file took the first one's place, and the others were not yet deleted.
    for (file, bytes) in &before[1..] {
        fs::write(file, bytes).unwrap();
    }
    fs::write(
        directory.path().join("t-0/00000000000000000000.new"),
        b"half written",
    )
    .unwrap();
    let partition = on_disk(directory.path());
    let mut last = BTreeMap::new();
    for (offset, key, value) in records(everything(&partition)) {
        assert!(
            last.insert(key.unwrap(), (offset, value.unwrap()))
                .is_none_or(|(before, _)| before < offset)
        );
    }
    let last: Vec<_> = last
        .into_iter()
        .map(|(key, (offset, value))| (key, offset, value))
        .collect();
    let expected = [("a", 2, "2"), ("b", 4, "2"), ("c", 3, "1")];
    assert_eq!(
        last,
        expected.map(|(key, offset, value)| (key.to_owned(), offset, value.to_owned()))
    );
    assert_eq!(produce(&partition, one("next")).unwrap().base_offset, 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Compaction keeps, of each key in the full segments, exactly the last record at its offset; it never touches
    /// the newest segment, and reading on from any offset still works, before and after a restart.
    #[test]
    fn the_last_record_of_each_key_stays(
        batches in prop::collection::vec(prop::collection::vec((0..6_u8, prop::option::of(0..100_u8)), 1..8), 1..30),
        rolls in prop::collection::vec(any::<bool>(), 30),
        codecs in prop::collection::vec(0..5_u8, 30),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let partition = on_disk(directory.path());
        let mut written = Vec::new();
        let mut full = 0;
        for (index, records) in batches.iter().enumerate() {
            let texts: Vec<_> = records
                .iter()
                .map(|(key, value)| (key.to_string(), value.map(|value| value.to_string())))
                .collect();
            let borrowed: Vec<KeyValue<'_>> =
                texts.iter().map(|(key, value)| (Some(key.as_str()), value.as_deref())).collect();
            let codec = Compression::from_id(codecs[index]).unwrap();
            produce(&partition, batch(&borrowed, compressed(codec))).unwrap();
            written.extend(texts);
            if rolls[index] {
                partition.lock().log.roll().unwrap();
                full = written.len();
            }
        }
        compact(&partition, 0);
        let expected: Vec<_> = written
            .iter()
            .enumerate()
            .filter(|(at, (key, _))| *at >= full || !written[at + 1..full].iter().any(|(later, _)| later == key))
            .map(|(at, (key, value))| (at as i64, Some(key.clone()), value.clone()))
            .collect();
        prop_assert_eq!(&records(everything(&partition)), &expected);
        for offset in 0..written.len() as i64 {
            let found = records(read(&partition, Wanted { offset, ..ALL }).records);
            let next = found.into_iter().find(|(at, _, _)| *at >= offset);
            let wanted = expected.iter().find(|(at, _, _)| *at >= offset);
            prop_assert_eq!(next.as_ref(), wanted);
        }
        drop(partition);
        let partition = on_disk(directory.path());
        prop_assert_eq!(&records(everything(&partition)), &expected);
        prop_assert_eq!(partition.marks().end, written.len() as i64);
    }
}
