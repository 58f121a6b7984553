//! Fetching from many partitions of many brokers, ahead of the reader.
//!
//! One Fetch at a time is under way to each broker, in a session of its own connection. While one answer of a partition
//! is handed out, the next is fetched; a third is not, so memory stays bounded: by `fetch.max.bytes` if the user set it,
//! by eight megabytes otherwise (and never less than one answer).

mod aborted;
mod answer;
mod chunk;
mod lookup;
mod partition;
mod request;
mod session;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use kafka_protocol::messages::FetchResponse;
use tokio::time::Instant;
use windlass_wire::compression::Codecs;

use crate::TopicPartition;
use crate::backoff::Backoff;
use crate::cluster::{Cluster, OwnedLane};
use crate::config::ConsumerConfig;
use crate::consumer::fetched::Fetched;
use crate::error::ClientError;
use crate::jobs::Jobs;
use crate::metadata::NodeId;

use chunk::{Chunk, Opening};
pub(crate) use lookup::OffsetsFound;
use partition::{Partition, Position, Stage};
use session::FetchSession;

/// Reads the partitions it is given.
pub(crate) struct Fetcher {
    cluster: Cluster,
    config: Arc<ConsumerConfig>,
    lane: OwnedLane,
    partitions: BTreeMap<TopicPartition, Partition>,
    brokers: BTreeMap<NodeId, BrokerFetch>,
    /// What has been fetched and not handed out, in order of arrival.
    chunks: VecDeque<Chunk>,
    /// Bytes of `chunks`.
    buffered: usize,
    codecs: Codecs,
    incarnations: u64,
    /// Told by the next take, when all records before it are handed out.
    failure: Option<ClientError>,
    /// Leaders are missing or have moved.
    stale_metadata: bool,
    /// Something has changed that may let another request begin.
    dirty: bool,
    backoff: Backoff,
    rng: fastrand::Rng,
}

/// What is under way with one broker.
#[derive(Debug)]
struct BrokerFetch {
    session: FetchSession,
    /// Bytes its answer may bring; `None` when nothing is under way.
    under_way: Option<usize>,
    not_before: Option<Instant>,
    backoff: Backoff,
}

/// What came of a request.
pub(crate) enum Done {
    /// A Fetch. With it what was asked: partition, incarnation and offset.
    Fetched {
        node: NodeId,
        asked: Vec<(TopicPartition, u64, i64)>,
        answer: Result<FetchResponse, ClientError>,
    },
    /// A question for offsets.
    Offsets(OffsetsFound),
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("partitions", &self.partitions)
            .field("brokers", &self.brokers)
            .field("buffered", &self.buffered)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    pub(crate) fn new(cluster: &Cluster, config: Arc<ConsumerConfig>) -> Self {
        Self {
            cluster: cluster.clone(),
            config,
            lane: cluster.fetch_lane(),
            partitions: BTreeMap::new(),
            brokers: BTreeMap::new(),
            chunks: VecDeque::new(),
            buffered: 0,
            codecs: Codecs::new(),
            incarnations: 0,
            failure: None,
            stale_metadata: false,
            dirty: false,
            backoff: cluster.backoff(),
            rng: cluster.rng(),
        }
    }

    /// Starts to read partitions. Where from, their group tells or the reset policy.
    pub(crate) fn add(&mut self, partitions: &[TopicPartition]) {
        let stage = match self.config.group_id {
            Some(_) => Stage::AskGroup,
            None => Stage::Reset(self.config.offset_reset),
        };
        for tp in partitions {
            self.incarnations += 1;
            self.partitions
                .entry(tp.clone())
                .or_insert_with(|| Partition::new(self.incarnations, stage));
        }
        self.dirty = true;
    }

    /// Stops reading partitions and forgets everything about them.
    pub(crate) fn remove(&mut self, partitions: &[TopicPartition]) {
        for tp in partitions {
            self.partitions.remove(tp);
        }
        self.drop_stale();
    }

    /// The partitions read, in order.
    pub(crate) fn assignment(&self) -> impl Iterator<Item = &TopicPartition> {
        self.partitions.keys()
    }

    pub(crate) fn is_assigned(&self, tp: &TopicPartition) -> bool {
        self.partitions.contains_key(tp)
    }

    /// Goes on at `offset`.
    pub(crate) fn seek(&mut self, tp: &TopicPartition, offset: i64) {
        self.restart(tp, Stage::At(Position::new(offset, None)));
    }

