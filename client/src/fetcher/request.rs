//! Which partitions the next Fetch to a broker reads.

use std::collections::BTreeMap;
use std::time::Duration;

use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic, ForgottenTopic};
use kafka_protocol::messages::{BrokerId, FetchRequest};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::session::{SessionRequest, Wanted};
use super::{BrokerFetch, Done, FetchSession, Fetcher};
use crate::TopicPartition;
use crate::cluster::Call;
use crate::config::ConsumerConfig;
use crate::jobs::Jobs;
use crate::metadata::NodeId;
use crate::offsets::{by_topic, topic_name};

/// What shall be read from one broker.
#[derive(Default)]
struct Plan {
    wanted: BTreeMap<TopicPartition, Wanted>,
    asked: Vec<(TopicPartition, u64, i64)>,
    /// A partition there has as much waiting as it may: a Fetch without it could keep the broker busy while it runs dry.
    full: bool,
}

impl Fetcher {
    pub(super) fn begin_fetches(&mut self, jobs: &mut Jobs<Done>, now: Instant) {
        let mut plans = self.plans(now);
        // A broker that is read no more gets its session back, so that it does not keep it in memory.
        self.brokers
            .retain(|node, broker| broker.under_way.is_some() || plans.contains_key(node));
        while let Some((node, plan)) = plans.pop_first() {
            self.begin_fetch(jobs, node, plan);
        }
    }

    fn plans(&mut self, now: Instant) -> BTreeMap<NodeId, Plan> {
        let metadata = self.cluster.metadata();
        let mut plans: BTreeMap<NodeId, Plan> = BTreeMap::new();
        for (tp, partition) in &mut self.partitions {
            if partition.paused || !partition.is_free() {
                continue;
            }
            let Some(position) = partition.position() else {
                continue;
            };
            let Some((leader, leader_epoch)) = metadata.leader(&tp.topic, tp.partition) else {
                self.stale_metadata = true;
                continue;
            };
            partition.preferred = partition
                .preferred
                .filter(|(node, until)| *until > now && metadata.brokers.contains_key(node));
            let node = partition.preferred.map_or(leader, |(node, _)| node);
            let plan = plans.entry(node).or_default();
            if partition.chunks >= CHUNKS_AHEAD {
                plan.full = true;
                continue;
            }
            let max_bytes = clamp(self.config.partition_max_bytes as usize);
            plan.wanted.insert(
                tp.clone(),
                Wanted {
                    offset: position.fetch_from,
                    leader_epoch,
                    max_bytes,
                },
            );
            plan.asked
                .push((tp.clone(), partition.incarnation, position.fetch_from));
        }
        plans
    }

    fn begin_fetch(&mut self, jobs: &mut Jobs<Done>, node: NodeId, plan: Plan) {
        let reserved: usize = self.brokers.values().filter_map(|b| b.under_way).sum();
        let broker = self.brokers.entry(node).or_insert_with(|| BrokerFetch {
            session: FetchSession::default(),
            under_way: None,
            not_before: None,
            backoff: self.cluster.backoff(),
        });
        if broker.under_way.is_some()
            || broker.not_before.is_some()
            || plan.full
            || plan.wanted.is_empty()
        {
            return;
        }
        let used = self.buffered + reserved;
        let budget = budget(&self.config);
        let least = (self.config.partition_max_bytes as usize).min(budget / 4);
        if used > 0 && used + least > budget {
            return;
        }
        let max_bytes = (budget - used.min(budget)).min(self.config.fetch_max_bytes as usize);
        let expected = max_bytes.min(
            plan.wanted
                .len()
                .saturating_mul(self.config.partition_max_bytes as usize),
        );
        broker.under_way = Some(expected);
        let request = request(
            &self.config,
            &broker.session.request(plan.wanted),
            max_bytes,
        );
        let patience = self
            .cluster
            .config()
            .request_timeout
            .max(self.config.fetch_max_wait + ANSWER_MARGIN);
        let call = Call::from(&self.lane).timeout(patience);
        let cluster = self.cluster.clone();
        let asked = plan.asked;
        jobs.start(async move {
            let answer = cluster
                .send_with::<FetchRequest, _>(call, node, |version| for_version(request, version))
                .await;
            Done::Fetched {
                node,
                asked,
                answer: answer.map(|(_, answer)| answer),
            }
        });
    }
}

fn request(config: &ConsumerConfig, session: &SessionRequest, max_bytes: usize) -> FetchRequest {
    let topics = by_topic(session.tell.iter().map(|(tp, wanted)| (tp, *wanted)));
    let topics = topics.into_iter().map(|(topic, list)| {
        let partitions = list.into_iter().map(|(number, wanted)| {
            FetchPartition::default()
                .with_partition(number)
                .with_current_leader_epoch(wanted.leader_epoch)
                .with_fetch_offset(wanted.offset)
                .with_log_start_offset(-1)
                .with_partition_max_bytes(wanted.max_bytes)
        });
        FetchTopic::default()
            .with_topic(topic_name(topic))
            .with_partitions(partitions.collect())
    });
    let forget = by_topic(session.forget.iter().map(|tp| (tp, ())));
    let forget = forget.into_iter().map(|(topic, list)| {
        let numbers = list.into_iter().map(|(number, ())| number);
        ForgottenTopic::default()
            .with_topic(topic_name(topic))
            .with_partitions(numbers.collect())
    });
    FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_wait_ms(clamp(config.fetch_max_wait.as_millis() as usize))
        .with_min_bytes(clamp(config.fetch_min_bytes as usize))
        .with_max_bytes(clamp(max_bytes))
        .with_isolation_level(config.isolation.code())
        .with_session_id(session.id)
        .with_session_epoch(session.epoch)
        .with_topics(topics.collect())
        .with_forgotten_topics_data(forget.collect())
        .with_rack_id(StrBytes::from_string(config.client_rack.clone()))
}

/// Takes out what the version cannot carry. Before version 7 there are no sessions: a request then tells everything,
/// because the broker's answer says there is none.
fn for_version(mut request: FetchRequest, version: i16) -> FetchRequest {
    if version < 11 {
        request.rack_id = StrBytes::default();
    }
    if version < 9 {
        request
            .topics
            .iter_mut()
            .flat_map(|t| &mut t.partitions)
            .for_each(|p| p.current_leader_epoch = -1);
    }
    if version < 7 {
        request.session_id = 0;
        request.session_epoch = -1;
        request.forgotten_topics_data.clear();
    }
    request
}

/// How many bytes may wait in memory, with those asked for.
fn budget(config: &ConsumerConfig) -> usize {
    let limit = config.fetch_max_bytes as usize;
    if config.explicit.contains("fetch.max.bytes") {
        limit.max(1)
    } else {
        limit.clamp(1, DEFAULT_BUDGET)
    }
}

fn clamp(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The answer being handed out, and the next one.
const CHUNKS_AHEAD: usize = 2;
const DEFAULT_BUDGET: usize = 8 << 20;
/// An idle broker answers when `fetch.max.wait.ms` is over; so long after that it is taken for dead.
const ANSWER_MARGIN: Duration = Duration::from_secs(5);
