//! Which batches make one request, and what its answer says of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, ProduceResponse};
use kafka_protocol::messages::{ApiKey, ProduceRequest};
use tokio::time::Instant;
use windlass_wire::ErrorCode;
use windlass_wire::produce::{self, TopicBatches};

use super::Producer;
use super::batch::{Batch, Place};
use super::drive::sooner;
use super::outcome::Written;
use super::topics::At;
use super::transaction::Transaction;
use super::verdict::{Facts, Verdict, judge};
use crate::codecs::with_codecs;
use crate::config::Acks;
use crate::connection::{Answer, Connection, Outgoing, Reply};
use crate::error::ClientError;
use crate::metadata::{Broker, LeaderHint, NodeId};

/// What a producer knows of a broker it sends to.
#[derive(Debug, Default)]
pub(super) struct Node {
    connection: Option<Connection>,
    connecting: bool,
    /// Requests without an answer.
    in_flight: usize,
    /// The broker asked for a pause until then (KIP-219).
    muted_until: Option<Instant>,
}

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Sent {
    node: NodeId,
    connection: Connection,
    version: i16,
    batches: Vec<(At, Place)>,
}

impl Node {
    /// Answers that are still to come say nothing any more.
    pub(super) fn forget(&mut self) {
        self.in_flight = 0;
    }
}

impl Producer {
    /// Sends what can be sent. Answers when a partition or broker that is held back may go on.
    pub(super) fn send_waiting(&mut self, now: Instant) -> Option<Instant> {
        let mut wake = None;
        loop {
            let mut sendable: BTreeMap<NodeId, Vec<At>> = BTreeMap::new();
            let mut outside = Vec::new();
            let active = self.active.len();
            let turn = self.turn.checked_rem(active).unwrap_or(0);
            let order = self
                .active
                .iter()
                .skip(turn)
                .chain(self.active.iter().take(turn));
            for at in order {
                let queue = self.topics.queue(*at);
                match queue.may_send(now, self.settings.max_in_flight) {
                    Ok(()) => {}
                    Err(Some(moment)) => {
                        sooner(&mut wake, moment);
                        continue;
                    }
                    Err(None) => continue,
                }
                match self.metadata.leader(&queue.topic, queue.partition) {
                    Some(_) if self.transaction.as_mut().is_some_and(|t| !t.takes(*at)) => {
                        outside.push(*at);
                    }
                    Some((leader, _)) => sendable.entry(leader).or_default().push(*at),
                    None => self.refreshing.wanted = true,
                }
            }
            self.add_to_transaction(outside);
            if sendable.is_empty() || !self.identified() {
                return wake;
            }
            self.turn = self.turn.wrapping_add(1);
            let mut progress = false;
            for (node, queues) in sendable {
                progress |= self.send_to(node, queues, now, &mut wake);
            }
            if !progress {
                return wake;
            }
        }
    }

    /// A connection to a broker was opened, or not.
    pub(super) fn connected(&mut self, id: NodeId, result: Result<Connection, ClientError>) {
        let node = self.nodes.entry(id).or_default();
        node.connecting = false;
        match result {
            Ok(connection) => node.connection = Some(connection),
            Err(error) => {
                tracing::debug!(node = id, "cannot connect: {error}");
                self.refreshing.wanted = true;
            }
        }
    }

    /// The answer to a request came, or will not come.
    pub(super) fn answered(&mut self, mark: u64, answer: Answer) {
        let Some(sent) = self.sent.remove(&mark) else {
            return;
        };
        let now = Instant::now();
        self.last_used = Some(now);
        let node = self.nodes.entry(sent.node).or_default();
        node.in_flight = node.in_flight.saturating_sub(1);
        if self.settings.acks == Acks::None && answer.is_ok() {
            return self.assume_written(sent.batches);
        }
        let decoded = answer.and_then(|frame| {
            sent.connection
                .decode::<ProduceRequest>(frame, sent.version)
        });
        let answer = match decoded {
            Ok(answer) => answer,
            Err(error) => {
                node.connection = None;
                self.refreshing.wanted = true;
                for (at, place) in sent.batches {
                    self.lost(at, place, &error, now);
                }
                return;
            }
        };
        if answer.throttle_time_ms > 0 {
            let pause = Duration::from_millis(u64::from(answer.throttle_time_ms.unsigned_abs()));
            node.muted_until = now.checked_add(pause);
        }
        self.learn_leaders(&answer);
        for (at, place) in sent.batches {
            self.settle(at, place, &answer, now);
        }
    }

