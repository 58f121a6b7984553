//! Finding out where to read: committed offsets, the reset policy, and whether the log was truncated.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kafka_protocol::error::ResponseError as E;
use tokio::time::Instant;
use windlass_wire::ErrorCode;

use super::partition::{Position, Stage};
use super::{Done, Fetcher};
use crate::cluster::Lane;
use crate::config::{IsolationLevel, OffsetReset};
use crate::error::ClientError;
use crate::jobs::Jobs;
use crate::metadata::NodeId;
use crate::offsets::{self, EpochEnd, Listed, OffsetQuery, PerPartition};
use crate::{OffsetAndMetadata, TopicPartition};

type Asked = Vec<(TopicPartition, u64)>;
/// A partition, its leader's epoch, and the epoch of the last record read.
type EpochQuery = (TopicPartition, i32, i32);

/// What came of a question for offsets, with the partitions (and their incarnations) it was about.
pub(crate) enum OffsetsFound {
    Committed(
        Asked,
        Result<BTreeMap<TopicPartition, Option<OffsetAndMetadata>>, ClientError>,
    ),
    Listed(Asked, Result<PerPartition<Listed>, ClientError>),
    Ends(Asked, i32, Result<PerPartition<EpochEnd>, ClientError>),
}

impl Fetcher {
    pub(super) fn begin_lookups(&mut self, jobs: &mut Jobs<Done>) {
        let metadata = self.cluster.metadata();
        let mut of_group = Vec::new();
        let mut resets: BTreeMap<NodeId, Vec<(TopicPartition, i32, OffsetQuery)>> = BTreeMap::new();
        let mut checks: BTreeMap<(NodeId, i32), Vec<EpochQuery>> = BTreeMap::new();
        let mut undecided = Vec::new();
        for (tp, partition) in self.partitions.iter().filter(|(_, p)| p.is_free()) {
            let leader = metadata.leader(&tp.topic, tp.partition);
            self.stale_metadata |= leader.is_none();
            match (partition.stage, leader) {
                (Stage::AskGroup, _) => of_group.push(tp.clone()),
                (Stage::Reset(reset), Some((node, epoch))) => match query(reset) {
                    Some(query) => resets
                        .entry(node)
                        .or_default()
                        .push((tp.clone(), epoch, query)),
                    None => undecided.push(tp.clone()),
                },
                (Stage::At(position), Some((node, current))) => {
                    let read = position
                        .epoch
                        .filter(|read| current > *read && current > position.checked_under);
                    if let Some(read) = read {
                        checks.entry((node, current)).or_default().push((
                            tp.clone(),
                            current,
                            read,
                        ));
                    }
                }
                (Stage::Reset(_) | Stage::At(_), None) => {}
            }
        }
        for tp in undecided {
            self.no_offset(&tp);
        }
        self.ask_group(jobs, of_group);
        for (node, asked) in resets {
            self.ask_listed(jobs, node, asked);
        }
        for ((node, current), asked) in checks {
            self.ask_ends(jobs, node, current, asked);
        }
    }

    fn ask_group(&mut self, jobs: &mut Jobs<Done>, partitions: Vec<TopicPartition>) {
        let Some(group) = self
            .config
            .group_id
            .clone()
            .filter(|_| !partitions.is_empty())
        else {
            return;
        };
        let asked = self.mark(partitions.iter());
        let stable = self.config.isolation == IsolationLevel::ReadCommitted;
        let cluster = self.cluster.clone();
        jobs.start(async move {
            let found =
                offsets::committed(&cluster, Lane::Shared.into(), &group, &partitions, stable)
                    .await;
            Done::Offsets(OffsetsFound::Committed(asked, found))
        });
    }

