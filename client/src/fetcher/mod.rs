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