    /// Whether batches can get their sequences; asks for a producer id if that is what is missing.
    fn identified(&mut self) -> bool {
        if !self.settings.idempotent || self.identity.is_some() {
            return true;
        }
        if !self.identifying && self.transaction.is_none() {
            self.identifying = true;
            self.identify();
        }
        false
    }

    /// Sends one request to a broker, if it may get one. Answers whether it did.
    fn send_to(
        &mut self,
        id: NodeId,
        queues: Vec<At>,
        now: Instant,
        wake: &mut Option<Instant>,
    ) -> bool {
        let lane = self.lane();
        let node = self.nodes.entry(id).or_default();
        if let Some(moment) = node.muted_until.filter(|moment| *moment > now) {
            sooner(wake, moment);
            return false;
        }
        if node.in_flight >= self.settings.max_in_flight {
            return false;
        }
        if node
            .connection
            .as_ref()
            .is_none_or(|connection| connection.ended().is_some())
        {
            node.connection = self.cluster.open_connection(lane, id);
        }
        let Some(connection) = node.connection.clone() else {
            if !node.connecting {
                node.connecting = true;
                self.connect(id);
            }
            return false;
        };
        let max = self.transaction.as_ref().map(Transaction::max_produce);
        match connection.version::<ProduceRequest>(max.unwrap_or(i16::MAX)) {
            Ok(version) => self.request(id, &connection, version, queues),
            Err(error) => {
                self.ended = Some(error.clone());
                self.fail_all(&error);
                false
            }
        }
    }

    /// Puts the first batch of each partition into one request, as far as `max.request.size` allows.
    fn request(
        &mut self,
        id: NodeId,
        connection: &Connection,
        version: i16,
        queues: Vec<At>,
    ) -> bool {
        let transactional = self.transaction.is_some();
        let mut bytes = 0;
        let mut batches: Vec<(At, Place, Bytes)> = Vec::with_capacity(queues.len());
        for at in queues {
            let queue = self.topics.queue(at);
            if bytes > 0 && bytes + queue.next_len() > self.settings.max_request {
                continue;
            }
            if let Some(identity) = self.identity {
                queue.adopt(identity);
            }
            let (compression, levels) = (self.settings.compression, self.settings.levels);
            let sealed = with_codecs(levels, |codecs| {
                queue.send(compression, transactional, codecs)
            });
            let Some(sealed) = sealed else {
                continue;
            };
            match sealed {
                Ok((place, sealed, free)) => {
                    bytes += sealed.len();
                    self.recharge(at, place, sealed.len(), free);
                    batches.push((at, place, sealed));
                }
                Err(error) => self.unsealed(at, &error),
            }
        }
        if batches.is_empty() {
            return false;
        }
        batches.sort_by_key(|(at, ..)| *at);
        self.submit(id, connection, version, &batches);
        true
    }

