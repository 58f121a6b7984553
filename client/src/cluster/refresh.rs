//! Asking brokers for metadata: one question at a time, for everybody who waits.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{MetadataRequest, TopicName};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;
use windlass_wire::Request;

use super::apart::apart;
use super::pool::Target;
use super::{Call, Cluster, Lane};
use crate::config::MetadataRecovery;
use crate::error::ClientError;
use crate::metadata::TopicErrors;

/// The wishes of those who wait for metadata, and the one who asks for them.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    wanted: Mutex<Wanted>,
    /// Held by the one who is asking, with the failures of topics the last answer told.
    asking: tokio::sync::Mutex<()>,
    /// How many answers there were.
    answers: AtomicU64,
    errors: Mutex<TopicErrors>,
}

/// Topics to ask for; `true`: the broker may create the topic.
#[derive(Debug, Default)]
struct Wanted {
    all: bool,
    topics: BTreeMap<Arc<str>, bool>,
}

impl Refresh {
    /// Failures of single topics as of the last answer that spoke of them.
    pub(super) fn error_of(&self, topic: &str) -> Option<windlass_wire::ErrorCode> {
        self.errors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(topic)
            .copied()
    }

    fn want(&self, all: bool, topics: &[Arc<str>], create: bool) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.all |= all;
        for topic in topics {
            *wanted.topics.entry(Arc::clone(topic)).or_default() |= create;
        }
    }

    fn take(&self) -> Wanted {
        std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Cluster {
    /// Asks for these topics (or all of them) and the brokers, unless an answer that began after this call already told.
    pub(super) async fn ask_metadata(
        &self,
        all: bool,
        topics: &[Arc<str>],
        create: bool,
    ) -> Result<(), ClientError> {
        let (cluster, topics) = (self.clone(), topics.to_vec());
        let turn = async move { cluster.take_turn(all, &topics, create).await };
        apart(Box::pin(turn)).await
    }

    async fn take_turn(
        &self,
        all: bool,
        topics: &[Arc<str>],
        create: bool,
    ) -> Result<(), ClientError> {
        let refresh = &self.shared.refresh;
        refresh.want(all, topics, create);
        let before = refresh.answers.load(Ordering::Acquire);
        let asking = refresh.asking.lock().await;
        // The one who asked while we waited took our wish along if the answers moved and the wish is gone.
        if refresh.answers.load(Ordering::Acquire) != before && self.wish_is_gone(all, topics) {
            return Ok(());
        }
        // Wished again: whoever took the wish along may have been dropped before the answer came.
        refresh.want(all, topics, create);
        let wanted = refresh.take();
        let result = self.ask(&wanted).await;
        if result.is_err() {
            refresh.want(wanted.all, &[], false);
            let mut back = refresh
                .wanted
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for (topic, create) in wanted.topics {
                *back.topics.entry(topic).or_default() |= create;
            }
        }
        drop(asking);
        result
    }

    fn wish_is_gone(&self, all: bool, topics: &[Arc<str>]) -> bool {
        let wanted = self
            .shared
            .refresh
            .wanted
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waits = |topic| wanted.topics.contains_key(topic);
        !(all && wanted.all || topics.iter().any(waits))
    }

    async fn ask(&self, wanted: &Wanted) -> Result<(), ClientError> {
        let call = Call::from(Lane::Shared);
        let (version, answer) = self
            .any::<MetadataRequest, _>(call, |_| request(wanted))
            .await?;
        if version >= 13
            && let Some(code) = windlass_wire::ErrorCode::new(answer.error_code)
        {
            if code.code() == REBOOTSTRAP_REQUIRED {
                return Err(self.rebootstrap());
            }
            return Err(ClientError::broker("asking for metadata", code));
        }
        if answer.brokers.is_empty() {
            let text = "the metadata answer lists no brokers".to_owned();
            return Err(ClientError::Protocol {
                peer: "bootstrap".into(),
                what: text,
            });
        }
        let now = Instant::now();
        let mut told = TopicErrors::new();
        self.shared.metadata.send_modify(|metadata| {
            let (next, errors) = metadata.merged(&answer, wanted.all, now);
            *metadata = Arc::new(next);
            told = errors;
        });
        let refresh = &self.shared.refresh;
        let mut errors = refresh
            .errors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for topic in wanted.topics.keys() {
            errors.remove(topic);
        }
        errors.append(&mut told);
        refresh.answers.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Sends a request to one broker after the other until one can be reached: those with an open connection first, then
    /// other known brokers in random order, then the bootstrap addresses (at once when no broker is known, else only if
    /// `metadata.recovery.strategy` allows).
    pub(super) async fn any<R: Request, B: Borrow<R>>(
        &self,
        call: Call,
        build: impl Fn(i16) -> B,
    ) -> Result<(i16, R::Response), ClientError> {
        let mut last = None;
        for target in self.candidates(call.lane) {
            let connection = match self
                .shared
                .pool
                .connect(&self.shared, call.lane, target)
                .await
            {
                Ok(connection) => connection,
                // A wrong password is wrong everywhere, and must not look like a network that is down.
                Err(error @ ClientError::Authentication { .. }) => return Err(error),
                Err(error) => {
                    last = Some(error);
                    continue;
                }
            };
            match self.exchange::<R, B>(&connection, call, &build).await {
                Err(error @ ClientError::Connection { .. }) => last = Some(error),
                other => return other,
            }
        }
        let servers = &self.shared.config.bootstrap_servers;
        let addresses = servers
            .iter()
            .map(|(host, port)| format!("{host}:{port}"))
            .collect::<Vec<_>>()
            .join(",");
        Err(ClientError::Unreachable {
            addresses,
            last: Arc::new(last.unwrap_or(ClientError::Closed)),
        })
    }

    /// Forgets every broker, so that the next question goes to the bootstrap addresses (KIP-1102).
    fn rebootstrap(&self) -> ClientError {
        tracing::info!("a broker asks to begin again at bootstrap.servers");
        self.shared.pool.close_lane(Lane::Shared);
        self.shared.metadata.send_modify(|metadata| {
            let known = Arc::make_mut(metadata);
            known.brokers.clear();
            known.controller = None;
        });
        let cause = std::io::Error::other("the broker asks to begin again at bootstrap.servers");
        ClientError::Connection {
            peer: "cluster".into(),
            cause: Arc::new(cause),
        }
    }

    fn candidates(&self, lane: Lane) -> Vec<Target> {
        let metadata = self.metadata();
        let mut found = self.shared.pool.connected(lane);
        let mut others: Vec<Target> = metadata
            .brokers
            .keys()
            .map(|id| Target::Broker(*id))
            .collect();
        self.lock_rng().shuffle(&mut others);
        others.retain(|target| !found.contains(target));
        found.append(&mut others);
        if found.is_empty() || self.shared.config.metadata_recovery == MetadataRecovery::Rebootstrap
        {
            let mut bootstrap: Vec<Target> = (0..self.shared.config.bootstrap_servers.len())
                .map(Target::Bootstrap)
                .collect();
            self.lock_rng().shuffle(&mut bootstrap);
            bootstrap.retain(|target| !found.contains(target));
            found.append(&mut bootstrap);
        }
        found
    }
}

fn request(wanted: &Wanted) -> MetadataRequest {
    let topic = |name: &Arc<str>| {
        MetadataRequestTopic::default()
            .with_name(Some(TopicName(StrBytes::from_string(name.to_string()))))
    };
    let topics = (!wanted.all).then(|| wanted.topics.keys().map(topic).collect());
    let create = wanted.topics.values().any(|create| *create);
    MetadataRequest::default()
        .with_topics(topics)
        .with_allow_auto_topic_creation(create)
}

/// What a broker answers that serves another cluster than the client thinks, or none any more.
const REBOOTSTRAP_REQUIRED: i16 = 129;