    fn ask_listed(
        &mut self,
        jobs: &mut Jobs<Done>,
        node: NodeId,
        partitions: Vec<(TopicPartition, i32, OffsetQuery)>,
    ) {
        let asked = self.mark(partitions.iter().map(|(tp, ..)| tp));
        let isolation = self.config.isolation;
        let cluster = self.cluster.clone();
        jobs.start(async move {
            let found =
                offsets::list_offsets(&cluster, Lane::Shared.into(), node, &partitions, isolation)
                    .await;
            Done::Offsets(OffsetsFound::Listed(asked, found))
        });
    }

    fn ask_ends(
        &mut self,
        jobs: &mut Jobs<Done>,
        node: NodeId,
        current: i32,
        partitions: Vec<EpochQuery>,
    ) {
        let asked = self.mark(partitions.iter().map(|(tp, ..)| tp));
        let cluster = self.cluster.clone();
        jobs.start(async move {
            let found = offsets::epoch_ends(&cluster, Lane::Shared.into(), node, &partitions).await;
            Done::Offsets(OffsetsFound::Ends(asked, current, found))
        });
    }

    fn mark<'a>(&mut self, partitions: impl Iterator<Item = &'a TopicPartition>) -> Asked {
        let mut asked = Asked::new();
        for tp in partitions {
            if let Some(partition) = self.partitions.get_mut(tp) {
                partition.asking = true;
                partition.not_before = None;
                asked.push((tp.clone(), partition.incarnation));
            }
        }
        asked
    }

    pub(super) fn on_offsets(&mut self, found: OffsetsFound, now: Instant) {
        match found {
            OffsetsFound::Committed(asked, found) => {
                let asked = self.still_of_interest(asked);
                let Some(found) = self.unless_failed(&asked, found, now) else {
                    return;
                };
                for tp in asked {
                    self.on_committed(&tp, found.get(&tp).cloned().flatten());
                }
            }
            OffsetsFound::Listed(asked, found) => {
                let asked = self.still_of_interest(asked);
                let Some(mut found) = self.unless_failed(&asked, found, now) else {
                    return;
                };
                for tp in asked {
                    self.on_listed(&tp, found.remove(&tp), now);
                }
            }
            OffsetsFound::Ends(asked, current, found) => {
                let asked = self.still_of_interest(asked);
                let Some(mut found) = self.unless_failed(&asked, found, now) else {
                    return;
                };
                for tp in asked {
                    self.on_end(&tp, current, found.remove(&tp), now);
                }
            }
        }
    }

    fn on_committed(&mut self, tp: &TopicPartition, committed: Option<OffsetAndMetadata>) {
        let stage = match committed {
            Some(committed) => {
                tracing::debug!(
                    topic = &*tp.topic,
                    partition = tp.partition,
                    "begins at committed offset {}",
                    committed.offset
                );
                Stage::At(Position::new(committed.offset, committed.leader_epoch))
            }
            None => Stage::Reset(self.config.offset_reset),
        };
        if let Some(partition) = self.partitions.get_mut(tp) {
            partition.stage = stage;
        }
    }

    fn on_listed(
        &mut self,
        tp: &TopicPartition,
        listed: Option<Result<Listed, ErrorCode>>,
        now: Instant,
    ) {
        let Some(Ok(listed)) = listed else {
            self.retry_or_fail(
                tp,
                "looking up the offset of",
                listed.and_then(Result::err),
                now,
            );
            return;
        };
        let Some(partition) = self.partitions.get_mut(tp) else {
            return;
        };
        partition.stage = match listed.offset {
            Some(offset) => {
                tracing::info!(
                    topic = &*tp.topic,
                    partition = tp.partition,
                    "begins at offset {offset} by the reset policy"
                );
                Stage::At(Position::new(offset, listed.leader_epoch))
            }
            // No record is that young.
            None => Stage::Reset(OffsetReset::Latest),
        };
    }

    fn on_end(
        &mut self,
        tp: &TopicPartition,
        current: i32,
        end: Option<Result<EpochEnd, ErrorCode>>,
        now: Instant,
    ) {
        let Some(Ok(end)) = end else {
            self.retry_or_fail(
                tp,
                "checking the leader epoch of",
                end.and_then(Result::err),
                now,
            );
            return;
        };
        let Some(partition) = self.partitions.get_mut(tp) else {
            return;
        };
        let Stage::At(position) = &mut partition.stage else {
            return;
        };
        position.checked_under = current;
        let Some(end_offset) = end.end_offset.filter(|end| *end < position.offset) else {
            return;
        };
        let offset = position.offset;
        match self.config.offset_reset {
            OffsetReset::None => {
                let what =
                    format!("{tp} was truncated to {end_offset}, below the position {offset}");
                self.fail(ClientError::broker(what, E::OffsetOutOfRange.into()));
            }
            _ => {
                let (topic, number) = (&*tp.topic, tp.partition);
                tracing::warn!(
                    topic,
                    partition = number,
                    "log truncated below offset {offset}: going on at {end_offset}"
                );
                self.restart(tp, Stage::At(Position::new(end_offset, end.epoch)));
            }
        }
    }

    /// Partitions whose question is not overtaken by a seek or a rebalance.
    fn still_of_interest(&mut self, asked: Asked) -> Vec<TopicPartition> {
        let mut still = Vec::new();
        for (tp, incarnation) in asked {
            if let Some(partition) = self
                .partitions
                .get_mut(&tp)
                .filter(|p| p.incarnation == incarnation)
            {
                partition.asking = false;
                still.push(tp);
            }
        }
        still
    }

    /// The answer; after a failure the partitions wait a little.
    fn unless_failed<T>(
        &mut self,
        asked: &[TopicPartition],
        found: Result<T, ClientError>,
        now: Instant,
    ) -> Option<T> {
        match found {
            Ok(found) => {
                self.backoff.reset();
                Some(found)
            }
            Err(error) => {
                let wait = self.backoff.next(&mut self.rng);
                self.wait(asked, now + wait);
                self.stale_metadata = true;
                if error.is_retriable() {
                    tracing::debug!("looking up offsets failed: {error}");
                } else {
                    self.fail(error);
                }
                None
            }
        }
    }

    fn retry_or_fail(
        &mut self,
        tp: &TopicPartition,
        doing: &str,
        code: Option<ErrorCode>,
        now: Instant,
    ) {
        let wait = self.backoff.next(&mut self.rng);
        self.wait(std::slice::from_ref(tp), now + wait);
        self.stale_metadata = true;
        if let Some(code) = code.filter(|c| !c.is_retriable()) {
            self.fail(ClientError::broker(format!("{doing} {tp}"), code));
        }
    }

    fn no_offset(&mut self, tp: &TopicPartition) {
        self.wait(std::slice::from_ref(tp), Instant::now() + NO_OFFSET_WAIT);
        let what = format!("no offset is committed for {tp} and there is no reset policy");
        self.fail(ClientError::broker(what, E::OffsetOutOfRange.into()));
    }

    fn wait(&mut self, partitions: &[TopicPartition], until: Instant) {
        for tp in partitions {
            if let Some(partition) = self.partitions.get_mut(tp) {
                partition.not_before = Some(until);
            }
        }
    }
}

/// What the reset policy looks for; `None` when it gives up.
fn query(reset: OffsetReset) -> Option<OffsetQuery> {
    match reset {
        OffsetReset::Earliest => Some(OffsetQuery::Earliest),
        OffsetReset::Latest => Some(OffsetQuery::Latest),
        OffsetReset::ByDuration(age) => {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or(Duration::ZERO);
            Some(OffsetQuery::Since(
                i64::try_from(now.saturating_sub(age).as_millis()).unwrap_or(0),
            ))
        }
        OffsetReset::None => None,
    }
}

/// A partition without offset and policy is told of once in a while, as long as the caller polls on.
const NO_OFFSET_WAIT: Duration = Duration::from_secs(1);