    fn submit(
        &mut self,
        id: NodeId,
        connection: &Connection,
        version: i16,
        batches: &[(At, Place, Bytes)],
    ) {
        let correlation = connection.next_correlation();
        let client_id = self.cluster.client_id().to_owned();
        let frame = self
            .body(batches)
            .encode(correlation, Some(&client_id), version);
        let mark = self.next_mark;
        self.next_mark += 1;
        let places = batches.iter().map(|(at, place, _)| (*at, *place)).collect();
        self.sent.insert(
            mark,
            Sent {
                node: id,
                connection: connection.clone(),
                version,
                batches: places,
            },
        );
        self.nodes.entry(id).or_default().in_flight += 1;
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                let error = ClientError::Protocol {
                    peer: Arc::clone(connection.peer()),
                    what: error.to_string(),
                };
                return self.answered(mark, Err(error));
            }
        };
        let queue = self.answers.0.clone();
        let reply = match self.settings.acks {
            Acks::None => Reply::Written(queue, mark),
            Acks::Leader | Acks::All => Reply::Queue(queue, mark),
        };
        let timeout = self.settings.request_timeout;
        connection.submit(Outgoing {
            frame,
            correlation,
            api: ApiKey::Produce,
            timeout,
            reply,
        });
    }

    fn body(&self, batches: &[(At, Place, Bytes)]) -> produce::ProduceRequest<'_> {
        let timeout_ms =
            i32::try_from(self.settings.request_timeout.as_millis()).unwrap_or(i32::MAX);
        let mut topics: Vec<TopicBatches<'_>> = Vec::new();
        let mut last = None;
        for (at, _, bytes) in batches {
            if last != Some(at.topic) {
                last = Some(at.topic);
                topics.push(TopicBatches {
                    name: self.topics.name(at.topic),
                    partitions: Vec::new(),
                });
            }
            if let Some(topic) = topics.last_mut() {
                let partition = i32::try_from(at.index).unwrap_or(i32::MAX);
                topic.partitions.push((partition, bytes.clone()));
            }
        }
        produce::ProduceRequest {
            transactional_id: self.transaction.as_ref().map(Transaction::id),
            acks: self.settings.acks.code(),
            timeout_ms,
            topics,
        }
    }

    /// With `acks=0` nothing will be heard: what the socket took counts as written.
    fn assume_written(&mut self, batches: Vec<(At, Place)>) {
        for (at, place) in batches {
            if let Some(batch) = self.topics.queue(at).answered(place) {
                let written = Written {
                    base_offset: None,
                    log_append_time: None,
                };
                self.written(at, batch, written);
            }
        }
    }

    /// A sealed batch may hold less memory than before (compressed) and leave its builder behind.
    fn recharge(
        &mut self,
        at: At,
        place: Place,
        sealed: usize,
        free: Option<windlass_wire::batch::BatchBuilder>,
    ) {
        let Some(builder) = free else { return };
        if let Some(batch) = self.topics.queue(at).sent(place) {
            self.memory.give(builder, batch.charged);
            self.memory.recharge(0, sealed);
            batch.charged = sealed;
        }
    }

    /// Sealing failed: the batch was moved in flight all the same, and ends there.
    fn unsealed(&mut self, at: At, error: &windlass_wire::WireError) {
        let error = ClientError::Protocol {
            peer: "record batch".into(),
            what: error.to_string(),
        };
        let queue = self.topics.queue(at);
        if let Some(batch) = queue.unsealed() {
            self.give_up(at, batch, error);
        }
    }

    /// No answer came: the batch may be in the log or not.
    fn lost(&mut self, at: At, place: Place, error: &ClientError, now: Instant) {
        let Some(batch) = self.topics.queue(at).answered(place) else {
            return;
        };
        if self.may_retry(&batch, now) && error.is_retriable() {
            self.topics.queue(at).retry(batch, now, &mut self.rng);
        } else {
            self.give_up(at, batch, error.clone());
        }
    }

    fn settle(&mut self, at: At, place: Place, answer: &ProduceResponse, now: Instant) {
        let queue = self.topics.queue(at);
        let Some(batch) = queue.answered(place) else {
            return;
        };
        let Some(told) = part(answer, &queue.topic, queue.partition) else {
            let what = format!(
                "the answer to Produce does not speak of {}-{}",
                queue.topic, queue.partition
            );
            return self.give_up(
                at,
                batch,
                ClientError::Protocol {
                    peer: "broker".into(),
                    what,
                },
            );
        };
        let may_retry = self.may_retry(&batch, now);
        let transactional = self.transaction.is_some();
        let queue = self.topics.queue(at);
        let code = ErrorCode::new(told.error_code);
        let facts = Facts {
            transactional,
            ..queue.facts(&batch, may_retry)
        };
        match judge(code, facts) {
            Verdict::Written | Verdict::Duplicate => {
                let known = |number: i64| (number >= 0).then_some(number);
                let written = Written {
                    base_offset: known(told.base_offset),
                    log_append_time: known(told.log_append_time_ms),
                };
                self.written(at, batch, written);
            }
            Verdict::Retry { refresh, new_epoch } => {
                tracing::debug!(topic = %queue.topic, partition = queue.partition, "batch is sent again: {code:?}");
                queue.needs_epoch |= new_epoch;
                queue.retry(batch, now, &mut self.rng);
                self.refreshing.wanted |= refresh;
                if new_epoch {
                    self.bump_epoch(at);
                }
            }
            Verdict::Split => self.split(at, batch),
            Verdict::Fail => {
                let what = format!("writing to {}-{}", queue.topic, queue.partition);
                let message = told.error_message.as_ref().map(|text| text.to_string());
                let code = code.unwrap_or_else(unknown_error);
                self.give_up(at, batch, ClientError::broker_with(what, code, message));
            }
        }
    }

    fn written(&mut self, at: At, batch: Batch, written: Written) {
        let ack = self.topics.queue(at).written(&batch, written);
        self.acks.extend(ack);
        self.free(batch);
        self.retire(at);
    }

    /// The broker takes no batch this large: from now on they stay below.
    fn split(&mut self, at: At, batch: Batch) {
        let (place, count, charged, len) = (batch.place, batch.count, batch.charged, batch.len());
        match with_codecs(self.settings.levels, |codecs| batch.split(codecs)) {
            Ok(halves) => {
                self.memory
                    .recharge(charged, halves.iter().map(|half| half.charged).sum());
                let queue = self.topics.queue(at);
                queue.limit = queue.limit.min(len / 2).max(1);
                tracing::debug!(topic = %queue.topic, partition = queue.partition, "batch of {len} bytes is split");
                queue.halves(place.id, count, halves);
            }
            Err(error) => {
                self.memory.recharge(charged, 0);
                let error = ClientError::Protocol {
                    peer: "record batch".into(),
                    what: error.to_string(),
                };
                if self.transaction.is_some() {
                    self.spoil(error.clone());
                }
                let queue = self.topics.queue(at);
                queue.needs_epoch = true;
                let ack = queue.finish(place, count, Err(error));
                self.acks.extend(ack);
                self.bump_epoch(at);
                self.retire(at);
            }
        }
    }

    fn may_retry(&self, batch: &Batch, now: Instant) -> bool {
        batch.attempts <= self.settings.retries
            && now.duration_since(batch.created) < self.settings.delivery_timeout
    }

    /// Brokers tell the new leader along with NOT_LEADER_OR_FOLLOWER (KIP-951).
    fn learn_leaders(&self, answer: &ProduceResponse) {
        let mut hints = Vec::new();
        for topic in &answer.responses {
            for told in &topic.partition_responses {
                let leader = told.current_leader.leader_id.0;
                if told.error_code == 0 || leader < 0 {
                    continue;
                }
                let endpoint = answer
                    .node_endpoints
                    .iter()
                    .find(|endpoint| endpoint.node_id.0 == leader);
                let endpoint = endpoint.and_then(|told| {
                    let rack = told.rack.as_ref().map(|rack| Arc::from(rack.as_str()));
                    Some(Broker {
                        id: leader,
                        host: told.host.as_str().into(),
                        port: u16::try_from(told.port).ok()?,
                        rack,
                    })
                });
                hints.push(LeaderHint {
                    topic: topic.name.0.as_str().into(),
                    partition: told.index,
                    leader,
                    leader_epoch: told.current_leader.leader_epoch,
                    endpoint,
                });
            }
        }
        if !hints.is_empty() {
            self.cluster.leaders_moved(&hints);
        }
    }
}

fn part<'a>(
    answer: &'a ProduceResponse,
    topic: &str,
    partition: i32,
) -> Option<&'a PartitionProduceResponse> {
    let topic = answer
        .responses
        .iter()
        .find(|told| told.name.0.as_str() == topic)?;
    topic
        .partition_responses
        .iter()
        .find(|told| told.index == partition)
}

fn unknown_error() -> ErrorCode {
    ErrorCode::new(-1).expect("a constant that is not zero")
}