    /// The offset of the next record to hand out, if it is known.
    pub(crate) fn position(&self, tp: &TopicPartition) -> Option<(i64, Option<i32>)> {
        self.partitions
            .get(tp)?
            .position()
            .map(|p| (p.offset, p.epoch))
    }

    /// Hands out no records of the partition while paused.
    /// How many offsets are between the position and the end of the partition as of the last answer.
    pub(crate) fn lag(&self, tp: &TopicPartition) -> Option<i64> {
        let partition = self.partitions.get(tp)?;
        let position = partition.position()?;
        Some((partition.log_end? - position.offset).max(0))
    }

    pub(crate) fn set_paused(&mut self, tp: &TopicPartition, paused: bool) {
        if let Some(partition) = self.partitions.get_mut(tp) {
            partition.paused = paused;
            self.dirty = true;
        }
    }

    /// The paused partitions, in order.
    pub(crate) fn paused(&self) -> impl Iterator<Item = &TopicPartition> {
        self.partitions
            .iter()
            .filter(|(_, p)| p.paused)
            .map(|(tp, _)| tp)
    }

    /// Whether leaders are missing or have moved since this was last asked.
    pub(crate) fn take_stale_metadata(&mut self) -> bool {
        std::mem::take(&mut self.stale_metadata)
    }

    /// What makes it impossible to go on, if it has come to that.
    pub(crate) fn take_failure(&mut self) -> Option<ClientError> {
        self.failure.take()
    }

    /// There is newer metadata.
    pub(crate) fn metadata_changed(&mut self) {
        self.dirty = true;
    }

    /// Hands out up to `max` records; `None` when there are none.
    ///
    /// # Errors
    /// What makes it impossible to go on with a partition, told after the records before it.
    pub(crate) fn take(&mut self, max: usize) -> Result<Option<Fetched>, ClientError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut fetched = Fetched::default();
        let mut left = max;
        let mut at = 0;
        while left > 0 && at < self.chunks.len() {
            if self
                .partitions
                .get(&self.chunks[at].partition)
                .is_some_and(|p| p.paused)
            {
                at += 1;
                continue;
            }
            let mut opening = Opening {
                codecs: &mut self.codecs,
                check_crcs: self.config.check_crcs,
            };
            let taken = self.chunks[at].take(left, &mut opening, &mut fetched);
            self.settle(at);
            match taken {
                Ok(taken) => left -= taken,
                Err(error) if left == max => return Err(error),
                // It comes again with the next call, which begins there.
                Err(_) => break,
            }
        }
        Ok((!fetched.is_empty()).then_some(fetched))
    }

    /// Takes over the position of the chunk at `at`, and drops it if it is done.
    fn settle(&mut self, at: usize) {
        let chunk = &self.chunks[at];
        let (offset, epoch) = chunk.position();
        let partition = self.partitions.get_mut(&chunk.partition);
        let chunks = partition.map(|partition| {
            if let Stage::At(position) = &mut partition.stage {
                position.offset = offset;
                position.epoch = epoch.or(position.epoch);
            }
            &mut partition.chunks
        });
        if chunk.is_done() {
            chunks.into_iter().for_each(|n| *n = n.saturating_sub(1));
            self.buffered = self.buffered.saturating_sub(chunk.size);
            self.chunks.remove(at);
            self.dirty = true;
        }
    }

    /// Begins whatever requests are due. Tells when to come again, if not before.
    pub(crate) fn begin(&mut self, jobs: &mut Jobs<Done>, now: Instant) -> Option<Instant> {
        if self.dirty || self.wake_at().is_some_and(|at| at <= now) {
            self.dirty = false;
            let waits = self.partitions.values_mut().map(|p| &mut p.not_before);
            for wait in waits.chain(self.brokers.values_mut().map(|b| &mut b.not_before)) {
                wait.take_if(|at| *at <= now);
            }
            self.begin_lookups(jobs);
            self.begin_fetches(jobs, now);
        }
        self.wake_at()
    }

    /// Works an answer in.
    pub(crate) fn digest(&mut self, done: Done, now: Instant) {
        self.dirty = true;
        match done {
            Done::Fetched {
                node,
                asked,
                answer,
            } => self.on_fetched(node, &asked, answer, now),
            Done::Offsets(found) => self.on_offsets(found, now),
        }
    }

    fn wake_at(&self) -> Option<Instant> {
        let partitions = self
            .partitions
            .values()
            .filter(|p| !p.asking)
            .filter_map(|p| p.not_before);
        let brokers = self
            .brokers
            .values()
            .filter(|b| b.under_way.is_none())
            .filter_map(|b| b.not_before);
        partitions.chain(brokers).min()
    }

    fn restart(&mut self, tp: &TopicPartition, stage: Stage) {
        self.incarnations += 1;
        if let Some(partition) = self.partitions.get_mut(tp) {
            partition.restart(self.incarnations, stage);
            self.dirty = true;
            self.drop_stale();
        }
    }

    fn drop_stale(&mut self) {
        let partitions = &self.partitions;
        self.chunks.retain(|c| {
            partitions
                .get(&c.partition)
                .is_some_and(|p| p.incarnation == c.incarnation)
        });
        self.buffered = self.chunks.iter().map(|c| c.size).sum();
        self.dirty = true;
    }

    /// What makes reading impossible; the first such is kept.
    fn fail(&mut self, error: ClientError) {
        self.failure.get_or_insert(error);
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::error::ResponseError as E;
    use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
    use windlass_wire::batch::{BatchBuilder, BatchOptions, no_headers};

    use super::*;
    use crate::cluster::Env;
    use crate::config::{OffsetReset, Properties};
    use crate::offsets::{EpochEnd, PerPartition, topic_name};

    const NODE: NodeId = 1;

    fn fetcher(reset: &str) -> (Fetcher, TopicPartition) {
        let properties = Properties::from([
            ("bootstrap.servers".to_owned(), "nowhere:1".to_owned()),
            ("auto.offset.reset".to_owned(), reset.to_owned()),
        ]);
        let config = ConsumerConfig::parse(&properties).unwrap().config;
        let mut fetcher = Fetcher::new(
            &Cluster::new(&config.client, Env::default()),
            Arc::new(config),
        );
        let backoff = fetcher.cluster.backoff();
        fetcher.brokers.insert(
            NODE,
            BrokerFetch {
                session: FetchSession::default(),
                under_way: Some(1),
                not_before: None,
                backoff,
            },
        );
        let tp = TopicPartition::new("t", 0);
        fetcher.add(std::slice::from_ref(&tp));
        (fetcher, tp)
    }

    fn place(fetcher: &mut Fetcher, tp: &TopicPartition, offset: i64, epoch: Option<i32>) -> u64 {
        let partition = fetcher.partitions.get_mut(tp).unwrap();
        partition.stage = Stage::At(Position::new(offset, epoch));
        partition.incarnation
    }

    fn answer(
        fetcher: &mut Fetcher,
        tp: &TopicPartition,
        incarnation: u64,
        offset: i64,
        data: PartitionData,
    ) {
        let topic = FetchableTopicResponse::default()
            .with_topic(topic_name(&tp.topic))
            .with_partitions(vec![data]);
        let answer = FetchResponse::default()
            .with_session_id(7)
            .with_responses(vec![topic]);
        let asked = vec![(tp.clone(), incarnation, offset)];
        fetcher.digest(
            Done::Fetched {
                node: NODE,
                asked,
                answer: Ok(answer),
            },
            Instant::now(),
        );
    }

    fn records(count: usize) -> PartitionData {
        let mut builder = BatchBuilder::new();
        for _ in 0..count {
            builder.append(0, None, Some(b"v"), no_headers()).unwrap();
        }
        let batch = builder
            .finish(&BatchOptions::default(), &mut Codecs::new())
            .unwrap();
        PartitionData::default().with_records(Some(batch.into()))
    }

    fn failed(code: E) -> PartitionData {
        PartitionData::default().with_error_code(code.code())
    }

    #[test]
    fn an_answer_to_what_was_asked_before_a_seek_is_dropped() {
        let (mut fetcher, tp) = fetcher("latest");
        let before = place(&mut fetcher, &tp, 0, None);
        fetcher.seek(&tp, 2);
        answer(&mut fetcher, &tp, before, 0, records(5));
        assert!(fetcher.take(10).unwrap().is_none());
        let now = fetcher.partitions[&tp].incarnation;
        answer(&mut fetcher, &tp, now, 2, records(5));
        assert_eq!(
            fetcher.take(10).unwrap().unwrap().len(),
            3,
            "from the offset sought on"
        );
        assert_eq!((fetcher.position(&tp).unwrap().0, fetcher.buffered), (5, 0));
    }

    #[test]
    fn what_waits_is_counted_until_it_is_handed_out_and_forgotten_with_its_partition() {
        let (mut fetcher, tp) = fetcher("latest");
        let incarnation = place(&mut fetcher, &tp, 0, None);
        answer(&mut fetcher, &tp, incarnation, 0, records(5));
        assert_eq!(
            (fetcher.partitions[&tp].chunks, fetcher.buffered > 60),
            (1, true)
        );
        fetcher.set_paused(&tp, true);
        assert!(fetcher.take(10).unwrap().is_none(), "paused");
        fetcher.set_paused(&tp, false);
        assert_eq!(fetcher.take(3).unwrap().unwrap().len(), 3);
        assert!(fetcher.buffered > 0);
        fetcher.remove(std::slice::from_ref(&tp));
        assert_eq!((fetcher.buffered, fetcher.chunks.len()), (0, 0));
    }

    #[test]
    fn out_of_range_is_for_the_reset_policy_once_all_before_is_handed_out() {
        let (mut fetcher, tp) = fetcher("earliest");
        let incarnation = place(&mut fetcher, &tp, 0, None);
        answer(&mut fetcher, &tp, incarnation, 0, records(5));
        answer(
            &mut fetcher,
            &tp,
            incarnation,
            5,
            failed(E::OffsetOutOfRange),
        );
        assert_eq!(fetcher.take(10).unwrap().unwrap().len(), 5);
        assert_eq!(fetcher.position(&tp).unwrap().0, 5);
        answer(
            &mut fetcher,
            &tp,
            incarnation,
            5,
            failed(E::OffsetOutOfRange),
        );
        assert_eq!(
            fetcher.partitions[&tp].stage,
            Stage::Reset(OffsetReset::Earliest)
        );
    }

    #[test]
    fn a_follower_that_lags_is_left_for_the_leader() {
        let (mut fetcher, tp) = fetcher("earliest");
        let incarnation = place(&mut fetcher, &tp, 9, None);
        answer(
            &mut fetcher,
            &tp,
            incarnation,
            9,
            PartitionData::default().with_preferred_read_replica(NODE.into()),
        );
        assert!(fetcher.partitions[&tp].preferred.is_some());
        answer(
            &mut fetcher,
            &tp,
            incarnation,
            9,
            failed(E::OffsetOutOfRange),
        );
        assert!(fetcher.partitions[&tp].preferred.is_none());
        assert_eq!(
            fetcher.position(&tp).unwrap().0,
            9,
            "only the leader can tell that it is out of range"
        );
    }

    #[test]
    fn a_truncated_log_is_read_on_where_it_diverged() {
        let ends = |incarnation, tp: &TopicPartition, end| {
            let end = EpochEnd {
                epoch: Some(3),
                end_offset: Some(end),
            };
            let found = PerPartition::from([(tp.clone(), Ok(end))]);
            Done::Offsets(OffsetsFound::Ends(
                vec![(tp.clone(), incarnation)],
                5,
                Ok(found),
            ))
        };
        let (mut fetcher, tp) = fetcher("latest");
        let incarnation = place(&mut fetcher, &tp, 100, Some(3));
        fetcher.digest(ends(incarnation, &tp, 100), Instant::now());
        assert_eq!(
            fetcher.position(&tp),
            Some((100, Some(3))),
            "nothing is missing"
        );
        fetcher.digest(ends(incarnation, &tp, 90), Instant::now());
        assert_eq!(fetcher.position(&tp), Some((90, Some(3))));

        let (mut strict, tp) = self::fetcher("none");
        let incarnation = place(&mut strict, &tp, 100, Some(3));
        strict.digest(ends(incarnation, &tp, 90), Instant::now());
        let error = strict.take(10).unwrap_err().to_string();
        assert_eq!(
            error,
            "t-0 was truncated to 90, below the position 100: OFFSET_OUT_OF_RANGE"
        );
    }

    #[test]
    fn a_session_the_broker_forgot_begins_anew_and_loses_nothing() {
        let (mut fetcher, tp) = fetcher("latest");
        let incarnation = place(&mut fetcher, &tp, 0, None);
        let gone = FetchResponse::default().with_error_code(E::FetchSessionIdNotFound.code());
        let asked = vec![(tp.clone(), incarnation, 0)];
        fetcher.digest(
            Done::Fetched {
                node: NODE,
                asked,
                answer: Ok(gone),
            },
            Instant::now(),
        );
        assert_eq!(
            (
                fetcher.brokers[&NODE].under_way,
                fetcher.brokers[&NODE].not_before
            ),
            (None, None)
        );
        assert_eq!(fetcher.position(&tp).unwrap().0, 0);
    }
}
